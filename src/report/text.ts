import type { Outcome, OutcomeState, RunRecord } from '../model/outcome.ts';
import type { Plan, Violation } from '../model/plan.ts';
import { applyCommand, approveCommand, commandLines } from './approve.ts';
import { describe } from './describe.ts';
import { printable } from './escape.ts';
import type { Held } from './held.ts';
import type { Line, Tone } from './lines.ts';
import { blank, columnOf, labelled, line, paint, paragraph, span } from './lines.ts';
import type { ReportInput, ReportSummary } from './summary.ts';
import { forecastText, summarize } from './summary.ts';
import { heading, remainder, remarkLines } from './text-remarks.ts';
import { groupLines, sectionLines } from './text-sections.ts';
import { counted, durationBetween, listed, minuteOf, numeral } from './words.ts';

/** How a report for a terminal is drawn. */
export interface TextOptions {
  /** Columns; no line is wider. At least 40. */
  readonly width: number;
  readonly color: 'always' | 'never';
  /** The most people, groups or remarks that one section shows, and lines that one of them shows. Default: all. */
  readonly limit?: number;
  /** The plan's file as it stands in commands; `PLAN` when it is left out. */
  readonly planFile?: string;
  /** The target's configured limit, for the forecast. */
  readonly requestsPerMinute?: number;
}

/** Sections longer than this push the top of the report out of sight: what is needed to approve is said again. */
const screenful = 40;

/** The plan as a diff for a terminal: what changes for whom, from what to what, and why. */
export function planText(input: ReportInput, options: TextOptions): string {
  const summary = summarize(input);
  const { plan } = input;
  const top = [
    ...titleLines(`Plan for ${plan.target}`, summary, options),
    ...planFacts(plan, options),
    ...riskLines(summary, options),
    ...bannerLines(plan, summary.held, options),
  ];
  const body = bodyLines(plan, summary, options);
  return paint([...top, ...body, ...footerLines(plan, summary, body.length, options)], options);
}

/** What a run did, for a terminal: what went wrong first, then everything it was about. */
export function runText(record: RunRecord, options: TextOptions): string {
  if (record.kind === 'dryRun') return planText({ plan: record.plan, run: record }, options);
  const summary = summarize({ plan: record.plan, run: record });
  const { plan } = record;
  const top = [
    ...titleLines(`Run ${record.id}: ${record.status}`, summary, options),
    ...runFacts(record, options),
    ...riskLines(summary, options),
    ...bannerLines(plan, summary.held, options),
    ...problemLines(plan, summary.problems, options),
  ];
  const body = bodyLines(plan, summary, options);
  return paint([...top, ...body, ...footerLines(plan, summary, body.length, options)], options);
}

function titleLines(title: string, summary: ReportSummary, { width }: TextOptions): readonly Line[] {
  const tone: Tone = summary.held === null ? 'plain' : 'warn';
  return [
    ...paragraph(printable(title), { indent: 0, width, tone: 'strong', most: 3 }),
    ...paragraph(printable(summary.headline), { indent: 0, width, tone, most: 6 }),
    blank,
  ];
}

function planFacts(plan: Plan, options: TextOptions): readonly Line[] {
  return factLines(
    [
      ['fingerprint', plan.fingerprint.slice(0, 12)],
      ['made', `${minuteOf(plan.createdAt)}, expires ${minuteOf(plan.expiresAt)}`],
      ...readFacts(plan),
      ['forecast', forecastText(plan.forecast, options.requestsPerMinute ?? null)],
    ],
    options,
  );
}

function runFacts(record: RunRecord, options: TextOptions): readonly Line[] {
  const { plan, calls } = record;
  return factLines(
    [
      ['target', plan.target],
      [
        'kind',
        record.approved === null ? record.kind : `${record.kind}, approved ${record.approved.slice(0, 12)}`,
      ],
      ['plan', plan.fingerprint.slice(0, 12)],
      [
        'began',
        `${minuteOf(record.startedAt)}, took ${durationBetween(record.startedAt, record.finishedAt)}`,
      ],
      ['calls', `${numeral(calls.target)} to the target, ${numeral(calls.source)} to sources`],
      ...readFacts(plan),
    ],
    options,
  );
}

function readFacts(plan: Plan): readonly (readonly [string, string])[] {
  return plan.reads.map((read) => {
    const size = `${read.source}: ${counted(read.users, 'person', 'people')}, ${counted(read.groups, 'group')}`;
    return ['read', read.partial.length === 0 ? size : `${size}; incomplete: ${read.partial.join('; ')}`];
  });
}

function factLines(facts: readonly (readonly [string, string])[], { width }: TextOptions): readonly Line[] {
  const labelWidth = columnOf(
    facts.map(([label]) => label),
    12,
  );
  return [
    ...facts.flatMap(([label, text]) =>
      labelled(span(label, 'dim'), printable(text), { indent: 2, labelWidth, width, tone: 'plain', most: 4 }),
    ),
    blank,
  ];
}

function riskLines(summary: ReportSummary, { width, limit = Infinity }: TextOptions): readonly Line[] {
  if (summary.risks.length === 0) return [];
  const shown = summary.risks.slice(0, limit);
  return [
    ...shown.flatMap((risk) =>
      labelled(span('!', 'alarm'), printable(risk), {
        indent: 0,
        labelWidth: 1,
        width,
        tone: 'alarm',
        most: 4,
      }),
    ),
    ...remainder(summary.risks.length - shown.length, 'warning', 3),
    blank,
  ];
}

