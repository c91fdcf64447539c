import type { CurrentState } from '../model/current-state.ts';
import { BridgeError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import type { GuardLimits } from '../model/rules.ts';
import type { Memory } from '../model/store.ts';
import { fingerprintOf } from '../plan/fingerprint.ts';
import { guard } from '../plan/guard.ts';
import { validForMs } from '../plan/plan.ts';
import type { ReconcileParts, RunRequest } from './parts.ts';

/**
 * Refuses a saved plan that is not for here and now: edited, expired, made for another target, or
 * made with another scope, mapping or policy than the configuration has now.
 */
export function checkPlan(
  { plan, approve }: Extract<RunRequest, { kind: 'apply' }>,
  parts: ReconcileParts,
  config: string,
): void {
  const again = 'Make a new plan with `retool-bridge plan --out FILE`.';
  if (fingerprintOf(plan) !== plan.fingerprint) {
    throw new BridgeError(
      'planEdited',
      'the plan was changed after it was made: its fingerprint does not fit its operations',
      { remedy: again },
    );
  }
  if (plan.target !== parts.sink.target) {
    throw new BridgeError(
      'planForeign',
      `the plan was made for ${plan.target}, but the configuration names ${parts.sink.target}`,
      { remedy: 'Apply it with the configuration it was made with.' },
    );
  }
  if (plan.config !== config) {
    throw new BridgeError('planForeign', 'scope, mapping or policy were changed after the plan was made', {
      remedy: again,
    });
  }
  // The fingerprint leaves out both times, so neither alone may make a plan last longer.
  const expires = Math.min(Date.parse(plan.expiresAt), Date.parse(plan.createdAt) + validForMs);
  if (!(parts.clock.now() < expires)) {
    const when = new Date(expires).toISOString();
    throw new BridgeError('planExpired', `the plan expired at ${when}`, { remedy: again });
  }
  if (approve !== null && approve !== plan.fingerprint) {
    throw new BridgeError('badCommand', "the fingerprint given with --approve is not the plan's", {
      remedy: `Review the plan; its fingerprint is ${plan.fingerprint}.`,
    });
  }
}

/** What the guard says of a saved plan's operations now, by this state's own memory. What only a read of the sources shows is taken from the plan. */
export function guardAgain(
  plan: Plan,
  now: {
    readonly memory: Memory;
    readonly current: CurrentState;
    readonly limits: GuardLimits;
    readonly now: number;
  },
): Plan {
  const unread = { unaccounted: 0, sizes: [] };
  const violations = guard({ operations: plan.operations, config: plan.config, ...unread, ...now });
  const fromRead = plan.violations.filter((violation) => violation.class === 'completeness');
  return { ...plan, violations: [...fromRead, ...violations] };
}
