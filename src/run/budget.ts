import type { ApplyBudget } from '../apply/apply.ts';
import { BridgeError } from '../model/errors.ts';
import type { Operation } from '../model/operation.ts';
import type { Clock } from '../model/ports.ts';
import type { TargetKnowledge } from '../model/preflight.ts';
import type { CallCosts, Sink } from '../model/sink.ts';

/** How far one run may go: until a time, up to a number of calls, or neither. */
export interface Allowance {
  /** Epoch milliseconds; null: no end. */
  readonly until: number | null;
  /** Calls to the target, those of reads included; null: no limit. */
  readonly maxCalls: number | null;
}

/** What the next whole read costs: the first one with a token asks for its owner as well. */
export function readCallsOf({
  sink,
  knowledge,
}: {
  readonly sink: Pick<Sink, 'costs'>;
  readonly knowledge?: Pick<TargetKnowledge, 'recall'>;
}): number {
  const asks = knowledge !== undefined && knowledge.recall().tokenOwner === null;
  return sink.costs.read + (asks ? 1 : 0);
}

/** Stands for whatever a run begins with. */
const anyWrite: Operation = {
  id: 'deactivateUser:anybody',
  kind: 'deactivateUser',
  subject: { type: 'user', key: 'anybody', id: null },
  before: { active: true },
  after: { active: false },
  reason: { code: 'any', rule: null, source: null, externalId: null, text: 'any' },
  dependsOn: [],
};

/**
 * Throws `badCommand` for fewer calls than it takes to read, to do one thing and to see that it is done; `read`: the
 * calls of the whole read.
 */
export function checkAllowance(
  { maxCalls }: Allowance,
  { read, verify }: Pick<CallCosts, 'read' | 'verify'>,
): void {
  const verifying = verify([anyWrite]);
  const least = read + 1 + verifying;
  if (maxCalls === null || maxCalls >= least) return;
  throw new BridgeError('badCommand', `--max-calls ${maxCalls} leaves no call to change anything`, {
    remedy: `Give at least ${least}: ${read} to read, 1 to change something, ${verifying} to see that it is done.`,
  });
}

/** What a budget is reckoned with. */
export interface BudgetParts {
  readonly sink: Pick<Sink, 'callsMade' | 'costs'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly requestsPerMinute: number;
  /** What the sink had sent before this run. */
  readonly callsBefore: number;
  /** What the whole read was to cost, see {@link readCallsOf}. */
  readonly readCalls: number;
  /** What the run is to do, which has to be verified. */
  readonly operations: readonly Operation[];
}

/** The longest that a full window makes a batch of calls wait: its own length for each time it fills. */
const windowMs = 61_000;

/**
 * Keeps a run within its allowance. What is claimed counts as spent from then on, and the verifying read is always
 * kept back; only calls that Retool turns away and that have to be repeated can go beyond `maxCalls`, by the few
 * that are under way at once.
 */
export function createBudget(allowance: Allowance, parts: BudgetParts): ApplyBudget {
  const { sink, clock, requestsPerMinute, callsBefore, readCalls, operations } = parts;
  const begunAt = sink.callsMade();
  // A read of several pages costs more than its lists; the verifying one has as many.
  const verifying = sink.costs.verify(operations) + Math.max(0, begunAt - callsBefore - readCalls);
  let claimed = 0;
  return {
    claim(calls) {
      const spent = Math.max(sink.callsMade(), begunAt + claimed) - callsBefore;
      const { until, maxCalls } = allowance;
      if (maxCalls !== null && spent + calls + verifying > maxCalls)
        return { code: 'callsSpent', text: `the ${maxCalls} calls of --max-calls are spent` };
      const waitMs = Math.ceil((calls + verifying) / requestsPerMinute) * windowMs;
      if (until !== null && clock.now() + waitMs > until)
        return { code: 'timeIsUp', text: `the time of --until is up (${new Date(until).toISOString()})` };
      claimed += calls;
      return null;
    },
    release(calls) {
      claimed -= calls;
    },
  };
}