function bannerLines(plan: Plan, held: Held | null, options: TextOptions): readonly Line[] {
  if (held === null) return [];
  const { width } = options;
  const what =
    held.scope === 'plan'
      ? 'HELD: nothing is applied until this plan is approved.'
      : `HELD: ${numeral(held.operations.size)} of ${counted(plan.operations.length, 'operation')} wait for approval; the others go.`;
  return [
    ...paragraph(what, { indent: 0, width, tone: 'warn', most: 3 }),
    ...held.violations.flatMap((violation) => violationLines(violation, width)),
    ...approvalLines(plan, options),
    blank,
  ];
}

function violationLines(violation: Violation, width: number): readonly Line[] {
  const measured = `${numeral(violation.actual)}, limit ${numeral(violation.limit)}`;
  return [
    [span('  '), span(violation.class, 'warn'), span(`  ${measured}`)],
    ...paragraph(printable(violation.text), { indent: 4, width, tone: 'plain', most: 6 }),
  ];
}

function approvalLines(plan: Plan, options: TextOptions): readonly Line[] {
  const command = approveCommand(options.planFile ?? null, plan.fingerprint);
  return [
    ...paragraph(`To approve exactly this plan, until ${minuteOf(plan.expiresAt)}:`, {
      indent: 2,
      width: options.width,
      tone: 'plain',
      most: 2,
    }),
    ...commandLines(command, options.width).map((text) => line(text, 'strong')),
  ];
}

const stateTexts: Readonly<Record<OutcomeState, { readonly word: string; readonly tone: Tone }>> = {
  failed: { word: 'failed', tone: 'remove' },
  unknown: { word: 'unknown', tone: 'remove' },
  notAttempted: { word: 'not attempted', tone: 'change' },
  skipped: { word: 'skipped', tone: 'dim' },
  applied: { word: 'in part', tone: 'change' },
};

/** The states a reader looks for first come first. */
const stateOrder = Object.keys(stateTexts) as readonly OutcomeState[];

function problemLines(plan: Plan, problems: readonly Outcome[], options: TextOptions): readonly Line[] {
  if (problems.length === 0) return [];
  const operations = new Map(plan.operations.map((operation) => [operation.id, operation]));
  const sorted = stateOrder.flatMap((state) => problems.filter((problem) => problem.state === state));
  const shown = sorted.slice(0, options.limit ?? Infinity);
  return [
    ...heading('Not applied as planned', problems.length, options.width),
    ...shown.flatMap((problem) => {
      const operation = operations.get(problem.operation);
      return problemOf(
        problem,
        operation === undefined ? problem.operation : describe(operation).sentence,
        options,
      );
    }),
    ...remainder(sorted.length - shown.length, 'outcome', 2),
    blank,
  ];
}

function problemOf(outcome: Outcome, what: string, options: TextOptions): readonly Line[] {
  const { width } = options;
  const { word, tone } = stateTexts[outcome.state];
  const why = [outcome.code, outcome.text].filter((part) => part !== null).join(': ');
  const items = outcome.items.slice(0, options.limit ?? Infinity);
  return [
    ...labelled(span(word, tone), printable(what), {
      indent: 2,
      labelWidth: 13,
      width,
      tone: 'plain',
      most: 3,
    }),
    ...(why === '' ? [] : paragraph(printable(why), { indent: 17, width, tone: 'dim', most: 6 })),
    ...items.flatMap((item) => {
      return paragraph(printable(`without ${item.key}: ${item.text}`), {
        indent: 17,
        width,
        tone: 'dim',
        most: 3,
      });
    }),
    ...remainder(outcome.items.length - items.length, 'member', 17),
  ];
}

function bodyLines(plan: Plan, summary: ReportSummary, options: TextOptions): readonly Line[] {
  const { width, limit = Infinity } = options;
  const sections = summary.sections.filter((section) => section.name !== 'groups');
  const before = sections.filter((section) => section.name !== 'adopted');
  const after = sections.filter((section) => section.name === 'adopted');
  const draw = {
    width,
    limit,
    partlyHeld: summary.held?.scope === 'operations' ? ('mark' as const) : ('plain' as const),
  };
  return [
    ...remarkLines(
      'Incomplete',
      plan.incomplete.map((text) => ({ code: '!', text, more: [] })),
      draw,
    ),
    ...before.flatMap((section) => sectionLines(section, draw)),
    ...groupLines(summary, draw),
    ...after.flatMap((section) => sectionLines(section, draw)),
    ...remarkLines(
      'Conflicts',
      plan.conflicts.map((conflict) => ({ ...conflict, more: conflict.candidates })),
      draw,
    ),
    ...remarkLines(
      'Skipped',
      plan.skips.map((skip) => ({ ...skip, more: [] })),
      draw,
    ),
    ...remarkLines(
      'Notices',
      plan.notices.map((notice) => ({ ...notice, more: [] })),
      draw,
    ),
  ];
}

function footerLines(
  plan: Plan,
  summary: ReportSummary,
  bodyLength: number,
  options: TextOptions,
): readonly Line[] {
  if (summary.held !== null) {
    if (bodyLength <= screenful) return [];
    const reasons = listed(summary.held.violations.map((violation) => violation.class));
    const text = `HELD because of ${reasons}: see the top.`;
    return [
      ...paragraph(text, { indent: 0, width: options.width, tone: 'warn', most: 3 }),
      ...approvalLines(plan, options),
    ];
  }
  if (summary.outcomes !== null || plan.operations.length === 0) return [];
  return [
    ...paragraph(`To apply exactly this plan, until ${minuteOf(plan.expiresAt)}:`, {
      indent: 0,
      width: options.width,
      tone: 'plain',
      most: 2,
    }),
    ...commandLines(applyCommand(options.planFile ?? null), options.width).map((text) =>
      line(text, 'strong'),
    ),
    ...paragraph(`fingerprint ${plan.fingerprint}`, {
      indent: 4,
      width: options.width,
      tone: 'dim',
      most: 4,
    }),
  ];
}
