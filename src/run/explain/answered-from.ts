import type { CurrentState } from '../../model/current-state.ts';
import type { ReadBasis } from '../../model/explanation.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Absence } from '../../plan/input.ts';

/** The reads that a question is answered from. */
export interface AnsweredFrom {
  readonly from: ReadBasis['from'];
  readonly snapshots: readonly Snapshot[];
  readonly current: CurrentState;
  readonly absences: ReadonlyMap<string, Absence>;
  readonly live: readonly string[];
}
