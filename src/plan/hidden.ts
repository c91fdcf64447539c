import type { PlanInput } from './input.ts';

/**
 * The input without what the target's own plan keeps from the API: groups that cannot be seen are not asked for.
 * The notice `hiddenByPlan` says so to whoever reads the plan.
 */
export function withoutHidden(input: PlanInput): PlanInput {
  if (input.current.visible.groups === 'visible') return input;
  return { ...input, desired: { ...input.desired, groups: [] } };
}

/** Whether nobody can tell who has an account: an address that claimed an invite has one, others may. */
export function hidesAccounts({ current }: Pick<PlanInput, 'current'>): boolean {
  return current.visible.users === 'hidden';
}
