import { printable } from '../escape.ts';
import type { GroupTally } from '../groups.ts';
import { shown } from './rows.ts';
import type { Markup, Piece } from '../markup.ts';
import { html } from '../markup.ts';
import type { ReportSummary } from '../summary.ts';
import { clip } from '../width.ts';
import { counted, listed, numeral } from '../words.ts';

/** Groups that a chart shows; the table below it goes further. */
const mostBars = 10;
/** Groups that the table shows, those with the greatest change first. */
const mostGroups = 200;

/** Heights are in pixels and everything across in percent, so that text keeps its size on any screen. */
const rowHeight = 28;
const barHeight = 16;
const labelWidth = 38;
/** The longest label, in columns. */
const labelColumns = 18;
/** Room for the number behind a bar. */
const numberWidth = 12;
/** Between a bar and its number. */
const gap = 1.5;

interface Bar {
  readonly label: string;
  readonly count: number;
  readonly tone: string;
}

/** How many people leave, move, join and change, as bars. */
export function peopleChart({ people }: ReportSummary): Markup {
  const bars: readonly Bar[] = [
    { label: 'Leavers', count: people.leavers, tone: 'remove' },
    { label: 'Movers', count: people.movers, tone: 'change' },
    { label: 'Joiners', count: people.joiners, tone: 'add' },
    { label: 'Changed accounts', count: people.changed, tone: 'same' },
    { label: 'Memberships only', count: people.memberships, tone: 'again' },
    { label: 'Adopted', count: people.adopted, tone: 'same' },
  ];
  const longest = Math.max(1, ...bars.map((bar) => bar.count));
  const room = 100 - labelWidth - numberWidth;
  const told = listed(bars.map((bar) => `${bar.label.toLowerCase()} ${numeral(bar.count)}`));
  return html`<figure class="card">
    <h3>People</h3>
    <svg width="100%" height="${bars.length * rowHeight}" role="img" aria-label="People: ${told}">
      ${bars.map(({ label, count, tone }, at) => {
        const long = lengthOf(count, longest, room);
        return [
          textMarkup(label, 0, at, ''),
          barMarkup(tone, labelWidth, long, at),
          textMarkup(numeral(count), labelWidth + long + gap, at, 'soft'),
        ];
      })}
    </svg>
  </figure>`;
}

/** How many members each group loses and gains, the greatest change first; a table holds the exact numbers. */
export function groupChart({ groups }: ReportSummary): Markup {
  if (groups.length === 0) return html``;
  const sorted = groups.toSorted((a, b) => weightOf(b) - weightOf(a));
  const drawn = sorted.slice(0, mostBars);
  const longest = Math.max(1, ...drawn.flatMap((group) => [group.added, group.removed]));
  const told = listed(
    drawn.map((group) => `${cut(group.name)} ${numeral(group.removed)} out and ${numeral(group.added)} in`),
  );
  const rest = groups.length - drawn.length;
  return html`<figure class="card">
    <h3>Members out and in, by group</h3>
    <svg width="100%" height="${drawn.length * rowHeight}" role="img" aria-label="${told}">
      ${drawn.map((group, at) => groupBar(group, at, longest))}
    </svg>
    ${rest > 0 ? html`<p class="soft">and ${counted(rest, 'more group')} with less change</p>` : null}
    ${groupTable(sorted)}
  </figure>`;
}

function groupBar(group: GroupTally, at: number, longest: number): readonly Piece[] {
  const room = (100 - labelWidth - 2 * numberWidth) / 2;
  const axis = labelWidth + numberWidth + room;
  const removed = lengthOf(group.removed, longest, room);
  const added = lengthOf(group.added, longest, room);
  const top = at * rowHeight;
  return [
    textMarkup(cut(group.name), 0, at, ''),
    barMarkup('remove', axis - removed, removed, at),
    barMarkup('add', axis, added, at),
    html`<line
      class="axis"
      x1="${percent(axis)}"
      y1="${top}"
      x2="${percent(axis)}"
      y2="${top + rowHeight}"
    />`,
    group.removed > 0 ? textMarkup(`−${numeral(group.removed)}`, axis - removed - gap, at, 'soft end') : null,
    group.added > 0 ? textMarkup(`+${numeral(group.added)}`, axis + added + gap, at, 'soft') : null,
  ];
}

function textMarkup(text: string, x: number, row: number, classes: string): Markup {
  return html`<text class="${classes}" x="${percent(x)}" y="${row * rowHeight + rowHeight / 2 + 5}"
    >${text}</text
  >`;
}

function barMarkup(tone: string, x: number, long: number, row: number): Markup {
  const top = row * rowHeight + (rowHeight - barHeight) / 2;
  return html`<rect
    class="${tone}"
    x="${percent(x)}"
    y="${top}"
    width="${percent(long)}"
    height="${barHeight}"
    rx="2"
  />`;
}

function percent(value: number): string {
  return `${Math.round(value * 100) / 100}%`;
}

function cut(name: string): string {
  return clip(printable(name), labelColumns);
}

function groupTable(sorted: readonly GroupTally[]): Markup {
  const listedGroups = sorted.slice(0, mostGroups);
  const rest = sorted.length - listedGroups.length;
  return html`<details>
    <summary>${counted(sorted.length, 'group')} in numbers</summary>
    <div class="scroll">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Group</th>
            <th scope="col">Out</th>
            <th scope="col">In</th>
            <th scope="col">Group admins</th>
            <th scope="col">Itself</th>
          </tr>
        </thead>
        <tbody>
          ${listedGroups.map(
            (group) =>
              html`<tr>
                <th scope="row">${shown(group.name)}</th>
                <td>${numeral(group.removed)}</td>
                <td>${numeral(group.added)}</td>
                <td>${numeral(group.admins)}</td>
                <td>${group.change ?? ''}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${rest > 0 ? html`<p class="soft">${counted(rest, 'more group')} not shown here.</p>` : null}
  </details>`;
}

function weightOf(group: GroupTally): number {
  return group.added + group.removed + group.admins + (group.change === null ? 0 : 1);
}

/** In percent of the chart's width; what is not nothing can be seen. */
function lengthOf(count: number, longest: number, room: number): number {
  return count === 0 ? 0 : Math.max(0.5, (count / longest) * room);
}
