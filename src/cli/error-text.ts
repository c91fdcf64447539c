import { BridgeError, messageOf } from '../model/errors.ts';
import { printable } from '../runtime/redact.ts';

/** Whatever was thrown, as an error with a code; what nobody expected is a defect of ours. */
export function asBridgeError(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  if (error instanceof Error && (error.name === 'AbortError' || error.message.startsWith('interrupted by'))) {
    return new BridgeError('interrupted', messageOf(error), {
      remedy: 'Nothing was lost: run the same command again.',
      retryable: true,
      cause: error,
    });
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new BridgeError('internal', `this should not happen: ${stack}`, {
    audience: 'developer',
    remedy: 'Please report it with this text.',
    cause: error,
  });
}

/** An error for people: what is wrong, and what to do about it. */
export function errorText(error: BridgeError): string {
  const lines = [`error: ${error.message}`, ...(error.remedy === null ? [] : [`  → ${error.remedy}`])];
  return `${lines.map((line) => line.split('\n').map(printable).join('\n')).join('\n')}\n`;
}
