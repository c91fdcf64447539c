import type { MappingTracer } from '../../mapping/trace.ts';
import type { Person } from '../../model/desired-state.ts';
import type { PendingOperation, ReadBasis, RecordTrace } from '../../model/explanation.ts';
import type { RunRecord } from '../../model/outcome.ts';
import type { Plan, Violation } from '../../model/plan.ts';
import type { MappingRules } from '../../model/rules.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Correlation } from '../../plan/correlation.ts';
import type { Index } from '../../plan/index-current.ts';
import type { PlanInput } from '../../plan/input.ts';
import type { GroupResolution } from '../../plan/resolve-groups.ts';
import type { Who } from '../../plan/who.ts';

/** Everything an explanation is made from: values only. */
export interface ExplainInput {
  /** An address, `SOURCE:EXTERNALID` or a Retool id. */
  readonly asked: string;
  readonly basis: ReadBasis;
  readonly snapshots: readonly Snapshot[];
  readonly mapping: MappingRules;
  /** What a plan of these reads is made from. */
  readonly input: PlanInput;
  /** Earlier runs with operations, newest first. */
  readonly history: readonly RunRecord[];
}

/** What the parts of an explanation share. */
export interface Explaining extends ExplainInput {
  readonly who: Who;
  readonly people: readonly Person[];
  readonly records: readonly RecordTrace[];
  readonly tracer: MappingTracer;
  readonly index: Index;
  readonly correlation: Correlation;
  readonly resolution: GroupResolution;
  /** Of everybody. */
  readonly plan: Plan;
  /** Of this person alone. */
  readonly pending: readonly PendingOperation[];
  readonly skips: Plan['skips'];
  readonly conflicts: Plan['conflicts'];
  readonly violations: readonly Violation[];
}
