import type { RunRecord } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { ReportInput } from './summary.ts';
import { forecastText } from './summary.ts';
import { counted, durationBetween, hostOf, minuteOf, numeral } from './words.ts';

/** A labelled line of small print: what the report is about, when it was made, what it rests on. */
export type Fact = readonly [label: string, text: string];

/** What a report is about: `Plan for acme.retool.com`, `Run 01J…: changed`. */
export function titleOf({ plan, run }: ReportInput): string {
  return run === null || run.kind === 'dryRun'
    ? `Plan for ${hostOf(plan.target)}`
    : `Run ${run.id}: ${run.status}`;
}

/** The small print of a plan or a run. The rate is the target's configured limit; null leaves it unnamed. */
export function factsOf({ plan, run }: ReportInput, requestsPerMinute: number | null): readonly Fact[] {
  return run === null || run.kind === 'dryRun' ? planFacts(plan, requestsPerMinute) : runFacts(run);
}

function planFacts(plan: Plan, requestsPerMinute: number | null): readonly Fact[] {
  return [
    ['target', plan.target],
    ['fingerprint', plan.fingerprint.slice(0, 12)],
    ['made', `${minuteOf(plan.createdAt)}, expires ${minuteOf(plan.expiresAt)}`],
    ...readFacts(plan),
    ['forecast', forecastText(plan.forecast, requestsPerMinute)],
  ];
}

function runFacts(run: RunRecord): readonly Fact[] {
  const { plan, calls, approved } = run;
  return [
    ['target', plan.target],
    ['kind', approved === null ? run.kind : `${run.kind}, approved ${approved.slice(0, 12)}`],
    ['plan', plan.fingerprint.slice(0, 12)],
    ['began', `${minuteOf(run.startedAt)}, took ${durationBetween(run.startedAt, run.finishedAt)}`],
    ['calls', `${numeral(calls.target)} to the target, ${numeral(calls.source)} to sources`],
    ...readFacts(plan),
  ];
}

function readFacts(plan: Plan): readonly Fact[] {
  return plan.reads.map((read) => {
    const size = `${read.source}: ${counted(read.users, 'person', 'people')}, ${counted(read.groups, 'group')}`;
    return ['read', read.partial.length === 0 ? size : `${size}; incomplete: ${read.partial.join('; ')}`];
  });
}
