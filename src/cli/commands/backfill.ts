import { BridgeError } from '../../model/errors.ts';
import type { RunRecord } from '../../model/outcome.ts';
import { checkAllowance, readCallsOf, type Allowance } from '../../run/budget.ts';
import { reconcile } from '../../run/reconcile.ts';
import { minutesOfDay, nextTimeOfDay } from '../../runtime/time-of-day.ts';
import type { ExitCode } from '../exit-codes.ts';
import { finish } from '../finish.ts';
import type { CommonOptions } from '../options.ts';
import { inEachSession, inSession, targetRule, type Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface BackfillOptions extends CommonOptions {
  readonly until?: string;
  readonly maxCalls?: number;
  readonly moved?: boolean;
}

/** `backfill`: the first run over a living organisation; what stopped it, the next one goes on from there. */
export async function backfill(terminal: Terminal, options: BackfillOptions): Promise<ExitCode> {
  const work = async (terminal: Terminal, session: Session): Promise<ExitCode> => {
    const allowance = allowanceOf(options, session);
    const { verify } = session.parts.sink.costs;
    checkAllowance(allowance, { read: readCallsOf(session.parts), verify });
    const record = await reconcile(
      session.parts,
      { kind: 'backfill', target: targetRule(options), allowance },
      terminal.signal,
    );
    const code = await finish(terminal, session, record);
    const text = howToGoOn(record);
    if (text !== null && !terminal.json) terminal.out(text);
    else if (text !== null) terminal.err(text);
    return code;
  };
  // An address that moved is that of one target, and calls are counted for one.
  if (options.moved === true || options.maxCalls !== undefined)
    return inSession(terminal, options, (session) => work(terminal, session));
  return inEachSession(terminal, options, work);
}

function allowanceOf(options: BackfillOptions, { config, parts }: Session): Allowance {
  const { until } = options;
  const maxCalls = options.maxCalls ?? null;
  if (until === undefined) return { until: null, maxCalls };
  const minutes = minutesOfDay(until);
  if (minutes === null)
    throw new BridgeError('badCommand', `--until ${until} is no time of day`, {
      remedy: 'Give hours and minutes, for example --until 06:00; they are read in schedule.timezone.',
    });
  return { until: nextTimeOfDay(minutes, config.schedule.timezone, parts.clock.now()), maxCalls };
}

const stopCodes: ReadonlySet<string | null> = new Set(['callsSpent', 'timeIsUp', 'interrupted']);

/** What a backfill that stopped says last; null for one that went to its end. */
function howToGoOn({ outcomes }: RunRecord): string | null {
  const left = outcomes.filter(({ state, code }) => state === 'notAttempted' && stopCodes.has(code));
  const [first] = left;
  if (first === undefined) return null;
  const done = outcomes.filter(({ state }) => state === 'applied').length;
  return `\nStopped after ${done} operations with ${left.length} to go: ${first.text}.\nRun \`retool-bridge backfill\` again to go on from here; nothing is done twice.\n`;
}
