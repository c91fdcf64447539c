import type { OperationKind } from '../model/operation.ts';
import type { Outcome, OutcomeState, RunRecord } from '../model/outcome.ts';
import type { Forecast, Plan } from '../model/plan.ts';
import type { Rehearsal } from '../model/rehearsal.ts';
import type { Section, SectionName } from './changes.ts';
import { sectionsOf } from './changes.ts';
import type { GroupTally } from './groups.ts';
import { groupTallies } from './groups.ts';
import type { Held } from './held.ts';
import { heldOf } from './held.ts';
import type { KindClass } from './kinds.ts';
import { classOf, kindOrder } from './kinds.ts';
import { riskiestOf, risksOf } from './risks.ts';
import { counted, listed, numeral } from './words.ts';

/** What every report is rendered from: a plan, and the run that carried it out, when one did. */
export interface ReportInput {
  readonly plan: Plan;
  readonly run: RunRecord | null;
  /** What a rehearsal of the plan showed, when there was one. */
  readonly rehearsal?: Rehearsal;
}

/** The run that carried the plan out; null for a plan alone, and for a dry run. */
export function carriedOut({ run }: ReportInput): RunRecord | null {
  return run?.kind === 'dryRun' ? null : run;
}

/** How many people the plan touches, each counted once: as leaver, joiner, mover, changed, member or adopted. */
export type PeopleCounts = Readonly<Record<Exclude<SectionName, 'groups' | 'attributes'>, number>>;

export type OutcomeCounts = Readonly<Record<OutcomeState, number>>;

/** What all renderers say about a plan or a run before its details. */
export interface ReportSummary {
  /** One sentence: what changes, or what was done. */
  readonly headline: string;
  readonly held: Held | null;
  /** What a reader must not overlook, worst first; admins who leave stand at the top. */
  readonly risks: readonly string[];
  /** The riskiest operations of a long plan, the worst first, at most ten. */
  readonly riskiest: readonly string[];
  readonly people: PeopleCounts;
  readonly memberships: { readonly added: number; readonly removed: number };
  /** Kinds that occur, in a fixed order. */
  readonly byKind: readonly { readonly kind: OperationKind; readonly count: number }[];
  readonly byClass: Readonly<Record<KindClass, number>>;
  readonly groups: readonly GroupTally[];
  readonly sections: readonly Section[];
  /** null when nothing was carried out. */
  readonly outcomes: OutcomeCounts | null;
  /** Outcomes a reader has to look at: not applied, or applied with members left out. In plan order. */
  readonly problems: readonly Outcome[];
}

/** Counts, sections, holds and risks of a plan or a run. */
export function summarize(input: ReportInput): ReportSummary {
  const { plan, run } = input;
  const held = heldOf(plan, run);
  const outcomes = run?.outcomes ?? [];
  const sections = sectionsOf(plan, held, outcomes);
  const counts = {
    people: peopleCounts(sections),
    memberships: membershipCounts(plan),
    groups: groupTallies(plan),
  };
  const outcomeTotals = carriedOut(input) === null ? null : countOutcomes(outcomes);
  return {
    headline: headlineOf(input, held, changesText(plan, counts), outcomeTotals),
    held,
    risks: [
      ...(input.rehearsal?.differences ?? []).map((text) => `The rehearsal differs: ${text}.`),
      ...risksOf(plan, sections, outcomeTotals),
    ],
    riskiest: outcomeTotals === null ? riskiestOf(plan) : [],
    ...counts,
    byKind: kindOrder
      .map((kind) => ({ kind, count: countKind(plan, kind) }))
      .filter(({ count }) => count > 0),
    byClass: classCounts(plan),
    sections,
    outcomes: outcomeTotals,
    problems: problemsOf(outcomes),
  };
}

function peopleCounts(sections: readonly Section[]): PeopleCounts {
  const of = (name: SectionName): number => {
    const section = sections.find((candidate) => candidate.name === name);
    return section?.entries.filter((entry) => entry.type === 'person').length ?? 0;
  };
  return {
    leavers: of('leavers'),
    movers: of('movers'),
    joiners: of('joiners'),
    changed: of('changed'),
    memberships: of('memberships'),
    requests: of('requests'),
    adopted: of('adopted'),
  };
}

function membershipCounts(plan: Plan): ReportSummary['memberships'] {
  let added = 0;
  let removed = 0;
  for (const operation of plan.operations) {
    if (operation.kind === 'addMembers') added += operation.after.members.length;
    if (operation.kind === 'addInvitesToGroup') added += operation.after.invites.length;
    if (operation.kind === 'inviteUser') added += operation.after.groups.length;
    if (operation.kind === 'removeMember' || operation.kind === 'removeInviteFromGroup') removed += 1;
  }
  return { added, removed };
}

function countKind(plan: Plan, kind: OperationKind): number {
  return plan.operations.filter((operation) => operation.kind === kind).length;
}

function classCounts(plan: Plan): ReportSummary['byClass'] {
  const counts = {
    disables: 0,
    removals: 0,
    creates: 0,
    invites: 0,
    updates: 0,
    grants: 0,
    adoptions: 0,
  };
  for (const operation of plan.operations) counts[classOf(operation.kind)] += 1;
  return counts;
}

/** How many outcomes there are of each state. */
export function countOutcomes(outcomes: readonly Outcome[]): OutcomeCounts {
  const counts = { applied: 0, failed: 0, skipped: 0, notAttempted: 0, unknown: 0 };
  for (const outcome of outcomes) counts[outcome.state] += 1;
  return counts;
}

