import { scriptJson } from '../escape.ts';
import type { ChangeRow, EntryRow, FieldRow } from './rows.ts';
import { sizeText } from './rows.ts';
import { tones } from '../kinds.ts';
import type { Markup } from '../markup.ts';
import { html, trusted } from '../markup.ts';
import type { ReportSummary } from '../summary.ts';

/** Whether the last column tells holds, outcomes, or is left out. */
export type StateColumn = 'held' | 'outcome' | 'none';

const stateTitles: Readonly<Record<StateColumn, string>> = { held: 'Held', outcome: 'Outcome', none: '' };

/** The column heads; with a script those that sort become buttons. */
function headMarkup(state: StateColumn): Markup {
  return html`<thead>
    <tr>
      <th scope="col" data-sort="key">Person or group</th>
      <th scope="col" data-sort="action">What happens</th>
      <th scope="col">Before and after</th>
      <th scope="col" data-sort="why">Why</th>
      ${state === 'none' ? null : html`<th scope="col" data-sort="state">${stateTitles[state]}</th>`}
    </tr>
  </thead>`;
}

/**
 * The table of everything the plan does: one `tbody` for each person or group, one row for each change, a head row
 * before each section. The page's script makes the same rows when there are too many to send.
 */
export function tableMarkup(
  rows: readonly EntryRow[],
  summary: ReportSummary,
  state: StateColumn,
  id: string,
): Markup {
  return html`<table id="${id}" class="changes ${state}">
    <caption class="aside">
      Everything by person and group
    </caption>
    ${headMarkup(state)}${bodiesOf(rows, summary, state)}
  </table>`;
}

function bodiesOf(rows: readonly EntryRow[], summary: ReportSummary, state: StateColumn): readonly Markup[] {
  return rows.flatMap((row, at) => [
    ...(row.section === rows[at - 1]?.section ? [] : [sectionMarkup(summary, row.section, state)]),
    entryMarkup(row, state),
  ]);
}

function sectionMarkup(summary: ReportSummary, at: number, state: StateColumn): Markup {
  const section = summary.sections[at];
  if (section === undefined) return html``;
  return html`<tbody class="section">
    <tr>
      <th scope="colgroup" colspan="${state === 'none' ? 4 : 5}">
        <b>${section.title}</b> <span>${sizeText(section)}. ${section.about}</span>
      </th>
    </tr>
  </tbody>`;
}

function entryMarkup(row: EntryRow, state: StateColumn): Markup {
  return html`<tbody class="entry">
    ${row.changes.map(
      (change, at) =>
        html`<tr>
          ${at === 0 ? whoMarkup(row) : null}${changeMarkup(change, state)}
        </tr>`,
    )}
  </tbody>`;
}

function whoMarkup(row: EntryRow): Markup {
  return html`<th scope="rowgroup" rowspan="${row.changes.length}">
    <b>${row.key}</b
    >${row.name === '' ? null : html`<i>${row.name}</i>`}${row.admin ? html`<em class="tag alarm">admin rights</em>` : null}
  </th>`;
}

function changeMarkup(change: ChangeRow, state: StateColumn): Markup {
  const tone = tones[change.symbol];
  return html`<td class="what ${tone}"><b aria-hidden="true">${change.symbol}</b> ${change.action}</td>
    <td class="fields">${change.fields.map(fieldMarkup)}</td>
    <td class="why">${change.why}${change.origin === '' ? null : html`<i>${change.origin}</i>`}</td>
    ${state === 'none' ? null : stateMarkup(change)}`;
}

function fieldMarkup([name, before, after]: FieldRow): Markup {
  return html`<p>
    <span>${name}</span> ${before === null ? html`<s class="none">—</s>` : html`<del>${before}</del>`}
    <span class="to">→</span> ${after === null ? html`<s class="none">—</s>` : html`<ins>${after}</ins>`}
  </p>`;
}

function stateMarkup(change: ChangeRow): Markup {
  if (change.state === '') return html`<td class="state"></td>`;
  return html`<td class="state">
    <em class="tag ${change.state.replace(' ', '-')}">${change.state}</em
    >${change.stateText === '' ? null : html`<i>${change.stateText}</i>`}
  </td>`;
}

/** The same rows as data for the script, in a block that no text can end. */
export function islandMarkup(rows: readonly EntryRow[], summary: ReportSummary, state: StateColumn): Markup {
  const data = {
    state,
    tones,
    sections: summary.sections.map((section) => ({
      name: section.name,
      title: section.title,
      text: `${sizeText(section)}. ${section.about}`,
    })),
    entries: rows.map(compactEntry),
  };
  return trusted(`<script type="application/json" id="data">${scriptJson(JSON.stringify(data))}</script>`);
}

/** Lists instead of objects, since a plan may have tens of thousands of them. */
function compactEntry(row: EntryRow): readonly unknown[] {
  return [
    row.section,
    row.key,
    row.name,
    row.admin ? 1 : 0,
    row.changes.map((change) => [
      change.symbol,
      change.kind,
      change.action,
      change.group,
      change.source,
      change.fields,
      change.why,
      change.origin,
      change.state,
      change.stateText,
      change.risks,
    ]),
  ];
}
