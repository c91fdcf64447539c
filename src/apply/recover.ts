import type { CurrentState } from '../model/current-state.ts';
import type { Operation } from '../model/operation.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Clock } from '../model/ports.ts';
import type { Fact, OpenIntent, Store } from '../model/store.ts';
import { auditEntryOf } from './audit.ts';
import { compare, createdId, isMember, viewOf, type TargetView } from './compare.ts';
import { factsOf } from './facts.ts';
import { memberIds } from './progress.ts';

/**
 * How long to wait before the target may be read, milliseconds: an intent without an outcome is judged
 * only by a read that began a settle time after its last send, and so is everything that a run wrote which
 * was cut short before it looked (`cutShortAt`): an older read would show its writes as undone by somebody.
 * 0 when there is neither. A send that seems to lie in the future was made before the clock was set back,
 * so never more than the settle time.
 */
export function settleWait(
  open: readonly OpenIntent[],
  cutShortAt: number | null,
  settleMs: number,
  now: number,
): number {
  const sends = [...open.map((intent) => intent.sentAt), cutShortAt].filter((at) => at !== null);
  return Math.max(0, ...sends.map((at) => Math.min(settleMs, at + settleMs - now)));
}

/**
 * Settles what an earlier run left open, by reading and never by repeating: what is in effect was done
 * by the call whose answer was lost, so its links and ownership are written now; everything else was
 * not done, and the plan that follows calls for it again. `current` must come from a read that began
 * after `settleWait`. Returns how many intents were found in effect.
 */
export function recover(
  store: Store,
  open: readonly OpenIntent[],
  current: CurrentState,
  clock: Clock,
): number {
  const view = viewOf(current);
  let found = 0;
  for (const intent of open) {
    const { operation } = intent;
    const inEffect = intent.sentAt !== null && standsInEffect(operation, view);
    const id = operation.subject.id ?? createdId(operation, view);
    const outcome: Outcome = {
      operation: operation.id,
      kind: operation.kind,
      subject: { ...operation.subject, id },
      state: inEffect ? 'applied' : 'notAttempted',
      code: inEffect ? 'recovered' : 'absent',
      text: inEffect ? 'found done after an interrupted run' : 'not done by an interrupted run',
      items: [],
    };
    const at = clock.now();
    const audited = { run: intent.run, planned: operation, operation, outcome, approval: null };
    store.settle(
      intent.run,
      outcome,
      inEffect
        ? factsOf({ operation, id, memberIds: membersNow(operation, view), at })
        : halfDoneFacts(operation, view),
      at,
      auditEntryOf(audited),
    );
    if (inEffect) found += 1;
  }
  return found;
}

/** An invite that went to make way for a new one, which was never made: its person counts as not invited yet. */
function halfDoneFacts(operation: Operation, view: TargetView): Fact[] {
  if (operation.kind !== 'reissueInvite' || view.inviteById.has(operation.before.id)) return [];
  return [{ kind: 'inviteReleased', id: operation.before.id }];
}

function standsInEffect(operation: Operation, view: TargetView): boolean {
  return isAddition(operation)
    ? membersNow(operation, view).length > 0
    : compare(operation, view).state === 'inEffect';
}

/** The accounts of an interrupted addition that are in the group now; it was journalled with its ids. */
function membersNow(operation: Operation, view: TargetView): string[] {
  if (!isAddition(operation)) return [];
  return memberIds(operation).filter((user) => isMember(view, operation.subject.id, user));
}

function isAddition({ kind }: Operation): boolean {
  return kind === 'addMembers' || kind === 'addInvitesToGroup';
}
