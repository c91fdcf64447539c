import { schedule as cronSchedule, validate } from 'node-cron';
import { BridgeError } from '../model/errors.ts';
import type { Logger } from '../model/ports.ts';
import { untilAborted } from '../runtime/until-aborted.ts';

/** When to run, and what. */
export interface ScheduleParts {
  /** Five or six cron fields. */
  readonly cron: string;
  /** IANA time zone the fields are read in. */
  readonly timezone: string;
  readonly logger: Logger;
  /** One slot's work; it reports its own failures and never throws. */
  readonly work: () => Promise<void>;
}

/** Runs the work at every slot, one at a time, until the signal is aborted and the work in flight is done. */
export async function runOnSchedule(
  { cron, timezone, logger, work }: ScheduleParts,
  signal: AbortSignal,
): Promise<void> {
  if (!validate(cron))
    throw new BridgeError('configInvalid', `schedule.cron is not a cron expression: ${cron}`, {
      remedy: 'Use five fields, for example "*/15 * * * *".',
    });
  let inFlight: Promise<void> = Promise.resolve();
  const slot = async (): Promise<void> => {
    inFlight = work();
    await inFlight;
  };
  const task = cronSchedule(cron, slot, {
    timezone,
    noOverlap: true,
    name: 'sync',
    logger: cronLogger(logger),
  });
  const [next] = task.getNextRuns(1);
  logger.info({ cron, timezone, next: next?.toISOString() ?? null }, 'schedule started');
  await untilAborted(signal);
  await task.stop();
  await inFlight;
  await task.destroy();
  logger.info({}, 'schedule stopped');
}

/** node-cron writes to the console unless it is given a logger. */
function cronLogger(logger: Logger): {
  info(message: string): void;
  warn(message: string): void;
  error(message: string | Error, error?: Error): void;
  debug(message: string | Error, error?: Error): void;
} {
  return {
    info: (message) => logger.info({ message }, 'cron'),
    warn: (message) => logger.warn({ message }, 'cron'),
    error: (message) => logger.error({ message: String(message) }, 'cron'),
    debug: (message) => logger.debug({ message: String(message) }, 'cron'),
  };
}
