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

/** The same log, with one more field in every line. */
export function withField(logger: Logger, name: string, value: string): Logger {
  const field = { [name]: value };
  return {
    debug: (fields, message) => logger.debug({ ...field, ...fields }, message),
    info: (fields, message) => logger.info({ ...field, ...fields }, message),
    warn: (fields, message) => logger.warn({ ...field, ...fields }, message),
    error: (fields, message) => logger.error({ ...field, ...fields }, message),
  };
}
