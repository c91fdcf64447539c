import type { CurrentUser } from '../model/current-state.ts';
import type { Skip } from '../model/desired-state.ts';
import type { Reason } from '../model/operation.ts';
import { dormantSince, type ManagedAccount } from '../model/store.ts';
import type { PlanInput } from './input.ts';
import { unsourcedReason, userSubject } from './operations.ts';

/** What becomes of an account that its wanted person does not use. */
export interface Dormancy {
  readonly skips: readonly Skip[];
  readonly disables: boolean;
  /** Disabled for that before, so that it is not switched on again. */
  readonly isLeft: boolean;
  readonly reason: Reason;
}

const dayMs = 86_400_000;

/**
 * Whether an account counts as dormant: its person has signed in before, and not for as long as `dormant.after`
 * says. Somebody who never signed in may have got the account yesterday, which Retool's API tells nobody.
 */
export function dormancyOf(
  { policy, now }: Pick<PlanInput, 'policy' | 'now'>,
  user: CurrentUser,
  managed: ManagedAccount | null,
): Dormancy | null {
  const { dormant, protect } = policy;
  const subject = userSubject(user);
  const reason = unsourcedReason('dormant', 'dormant', 'nobody has used the account for too long');
  if (!user.active) {
    if (managed?.attributes.has(dormantSince) !== true) return null;
    const text = `${subject.key} was disabled since nobody used it; switch it on in Retool if it is needed`;
    return { skips: [{ subject, code: 'dormant', text }], disables: false, isLeft: true, reason };
  }
  if (dormant === undefined || user.lastActive === null) return null;
  const idleMs = now - Date.parse(user.lastActive);
  if (!(idleMs > dormant.afterMs)) return null;
  const text = `last used ${Math.floor(idleMs / dayMs)} days ago`;
  const isKept = user.isAdmin && !protect.allow.includes('admin');
  const disables = dormant.action === 'disable' && managed !== null && !isKept;
  const skip = { subject, code: 'dormant', text: `${subject.key} was ${text}` };
  return { skips: disables ? [] : [skip], disables, isLeft: false, reason: { ...reason, text } };
}
