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
