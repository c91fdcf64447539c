import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { Logger } from '../model/ports.ts';
import { lineForPeople } from './log-line.ts';
import { redactedPaths } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const stderr = 2;

/**
 * Structured logs on stderr, since stdout belongs to the command's document: one JSON object per line, or one readable
 * line where stderr is a terminal.
 */
export function createLogger(level: LogLevel): Logger {
  return pino(
    { level, base: null, redact: { paths: [...redactedPaths], censor: '[redacted]' } },
    isatty(stderr)
      ? { write: (line: string) => void writeSync(stderr, lineForPeople(line)) }
      : pino.destination({ fd: stderr, sync: true }),
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
