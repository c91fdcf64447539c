import { applyCommand, applyIntro, commandText, howToApprove } from './approve.ts';
import type { Change, Entry, Section } from './changes.ts';
import { originOf } from './describe.ts';
import { escapeMarkdown } from './escape.ts';
import { costText, factsOf, titleOf } from './facts.ts';
import type { Held } from './held.ts';
import { heldSentence } from './held.ts';
import type { Block } from './markdown/fit.ts';
import { blocksText, fitted } from './markdown/fit.ts';
import { problemTexts } from './problems.ts';
import { remarkListsOf, remarkText } from './remarks.ts';
import type { ReportInput, ReportSummary } from './summary.ts';
import { summarize } from './summary.ts';
import { clip } from './width.ts';
import { counted, minuteOf, numeral, stateWord } from './words.ts';

/** How a Markdown report is made. */
export interface MarkdownOptions {
  /**
   * The most characters (UTF-16 code units), at least 4,000. The default fits a comment on GitHub, which takes
   * 65,536.
   */
  readonly most?: number;
  /** The plan's file as it stands in commands; `PLAN` when it is left out. */
  readonly planFile?: string;
  /** The target's configured limit, for the forecast. */
  readonly requestsPerMinute?: number;
}

const defaultMost = 60_000;
/** Columns of a value, a sentence, and fields of one change that are shown. */
const longestValue = 80;
const longestSentence = 240;
const mostFields = 8;

/**
 * The plan, or what a run did with it, for pull requests and chats: GitHub flavoured Markdown with folded sections,
 * cut to size row by row, with the number of rows cut from each. Nothing from the plan acts as markup.
 */
export function planMarkdown(input: ReportInput, options: MarkdownOptions = {}): string {
  const { most = defaultMost, requestsPerMinute = null } = options;
  const summary = summarize(input);
  const head = [
    `## ${cell(titleOf(input), longestSentence)}`,
    '',
    `**${escapeMarkdown(summary.headline)}**`,
    '',
    ...costLines(input, requestsPerMinute),
    ...heldLines(input, summary.held, options),
    ...readyLines(input, summary, options),
  ].join('\n');
  const blocks = [
    listBlock('Look at this first', summary.risks),
    listBlock(
      'Held because',
      (summary.held?.violations ?? []).map(({ text }) => text),
    ),
    listBlock('Riskiest first', summary.riskiest),
    problemBlock(input, summary),
    ...summary.sections.map((section) => sectionBlock(section, summary)),
    groupBlock(summary),
    ...remarkListsOf(input.plan).map(({ title, remarks }) => listBlock(title, remarks.map(remarkText))),
    listBlock(
      input.run === null ? 'About this plan' : 'About this run',
      factsOf(input, requestsPerMinute).map(([label, text]) => `${label}: ${text}`),
    ),
  ].filter((block) => block.rows.length > 0);
  return `${head}\n${blocksText(fitted(blocks, most - head.length - 1))}`;
}

function costLines(input: ReportInput, requestsPerMinute: number | null): readonly string[] {
  const text = costText(input, requestsPerMinute);
  return text === '' ? [] : [escapeMarkdown(text), ''];
}

function heldLines(
  { plan }: ReportInput,
  held: Held | null,
  { planFile }: MarkdownOptions,
): readonly string[] {
  if (held === null) return [];
  const { intro, command } = howToApprove(plan, held, planFile ?? null);
  return [
    '> [!WARNING]',
    `> **Held.** ${heldSentence(plan, held)} ${intro}`,
    '>',
    ...commandBlock(commandText(command)).map((line) => `> ${line}`),
    '',
  ];
}

function readyLines(
  { plan }: ReportInput,
  { held, outcomes }: ReportSummary,
  { planFile }: MarkdownOptions,
): readonly string[] {
  if (held !== null || outcomes !== null || plan.operations.length === 0) return [];
  return [
    applyIntro(planFile ?? null, minuteOf(plan.expiresAt)),
    '',
    ...commandBlock(commandText(applyCommand(planFile ?? null))),
    '',
  ];
}

/** A fence longer than any run of backticks in the command, so that the command cannot end it. */
function commandBlock(command: string): readonly string[] {
  const longest = Math.max(2, ...(command.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}sh`, command, fence];
}

const openLists: ReadonlySet<string> = new Set(['Look at this first', 'Held because', 'Riskiest first']);

function listBlock(title: string, texts: readonly string[]): Block {
  const isOpen = openLists.has(title);
  return {
    title: isOpen ? title : `${title} · ${numeral(texts.length)}`,
    folded: isOpen ? 'open' : 'folded',
    head: [],
    rows: texts.map((text) => `- ${cell(text, longestSentence)}`),
  };
}

function problemBlock({ plan }: ReportInput, { problems }: ReportSummary): Block {
  return {
    title: `Not applied as planned · ${numeral(problems.length)}`,
    folded: 'open',
    head: tableHead(['Outcome', 'Operation', 'Why']),
    rows: problemTexts(plan, problems).map(({ word, what, why, items }) =>
      tableRow([
        word,
        cell(what, longestSentence),
        [why, ...items.slice(0, mostFields)].map((text) => cell(text, longestSentence)).join('<br>'),
      ]),
    ),
  };
}

function sectionBlock(section: Section, summary: ReportSummary): Block {
  return {
    title: `${section.title} · ${numeral(section.entries.length)}`,
    folded: 'folded',
    head: [section.about, '', ...tableHead(['', 'Who', 'What', 'Before → after', 'Why'])],
    rows: section.entries.flatMap((entry) =>
      entry.changes.map((change) => changeRow(entry, change, summary.held)),
    ),
  };
}

function changeRow(entry: Entry, change: Change, held: Held | null): string {
  const tags = [
    ...(change.held && held?.scope === 'operations' ? ['held'] : []),
    ...(change.outcome === null || change.outcome.state === 'applied'
      ? []
      : [stateWord(change.outcome.state)]),
  ];
  return tableRow([
    `\`${change.symbol}\``,
    `${cell(entry.key, longestValue)}${entry.admin ? ' **admin**' : ''}`,
    [change.action, ...tags.map((tag) => `**${tag}**`)].join(' '),
    fieldsText(change),
    [change.reason.text, originOf(change.reason)]
      .filter((text) => text !== '')
      .map((text) => cell(text, longestSentence))
      .join('<br>'),
  ]);
}

function fieldsText({ fields }: Change): string {
  const shown = fields.slice(0, mostFields).map(({ name, before, after }) => {
    const change = before === null ? value(after) : `${value(before)} → ${value(after)}`;
    return `${cell(name, longestValue)}: ${change}`;
  });
  const rest = fields.length - shown.length;
  return [...shown, ...(rest > 0 ? [`… ${counted(rest, 'more field')}`] : [])].join('<br>');
}

function value(text: string | null): string {
  return text === null ? '—' : cell(text, longestValue);
}

function groupBlock({ groups }: ReportSummary): Block {
  return {
    title: `Members by group · ${numeral(groups.length)}`,
    folded: 'folded',
    head: tableHead(['Group', 'In', 'Out', 'Group admins', 'Itself']),
    rows: groups.map(({ name, added, removed, admins, change }) =>
      tableRow([cell(name, longestValue), numeral(added), numeral(removed), numeral(admins), change ?? '']),
    ),
  };
}

function tableHead(names: readonly string[]): readonly string[] {
  return [tableRow(names), tableRow(names.map(() => '---'))];
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Text of at most so many columns on one line, escaped. */
function cell(text: string, columns: number): string {
  return escapeMarkdown(clip(text, columns));
}
