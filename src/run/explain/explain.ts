import { traceMapping } from '../../mapping/trace.ts';
import { keyText } from '../../model/desired-state.ts';
import type { Explanation, PastChange } from '../../model/explanation.ts';
import { heldOperations } from '../../model/held.ts';
import type { RunRecord } from '../../model/outcome.ts';
import type { Plan } from '../../model/plan.ts';
import { correlate } from '../../plan/correlate.ts';
import { indexCurrent } from '../../plan/index-current.ts';
import { operationsOf, remarksOf } from '../../plan/only.ts';
import { planChanges } from '../../plan/plan.ts';
import { resolveGroups } from '../../plan/resolve-groups.ts';
import { findWho, recordsHolding, type Who } from '../../plan/who.ts';
import { accountsOf } from './accounts.ts';
import { answersOf } from './answers.ts';
import type { Explaining, ExplainInput } from './parts.ts';
import { peopleOf } from './people.ts';

/** The most changes of the past that are told. */
const mostChanges = 10;

/**
 * Says why one person has, or lacks, access. Pure: it runs mapping and planner over the reads it is given and tells
 * what they decided about this person, so that it can never say anything else than a run would do.
 */
export function explain(request: ExplainInput): Explanation {
  const { asked, basis, history } = request;
  const explaining = prepare(request);
  const { who, records, pending, skips, conflicts, violations } = explaining;
  const people = peopleOf(explaining);
  const accounts = accountsOf(explaining);
  return {
    format: 'retool-bridge/explanation',
    version: 1,
    asked,
    basis,
    answers: answersOf(explaining, people, accounts),
    records,
    people,
    accounts,
    pending,
    skips,
    conflicts,
    violations,
    history: changesOf(history, who),
  };
}

function prepare(request: ExplainInput): Explaining {
  const { asked, snapshots, mapping, input } = request;
  const { desired, current, memory } = input;
  const who = findWho(asked, { people: desired.people, current, memory }, recordsHolding(asked, snapshots));
  const tracer = traceMapping(snapshots, mapping);
  const index = indexCurrent(current, memory);
  const plan = planChanges(input);
  const { pending, violations } = pendingOf(plan, who);
  const linked = [...who.accounts].flatMap((id) => index.keysOfUser.get(id) ?? []);
  const keys = new Map([...who.keys.values(), ...linked].map((key) => [keyText(key), key]));
  return {
    ...request,
    who,
    people: desired.people.filter((person) => person.keys.some((key) => who.keys.has(keyText(key)))),
    records: [...keys.values()].map((key) => tracer.record(key)).filter((record) => record !== null),
    tracer,
    index,
    correlation: correlate(input, index),
    resolution: resolveGroups(input, index),
    plan,
    pending,
    skips: remarksOf(plan.skips, who, desired.groups),
    conflicts: remarksOf(plan.conflicts, who, desired.groups),
    violations,
  };
}

function pendingOf(plan: Plan, who: Who): Pick<Explaining, 'pending' | 'violations'> {
  const held = heldOperations(plan.operations, plan.violations);
  const operations = operationsOf(plan.operations, who);
  const ids = new Set(operations.map(({ id }) => id));
  const violations = plan.violations.filter(
    (violation) =>
      (violation.holds === 'plan' && ids.size > 0) || violation.operations.some((id) => ids.has(id)),
  );
  const whyHeld = (id: string): string => {
    const direct = plan.violations.find(
      (violation) => violation.holds === 'plan' || violation.operations.includes(id),
    );
    return direct?.text ?? 'what it waits for is held';
  };
  return {
    pending: operations.map((operation) => ({
      operation,
      heldBy: held.has(operation.id) ? whyHeld(operation.id) : null,
    })),
    violations,
  };
}

/** What earlier runs did about this person, newest first; groups that were only made on the way are left out. */
function changesOf(history: readonly RunRecord[], who: Who): readonly PastChange[] {
  const changes: PastChange[] = [];
  for (const { id, kind, finishedAt, plan, outcomes } of history) {
    const outcomeOf = new Map(outcomes.map((outcome) => [outcome.operation, outcome]));
    for (const operation of operationsOf(plan.operations, who)) {
      const outcome = outcomeOf.get(operation.id);
      if (operation.subject.type === 'group' && operation.kind !== 'addMembers') continue;
      if (outcome === undefined || outcome.state === 'notAttempted') continue;
      const { state, code, text } = outcome;
      changes.push({ run: id, kind, at: finishedAt, operation, outcome: { state, code, text } });
      if (changes.length === mostChanges) return changes;
    }
  }
  return changes;
}
