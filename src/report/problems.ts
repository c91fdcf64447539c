import type { Outcome, OutcomeState } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import { describe } from './describe.ts';
import { stateWord } from './words.ts';

/** An operation that a run did not carry out as planned, in words; nothing is escaped yet. */
export interface Problem {
  readonly state: OutcomeState;
  /** `failed`, `unknown`, …; `in part` when only some members were left out. */
  readonly word: string;
  /** What was to be done. */
  readonly what: string;
  /** Code and sentence; empty when there is neither. */
  readonly why: string;
  /** Members that were left out, one sentence each. */
  readonly items: readonly string[];
}

/** The states a reader looks for first come first. */
const stateOrder: readonly OutcomeState[] = ['failed', 'unknown', 'notAttempted', 'skipped', 'applied'];

/** Outcomes that need a look, worst first, otherwise in plan order. */
export function problemTexts(plan: Plan, problems: readonly Outcome[]): readonly Problem[] {
  const operations = new Map(plan.operations.map((operation) => [operation.id, operation]));
  const sorted = stateOrder.flatMap((state) => problems.filter((problem) => problem.state === state));
  return sorted.map((outcome) => {
    const operation = operations.get(outcome.operation);
    return {
      state: outcome.state,
      word: outcome.state === 'applied' ? 'in part' : stateWord(outcome.state),
      what: operation === undefined ? outcome.operation : describe(operation).sentence,
      why: [outcome.code, outcome.text].filter((part) => part !== null).join(': '),
      items: outcome.items.map((item) => `without ${item.key}: ${item.text}`),
    };
  });
}
