import type { CurrentUser } from '../model/current-state.ts';
import type { Notice } from '../model/desired-state.ts';
import type { Operation, OperationKind } from '../model/operation.ts';
import type { Forecast, Seats } from '../model/plan.ts';
import { freshForMs, type CallCosts } from '../model/sink.ts';
import { count } from '../model/text.ts';
import { extrasFor } from './extras.ts';
import type { PlanInput } from './input.ts';

/** What carrying the operations out takes: calls and minutes at the quota, seats, and mails that may go out. */
export function forecastOf(
  operations: readonly Operation[],
  {
    costs,
    requestsPerMinute,
    current,
    seats,
  }: Pick<PlanInput, 'costs' | 'requestsPerMinute' | 'current' | 'seats'>,
): Forecast {
  return {
    ...callsOf(operations, costs, requestsPerMinute),
    seats: current.visible.users === 'hidden' ? null : seatsOf(operations, current.users, seats),
    mails: operations.filter(({ kind }) => mailing.has(kind)).length,
  };
}

/** Each of these may send a mail to a person. */
const mailing: ReadonlySet<OperationKind> = new Set(['createUser', 'inviteUser', 'reissueInvite']);

/** Operations are paced one after another, so late ones re-read what they replace. */
function callsOf(
  operations: readonly Operation[],
  costs: CallCosts,
  requestsPerMinute: number,
): Pick<Forecast, 'calls' | 'reads' | 'minutes'> {
  let calls = 0;
  for (const operation of operations) {
    const cost = costs.costOf(operation);
    const late = (calls / requestsPerMinute) * 60_000 > freshForMs;
    calls += late && replacesMetadata(operation) ? cost + 1 : cost;
  }
  const reads = calls === 0 ? 0 : costs.read + costs.extra(extrasFor(operations)) + costs.verify(operations);
  return { calls, reads, minutes: Math.round(((calls + reads) / requestsPerMinute) * 10) / 10 };
}

export function replacesMetadata(operation: Operation): boolean {
  return (
    (operation.kind === 'updateUser' || operation.kind === 'reactivateUser') &&
    operation.after.metadata !== undefined
  );
}

function seatsOf(
  operations: readonly Operation[],
  users: readonly CurrentUser[],
  limit: number | null,
): Seats {
  const before = users.filter((user) => user.active).length;
  let after = before;
  for (const { kind } of operations) {
    if (kind === 'createUser' || kind === 'reactivateUser') after += 1;
    if (kind === 'deactivateUser') after -= 1;
  }
  return { before, after, limit };
}

/** More active accounts than seats hold nothing back: what Retool does then depends on the contract. */
export function seatNotices({ seats }: Forecast): readonly Notice[] {
  if (seats === null || seats.limit === null || seats.after <= seats.limit) return [];
  const { before, after, limit } = seats;
  const effect = after > before ? '; Retool may refuse the last new accounts, or bill for them' : '';
  return [
    {
      code: 'overSeats',
      text: `${count(after, 'active account')} after this plan, ${after - limit} more than target.seats allows (${limit})${effect}`,
    },
  ];
}
