import type { Outcome, OutcomeState, RunRecord } from '../model/outcome.ts';
import type { Plan, Violation } from '../model/plan.ts';
import { applyCommand, applyIntro, commandLines, howToApprove } from './approve.ts';
import { printable } from './escape.ts';
import { factsOf, titleOf } from './facts.ts';
import type { Held } from './held.ts';
import { heldSentence } from './held.ts';
import type { Line, Tone } from './text/lines.ts';
import { blank, columnOf, labelled, line, paint, paragraph, span } from './text/lines.ts';
import type { Problem } from './problems.ts';
import { problemTexts } from './problems.ts';
import { remarkListsOf } from './remarks.ts';
import { newStateText } from './risks.ts';
import type { ReportInput, ReportSummary } from './summary.ts';
import { summarize } from './summary.ts';
import { heading, remainder, remarkLines } from './text/remarks.ts';
import { groupLines, sectionLines } from './text/sections.ts';
import { listed, minuteOf } from './words.ts';

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
    ...titleLines(titleOf(input), plan, summary, options),
    ...factLines(input, options),
    ...riskLines(plan, summary, options),
    ...bannerLines(plan, summary.held, options),
    ...(summary.outcomes === null
      ? riskiestLines(summary, options)
      : problemLines(plan, summary.problems, options)),
  ];
  const body = bodyLines(plan, summary, options);
  return paint([...top, ...body, ...footerLines(plan, summary, body.length, options)], options);
}

/** What a run did, for a terminal: what went wrong first, then everything it was about. */
export function runText(record: RunRecord, options: TextOptions): string {
  return planText({ plan: record.plan, run: record }, options);
}

function titleLines(
  title: string,
  plan: Plan,
  summary: ReportSummary,
  { width }: TextOptions,
): readonly Line[] {
  const tone: Tone = summary.held === null ? 'plain' : 'warn';
  return [
    ...newStateText(plan).flatMap((text) =>
      paragraph(printable(text), { indent: 0, width, tone: 'alarm', most: 3 }),
    ),
    ...paragraph(printable(title), { indent: 0, width, tone: 'strong', most: 3 }),
    ...paragraph(printable(summary.headline), { indent: 0, width, tone, most: 6 }),
    blank,
  ];
}

function factLines(input: ReportInput, { width, requestsPerMinute }: TextOptions): readonly Line[] {
  const facts = factsOf(input, requestsPerMinute ?? null);
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

function riskLines(
  plan: Plan,
  summary: ReportSummary,
  { width, limit = Infinity }: TextOptions,
): readonly Line[] {
  // That the state is new stands in the first line already.
  const risks = summary.risks.filter((risk) => !newStateText(plan).includes(risk));
  if (risks.length === 0) return [];
  const shown = risks.slice(0, limit);
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
    ...remainder(risks.length - shown.length, 'warning', 3),
    blank,
  ];
}

function riskiestLines({ riskiest }: ReportSummary, { width }: TextOptions): readonly Line[] {
  if (riskiest.length === 0) return [];
  const labelWidth = String(riskiest.length).length;
  return [
    ...heading('Riskiest first', riskiest.length, width),
    ...riskiest.flatMap((text, at) =>
      labelled(span(String(at + 1).padStart(labelWidth), 'dim'), printable(text), {
        indent: 2,
        labelWidth,
        width,
        tone: 'plain',
        most: 2,
      }),
    ),
    blank,
  ];
}

function bannerLines(plan: Plan, held: Held | null, options: TextOptions): readonly Line[] {
  if (held === null) return [];
  const { width } = options;
  return [
    ...paragraph(`HELD. ${heldSentence(plan, held)}`, { indent: 0, width, tone: 'warn', most: 3 }),
    ...violationLines(held.violations, width),
    ...approvalLines(plan, held, options),
    blank,
  ];
}

function violationLines(violations: readonly Violation[], width: number): readonly Line[] {
  const labelWidth = columnOf(
    violations.map((violation) => violation.class),
    16,
  );
  return violations.flatMap((violation) =>
    labelled(span(violation.class, 'warn'), printable(violation.text), {
      indent: 2,
      labelWidth,
      width,
      tone: 'plain',
      most: 6,
    }),
  );
}

function approvalLines(plan: Plan, held: Held, options: TextOptions): readonly Line[] {
  const { intro, command } = howToApprove(plan, held, options.planFile ?? null);
  return [
    ...paragraph(intro, { indent: 2, width: options.width, tone: 'plain', most: 2 }),
    ...commandLines(command, options.width).map((text) => line(text, 'strong')),
  ];
}

const stateTones: Readonly<Record<OutcomeState, Tone>> = {
  failed: 'remove',
  unknown: 'remove',
  notAttempted: 'change',
  skipped: 'dim',
  applied: 'change',
};

function problemLines(plan: Plan, problems: readonly Outcome[], options: TextOptions): readonly Line[] {
  if (problems.length === 0) return [];
  const shown = problemTexts(plan, problems).slice(0, options.limit ?? Infinity);
  return [
    ...heading('Not applied as planned', problems.length, options.width),
    ...shown.flatMap((problem) => problemOf(problem, options)),
    ...remainder(problems.length - shown.length, 'outcome', 2),
    blank,
  ];
}

function problemOf(problem: Problem, { width, limit = Infinity }: TextOptions): readonly Line[] {
  const { state, word, what, why } = problem;
  const items = problem.items.slice(0, limit);
  return [
    ...labelled(span(word, stateTones[state]), printable(what), {
      indent: 2,
      labelWidth: 13,
      width,
      tone: 'plain',
      most: 3,
    }),
    ...(why === '' ? [] : paragraph(printable(why), { indent: 17, width, tone: 'dim', most: 6 })),
    ...items.flatMap((item) => paragraph(printable(item), { indent: 17, width, tone: 'dim', most: 3 })),
    ...remainder(problem.items.length - items.length, 'member', 17),
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
  const remarks = remarkListsOf(plan);
  return [
    ...remarks.filter(({ name }) => name === 'incomplete').flatMap((list) => remarkLines(list, draw)),
    ...before.flatMap((section) => sectionLines(section, draw)),
    ...groupLines(summary, draw),
    ...after.flatMap((section) => sectionLines(section, draw)),
    ...remarks.filter(({ name }) => name !== 'incomplete').flatMap((list) => remarkLines(list, draw)),
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
      ...approvalLines(plan, summary.held, options),
    ];
  }
  if (summary.outcomes !== null || plan.operations.length === 0) return [];
  return [
    ...paragraph(applyIntro(options.planFile ?? null, minuteOf(plan.expiresAt)), {
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
