import type { Plan } from './plan.ts';

/** One setting that two configurations hold differently, each as text; null: not there. */
export interface RuleDifference {
  /** As reasons name it: `groups[0]`, `attributes.department`, `leavers`. */
  readonly rule: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What two configurations plan over the same reads and the same memory. */
export interface Comparison {
  /** The files as they were asked for. */
  readonly files: { readonly before: string; readonly after: string };
  readonly before: Plan;
  readonly after: Plan;
  readonly rules: readonly RuleDifference[];
  /** What the comparison leaves out, one sentence each. */
  readonly limits: readonly string[];
}
