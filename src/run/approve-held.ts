import type { Approval, HeldPlan } from '../model/approval.ts';
import { BridgeError } from '../model/errors.ts';
import type { Clock } from '../model/ports.ts';
import type { Store } from '../model/store.ts';
import { approvalLastsMs } from './release.ts';

/** The fewest characters of a fingerprint that name a plan. */
const fewestCharacters = 8;

/** What was approved, and until when. */
export interface Approved {
  readonly held: HeldPlan;
  readonly approval: Approval;
}

/**
 * Approves the stored plan that waits under this key, or has this fingerprint; the first characters do.
 * Limits stay as they are: the approval lets these operations go, once each, within a day. Throws
 * `badCommand` when no plan waits under it, and `planExpired` when it waited for too long.
 */
export function approveHeld(
  { store, clock }: { readonly store: Store; readonly clock: Pick<Clock, 'now'> },
  { fingerprint, by }: { readonly fingerprint: string; readonly by: string },
): Approved {
  const plans = store.heldPlans();
  const [held, ...others] = plans.filter((plan) => isNamed(plan, fingerprint.toLowerCase()));
  if (held === undefined || others.length > 0) throw notWaiting(fingerprint, plans, others.length > 0);
  const now = clock.now();
  if (!(now < Date.parse(held.plan.expiresAt))) {
    throw new BridgeError(
      'planExpired',
      `what was held under ${held.key} expired at ${held.plan.expiresAt}`,
      {
        remedy: 'Run `retool-bridge sync`: what still waits is held again, and can be approved then.',
      },
    );
  }
  const approval: Approval = {
    key: held.key,
    operations: new Set(held.held.values()),
    at: now,
    expiresAt: now + approvalLastsMs,
    by,
  };
  store.approve(approval);
  return { held, approval };
}

function isNamed({ key, plan }: HeldPlan, fingerprint: string): boolean {
  if (fingerprint.length < fewestCharacters) return false;
  return key.startsWith(fingerprint) || plan.fingerprint.startsWith(fingerprint);
}

function notWaiting(fingerprint: string, plans: readonly HeldPlan[], isAmbiguous: boolean): BridgeError {
  const waiting = plans.map(({ key, lastAt }) => `${key} (held at ${new Date(lastAt).toISOString()})`);
  return new BridgeError(
    'badCommand',
    isAmbiguous
      ? `more than one held plan begins with ${fingerprint}`
      : `no held plan has the fingerprint ${fingerprint}`,
    {
      remedy:
        waiting.length === 0
          ? 'Nothing waits for an approval: sync stores what it holds, and its report says how to approve it.'
          : `Give the fingerprint that the report of the held run says. Waiting: ${waiting.join(', ')}.`,
    },
  );
}
