import type { Ending, RunRecord } from '../model/outcome.ts';
import type { Forecast, Plan } from '../model/plan.ts';
import type { Rehearsal } from '../model/rehearsal.ts';
import { carriedOut, forecastText, type ReportInput } from './summary.ts';
import { counted, durationBetween, hostOf, minuteOf, numeral } from './words.ts';

/** A labelled line of small print: what the report is about, when it was made, what it rests on. */
export type Fact = readonly [label: string, text: string];

/** What a report is about: `Plan for acme.retool.com`, `Run 01J…: changed`. */
export function titleOf(input: ReportInput): string {
  const run = carriedOut(input);
  return run === null ? `Plan for ${hostOf(input.plan.target)}` : `Run ${run.id}: ${run.status}`;
}

/** The small print of a plan or a run. The rate is the target's configured limit; null leaves it unnamed. */
export function factsOf(input: ReportInput, requestsPerMinute: number | null): readonly Fact[] {
  const run = carriedOut(input);
  return run === null
    ? [...planFacts(input.plan, requestsPerMinute), ...rehearsalFacts(input.rehearsal)]
    : runFacts(run);
}

function planFacts(plan: Plan, requestsPerMinute: number | null): readonly Fact[] {
  return [
    ['target', plan.target],
    ...onlyFacts(plan),
    ['fingerprint', plan.fingerprint.slice(0, 12)],
    ['made', `${minuteOf(plan.createdAt)}, expires ${minuteOf(plan.expiresAt)}`],
    ...readFacts(plan),
    ['forecast', forecastText(plan.forecast, requestsPerMinute)],
    ...seatFacts(plan.forecast),
    ...mailFacts(plan.forecast),
  ];
}

function onlyFacts({ only }: Plan): readonly Fact[] {
  return only === undefined ? [] : [['only', `${only}; whatever concerns others is left out`]];
}

/** What a plan that does something will take: calls and time, seats, mails, and what a rehearsal showed. */
export function costFacts(input: ReportInput, requestsPerMinute: number | null): readonly Fact[] {
  const { plan, run, rehearsal } = input;
  if ((run !== null && run.kind !== 'dryRun') || plan.operations.length === 0) return [];
  const { forecast } = plan;
  return [
    ['forecast', forecastText(forecast, requestsPerMinute)],
    ...seatFacts(forecast),
    ...mailFacts(forecast),
    ...rehearsalFacts(rehearsal),
  ];
}

/** The same in one line. */
export function costText(input: ReportInput, requestsPerMinute: number | null): string {
  const [forecast, ...others] = costFacts(input, requestsPerMinute);
  if (forecast === undefined) return '';
  return [forecast[1], ...others.map(([label, text]) => `${label}: ${text}`)].join('; ');
}

function seatFacts({ seats }: Forecast): readonly Fact[] {
  if (seats === null) return [];
  const { before, after, limit } = seats;
  const active = counted(before, 'active account');
  const change =
    before === after ? `${active}, as before` : `${active} now, ${numeral(after)} after this plan`;
  return [['seats', limit === null ? change : `${change}; there are ${counted(limit, 'seat')}`]];
}

function mailFacts({ mails }: Forecast): readonly Fact[] {
  if (mails === 0) return [];
  return [['mails', `up to ${numeral(mails)}: Retool may mail each new account and invite`]];
}

function rehearsalFacts(rehearsal: Rehearsal | undefined): readonly Fact[] {
  if (rehearsal === undefined) return [];
  const { verdict, operations, held, calls, minutes, left, differences } = rehearsal;
  const done = `${counted(operations, 'operation')} on a copy of Retool, ${counted(calls.made, 'call')} in ${minutesText(minutes.taken)}`;
  const approved = held === 0 ? '' : `, ${numeral(held)} held ones as if approved`;
  const result =
    verdict === 'proved'
      ? 'as planned and forecast, and a second plan is empty'
      : `${counted(differences.length, 'difference')}, ${numeral(left)} left for a second plan`;
  return [['rehearsal', `${done}${approved}: ${result}`]];
}

function minutesText(minutes: number): string {
  return minutes < 1 ? 'under a minute' : `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
}

function runFacts(run: RunRecord): readonly Fact[] {
  const { plan, calls, approved } = run;
  return [
    ['target', plan.target],
    ...onlyFacts(plan),
    ['kind', approved === null ? run.kind : `${run.kind}, approved ${approved.slice(0, 12)}`],
    ['plan', plan.fingerprint.slice(0, 12)],
    ['began', `${minuteOf(run.startedAt)}, took ${durationBetween(run.startedAt, run.finishedAt)}`],
    ...endingFacts(run),
    ['calls', `${numeral(calls.target)} to the target, ${numeral(calls.source)} to sources`],
    ...readFacts(plan),
    ...(run.auditHead === undefined ? [] : [['audit', run.auditHead] as const]),
  ];
}

const endings: Readonly<Record<Ending, string>> = {
  cutShort:
    'cut short: what became of its operations is known by the journal; there were at least these calls',
  open: 'not yet, or it was cut short: this is how far it came by the journal, with at least these calls',
};

function endingFacts({ ending }: RunRecord): readonly Fact[] {
  return ending === undefined ? [] : [['ended', endings[ending]]];
}

function readFacts(plan: Plan): readonly Fact[] {
  return plan.reads.map((read) => {
    const size = `${read.source}: ${counted(read.users, 'person', 'people')}, ${counted(read.groups, 'group')}`;
    return ['read', read.partial.length === 0 ? size : `${size}; incomplete: ${read.partial.join('; ')}`];
  });
}
