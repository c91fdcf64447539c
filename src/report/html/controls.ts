import type { ChangeRow, EntryRow } from './rows.ts';
import { riskTitles } from './rows.ts';
import type { Markup } from '../markup.ts';
import { html } from '../markup.ts';
import type { ReportSummary } from '../summary.ts';
import { numeral } from '../words.ts';

/** Group names offered while typing; any other can be typed. */
const mostSuggestions = 300;

type Option = readonly [value: string, text: string];

/** Search and filters; hidden until the script that makes them work shows them. */
export function controlsMarkup(rows: readonly EntryRow[], summary: ReportSummary): Markup {
  const changes = rows.flatMap((row) => row.changes);
  const sections = summary.sections.map(({ name, title, entries }): Option => [
    name,
    withCount(title, entries.length),
  ]);
  const groups = distinct(changes, (change) => [change.group]).slice(0, mostSuggestions);
  const risks = Object.entries(riskTitles);
  const counts = new Map(distinct(changes, (change) => change.risks));
  const riskOptions = risks.flatMap(([risk, title]): readonly Option[] => {
    const count = counts.get(risk);
    return count === undefined ? [] : [[risk, withCount(title, count)]];
  });
  return html`<form id="filters" role="search" hidden>
    <label
      >Search<input
        name="search"
        type="search"
        placeholder="Name, address, value, reason …"
        autocomplete="off" /></label
    >${select('section', 'Who', 'Everyone', sections)}${select('kind', 'Operation', 'Any operation', options(distinct(changes, (change) => [change.kind])))}<label
      >Group<input name="group" list="groups" placeholder="Any group" autocomplete="off" /></label
    >${select('source', 'Source', 'Any source', options(distinct(changes, (change) => [change.source])))}${select('risk', 'Risk', 'Any risk', riskOptions)}<button
      type="reset"
    >
      Reset</button
    ><datalist id="groups">${groups.map(([name]) => html`<option value="${name}"></option>`)}</datalist
    ><output id="found"></output>
  </form>`;
}

function select(name: string, label: string, all: string, choices: readonly Option[]): Markup {
  return html`<label
    >${label}<select name="${name}">
      <option value="">${all}</option>
      ${choices.map(([value, text]) => html`<option value="${value}">${text}</option>`)}
    </select></label
  >`;
}

function options(counts: readonly (readonly [string, number])[]): readonly Option[] {
  return counts.map(([value, count]) => [value, withCount(value, count)]);
}

function withCount(text: string, count: number): string {
  return `${text} (${numeral(count)})`;
}

/** Every value with the number of changes that have it, in the order of their first appearance; empty ones not. */
function distinct(
  changes: readonly ChangeRow[],
  valuesOf: (change: ChangeRow) => readonly string[],
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const change of changes) {
    for (const value of valuesOf(change)) if (value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts];
}
