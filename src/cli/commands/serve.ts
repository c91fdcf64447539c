import { reconcile } from '../../run/reconcile.ts';
import { runOnSchedule } from '../../service/schedule.ts';
import { asBridgeError } from '../error-text.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { reportOn } from '../reports.ts';
import { inAllSessions, type Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `serve`: a sync of each target at every slot of the schedule, one at a time, until SIGTERM or SIGINT. */
export async function serve(terminal: Terminal, options: CommonOptions): Promise<ExitCode> {
  const logged: CommonOptions = {
    ...options,
    logLevel: options.logLevel === 'warn' ? 'info' : options.logLevel,
  };
  return inAllSessions({ ...terminal, quiet: true }, logged, async (sessions) => {
    const [{ config, parts }] = sessions;
    const { cron, timezone } = config.schedule;
    const { logger } = parts;
    const work = async (): Promise<void> => {
      for (const session of sessions) if (!terminal.signal.aborted) await syncOnce(session, terminal.signal);
    };
    await runOnSchedule({ cron, timezone, logger, work }, terminal.signal);
    return exitCodes.ok;
  });
}

/** One slot of one target. A failed run is logged, and leaves the other targets and the next slot as they are. */
async function syncOnce(session: Session, signal: AbortSignal): Promise<void> {
  const { parts } = session;
  try {
    const record = await reconcile(parts, { kind: 'sync', target: 'mustMatch' }, signal);
    const reports = await reportOn(record, session);
    parts.logger.info(
      {
        run: record.id,
        status: record.status,
        operations: record.plan.summary.total,
        calls: record.calls,
        approvalKey: record.approvalKey,
        auditHead: record.auditHead,
        reports,
      },
      'run finished',
    );
  } catch (error) {
    const { code, message, remedy, retryable } = asBridgeError(error);
    parts.logger.error({ code, message, remedy, retryable }, 'run failed');
  }
}
