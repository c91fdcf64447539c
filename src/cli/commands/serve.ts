import { reconcile } from '../../run/reconcile.ts';
import { runOnSchedule } from '../../service/schedule.ts';
import { asBridgeError } from '../error-text.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { reportOn } from '../reports.ts';
import { inSession, type Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `serve`: a sync at every slot of the schedule, one at a time, until SIGTERM or SIGINT. */
export async function serve(terminal: Terminal, options: CommonOptions): Promise<ExitCode> {
  const logged: CommonOptions = {
    ...options,
    logLevel: options.logLevel === 'warn' ? 'info' : options.logLevel,
  };
  return inSession({ ...terminal, quiet: true }, logged, async (session) => {
    const { cron, timezone } = session.config.schedule;
    const { logger } = session.parts;
    const work = (): Promise<void> => syncOnce(session, terminal.signal);
    await runOnSchedule({ cron, timezone, logger, work }, terminal.signal);
    return exitCodes.ok;
  });
}

/** One slot. A failed run is logged and leaves the next slot as it is. */
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