/** Outcomes that are not plainly `applied`. */
export function problemsOf(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter((outcome) => outcome.state !== 'applied' || outcome.items.length > 0);
}

/** `3 leavers, 12 joiners and 2 new groups`; empty when the plan does nothing. */
function changesText(plan: Plan, counts: Pick<ReportSummary, 'people' | 'memberships' | 'groups'>): string {
  const { people, memberships, groups } = counts;
  const adopted = countKind(plan, 'adopt');
  const released = countKind(plan, 'release');
  const created = groups.filter((group) => group.change === 'created').length;
  const updated = groups.filter((group) => group.change === 'updated').length;
  const deleted = groups.filter((group) => group.change === 'deleted').length;
  const [granted, revoked] = [countKind(plan, 'grantAccess'), countKind(plan, 'revokeAccess')];
  const defined = countKind(plan, 'createAttribute');
  const admins = countKind(plan, 'setGroupAdmin');
  const parts: readonly (readonly [number, string])[] = [
    [people.leavers, counted(people.leavers, 'leaver')],
    [people.movers, counted(people.movers, 'mover')],
    [people.joiners, counted(people.joiners, 'joiner')],
    [people.changed, counted(people.changed, 'changed account')],
    [created, counted(created, 'new group')],
    [updated, counted(updated, 'changed group')],
    [deleted, counted(deleted, 'deleted group')],
    [granted, counted(granted, 'grant')],
    [revoked, `${counted(revoked, 'grant')} taken back`],
    [defined, counted(defined, 'new attribute definition')],
    [people.requests, `${counted(people.requests, 'access request')} answered`],
    [memberships.added + memberships.removed, membershipsText(memberships)],
    [admins, counted(admins, 'group admin change')],
    [adopted, `${numeral(adopted)} adopted`],
    [released, `${numeral(released)} released`],
  ];
  return listed(parts.filter(([count]) => count > 0).map(([, text]) => text));
}

function membershipsText({ added, removed }: ReportSummary['memberships']): string {
  if (removed === 0) return `${counted(added, 'membership')} added`;
  if (added === 0) return `${counted(removed, 'membership')} removed`;
  return `${numeral(added + removed)} membership changes (+${numeral(added)} −${numeral(removed)})`;
}

function headlineOf(
  input: ReportInput,
  held: Held | null,
  changes: string,
  outcomes: OutcomeCounts | null,
): string {
  const { plan, run } = input;
  if (outcomes !== null && run !== null && run.outcomes.length > 0) return runHeadline(plan, outcomes, held);
  if (run?.status === 'failed') return 'The run failed before anything was changed.';
  if (held?.scope === 'plan')
    return `Held for approval: ${changes === '' ? 'no changes, but a limit is broken' : changes}.`;
  if (changes === '')
    return isIncomplete(plan) ? 'Nothing to change in what could be read.' : 'In step: nothing to change.';
  const waiting = held === null ? '' : `; ${heldText(plan, held)} for approval`;
  return `${changes.charAt(0).toUpperCase()}${changes.slice(1)}${waiting}.`;
}

function runHeadline(plan: Plan, outcomes: OutcomeCounts, held: Held | null): string {
  const total = plan.operations.length;
  const rest: readonly (readonly [number, string])[] = [
    [outcomes.failed, `${numeral(outcomes.failed)} failed`],
    [outcomes.unknown, `${numeral(outcomes.unknown)} unknown`],
    [outcomes.skipped, `${numeral(outcomes.skipped)} skipped`],
    [outcomes.notAttempted, `${numeral(outcomes.notAttempted)} not attempted`],
  ];
  const others = rest.filter(([count]) => count > 0).map(([, text]) => text);
  const waiting = held === null ? [] : [`${heldText(plan, held)} for approval`];
  const done =
    outcomes.applied === total && total > 1
      ? `Applied all ${counted(total, 'operation')}`
      : `Applied ${numeral(outcomes.applied)} of ${counted(total, 'operation')}`;
  return `${[done, ...(others.length === 0 ? [] : [listed(others)]), ...waiting].join('; ')}.`;
}

function heldText(plan: Plan, held: Held): string {
  const count = held.operations.size;
  const noun = `${numeral(count)} of ${counted(plan.operations.length, 'operation')}`;
  return `${noun} ${count === 1 ? 'is' : 'are'} held`;
}

function isIncomplete(plan: Plan): boolean {
  return plan.incomplete.length > 0 || plan.reads.some((read) => read.partial.length > 0);
}

/**
 * What the plan costs: `12 calls and 3 reads, about 0.3 minutes at 45 requests a minute`. The rate is
 * the target's configured limit; null leaves it unnamed.
 */
export function forecastText(forecast: Forecast, requestsPerMinute: number | null): string {
  const rate =
    requestsPerMinute === null ? 'the configured limit' : `${counted(requestsPerMinute, 'request')} a minute`;
  if (forecast.calls + forecast.reads === 0) return 'no calls';
  const reads = forecast.reads === 0 ? '' : ` and ${counted(forecast.reads, 'read')}`;
  return `${counted(forecast.calls, 'call')}${reads}, ${timeText(forecast.minutes)} at ${rate}`;
}

function timeText(minutes: number): string {
  if (minutes < 0.1) return 'under 0.1 minutes';
  if (minutes < 120)
    return `about ${oneDecimal(minutes)} ${oneDecimal(minutes) === '1' ? 'minute' : 'minutes'}`;
  return `about ${oneDecimal(minutes / 60)} hours`;
}

function oneDecimal(value: number): string {
  return String(Math.round(value * 10) / 10);
}
