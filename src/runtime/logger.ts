import { pino } from 'pino';
import type { Logger } from '../model/ports.ts';
import { redactedPaths } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Structured logs as one JSON object per line on stderr: stdout belongs to the command's document. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    { level, base: null, redact: { paths: [...redactedPaths], censor: '[redacted]' } },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** A logger that says nothing, for tests and libraries. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
