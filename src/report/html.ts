import { createHash } from 'node:crypto';
import type { Violation } from '../model/plan.ts';
import { applyCommand, applyIntro, commandText, howToApprove } from './approve.ts';
import { costFacts, factsOf, titleOf, type Fact } from './facts.ts';
import { heldSentence } from './held.ts';
import { groupChart, peopleChart } from './html/chart.ts';
import { controlsMarkup } from './html/controls.ts';
import type { EntryRow } from './html/rows.ts';
import { countChanges, entryRows, firstEntries, shown } from './html/rows.ts';
import { pageScript } from './html/script.ts';
import { pageStyle } from './html/style.ts';
import type { StateColumn } from './html/table.ts';
import { islandMarkup, tableMarkup } from './html/table.ts';
import type { Markup } from './markup.ts';
import { html, trusted } from './markup.ts';
import { problemTexts } from './problems.ts';
import type { Remark, RemarkList } from './remarks.ts';
import { codesText, remarkListsOf, remarkText } from './remarks.ts';
import type { ReportInput, ReportSummary } from './summary.ts';
import { carriedOut, summarize } from './summary.ts';
import { counted, minuteOf, numeral } from './words.ts';

/** What a page can say beyond the plan. */
export interface HtmlOptions {
  /** The plan's file as it stands in commands; `PLAN` when it is left out. */
  readonly planFile?: string;
  /** The target's configured limit, for the forecast. */
  readonly requestsPerMinute?: number;
}

/** With more changes than this the script draws the rows, and without script only so many are there. */
const mostPlainRows = 2000;
/** Risks, problems and remarks shown of one sort. */
const mostListed = 200;
/** Remarks that stand open. */
const mostUnfolded = 6;

/**
 * The plan, or what a run did with it, as one HTML page: no network, nothing but its own script and style allowed
 * to run, readable without the script. The same input gives the same bytes.
 */
export function planHtml(input: ReportInput, options: HtmlOptions = {}): string {
  const summary = summarize(input);
  const title = titleOf(input);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${securityPolicy()}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <title>${shown(title)}</title>
        ${trusted(`<style>${pageStyle}</style>`)}
      </head>
      <body>
        <a class="skip-link" href="#details">Skip to the list of changes</a>
        <header>
          <h1>${shown(title)} ${statusMarkup(input, summary)}</h1>
          <p class="headline">${summary.headline}</p>
          ${costMarkup(input, options)} ${cardsMarkup(input, summary, options)}
        </header>
        <main>
          ${
            summary.sections.length === 0
              ? null
              : html`<section aria-labelledby="overview">
                  <h2 id="overview">At a glance</h2>
                  <div class="charts">${peopleChart(summary)}${groupChart(summary)}</div>
                </section>`
          }
          ${problemsMarkup(input, summary)} ${remarkListsOf(input.plan).map(remarksMarkup)}
          ${detailsMarkup(input, summary)}
          <section aria-labelledby="facts">
            <h2 id="facts">About this ${input.run === null ? 'plan' : 'run'}</h2>
            <dl class="facts card">
              ${factsOf(input, options.requestsPerMinute ?? null).map(factMarkup)}
              <dt>whole fingerprint</dt>
              <dd><code>${input.plan.fingerprint}</code></dd>
            </dl>
          </section>
        </main>
        <footer>
          Written by retool-bridge. This file holds names and addresses of people: share it only with those
          who may see them. It loads nothing from any network.
        </footer>
        ${summary.sections.length === 0 ? null : trusted(`<script>${pageScript}</script>`)}
      </body>
    </html> `.markup;
}

/** Only this page's own style and script, by their hashes (CSP Level 3); nothing else may load or run. */
function securityPolicy(): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(pageScript)}'`,
    `style-src '${hashOf(pageStyle)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function hashOf(content: string): string {
  return `sha256-${createHash('sha256').update(content, 'utf8').digest('base64')}`;
}

function statusMarkup(input: ReportInput, { held }: ReportSummary): Markup {
  if (held !== null) return html`<em class="tag held">held</em>`;
  const run = carriedOut(input);
  if (run !== null) return html`<em class="tag ${run.status}">${run.status}</em>`;
  return input.plan.operations.length === 0
    ? html`<em class="tag applied">in step</em>`
    : html`<em class="tag planned">not applied yet</em>`;
}

function cardsMarkup(input: ReportInput, summary: ReportSummary, options: HtmlOptions): readonly Markup[] {
  return [
    risksMarkup(summary),
    heldMarkup(input, summary, options),
    riskiestMarkup(summary),
    readyMarkup(input, summary, options),
  ];
}

function costMarkup(input: ReportInput, { requestsPerMinute }: HtmlOptions): Markup | null {
  const facts = costFacts(input, requestsPerMinute ?? null);
  return facts.length === 0 ? null : html`<dl class="facts cost">${facts.map(factMarkup)}</dl>`;
}

function factMarkup([label, text]: Fact): Markup {
  return html`<dt>${label}</dt>
    <dd>${shown(text)}</dd>`;
}

function riskiestMarkup({ riskiest }: ReportSummary): Markup {
  if (riskiest.length === 0) return html``;
  return html`<section class="card" aria-labelledby="riskiest">
    <h2 id="riskiest">Riskiest first</h2>
    <ol>
      ${riskiest.map((text) => html`<li>${shown(text)}</li>`)}
    </ol>
  </section>`;
}

function risksMarkup({ risks }: ReportSummary): Markup {
  if (risks.length === 0) return html``;
  const rest = risks.length - mostListed;
  return html`<section class="card alarm" aria-labelledby="risks">
    <h2 id="risks">Look at this first</h2>
    <ul>
      ${risks.slice(0, mostListed).map((risk) => html`<li>${shown(risk)}</li>`)}
    </ul>
    ${rest > 0 ? html`<p>and ${counted(rest, 'more warning')}</p>` : null}
  </section>`;
}

function heldMarkup({ plan }: ReportInput, { held }: ReportSummary, { planFile }: HtmlOptions): Markup {
  if (held === null) return html``;
  const { intro, command } = howToApprove(plan, held, planFile ?? null);
  return html`<section class="card held" aria-labelledby="held">
    <h2 id="held">Held for approval</h2>
    <p>${heldSentence(plan, held)} Why:</p>
    <ul>
      ${held.violations.map(violationMarkup)}
    </ul>
    <p>${intro}</p>
    <pre><code>${commandText(command)}</code></pre>
  </section>`;
}

function violationMarkup(violation: Violation): Markup {
  return html`<li><b>${violation.class}</b>: ${shown(violation.text)}</li>`;
}

function readyMarkup(
  { plan }: ReportInput,
  { held, outcomes }: ReportSummary,
  { planFile }: HtmlOptions,
): Markup {
  if (held !== null || outcomes !== null || plan.operations.length === 0) return html``;
  return html`<section class="card ready" aria-labelledby="ready">
    <h2 id="ready">Ready to apply</h2>
    <p>${applyIntro(planFile ?? null, minuteOf(plan.expiresAt))}</p>
    <pre><code>${commandText(applyCommand(planFile ?? null))}</code></pre>
  </section>`;
}

function problemsMarkup({ plan }: ReportInput, { problems }: ReportSummary): Markup {
  if (problems.length === 0) return html``;
  const listed = problemTexts(plan, problems).slice(0, mostListed);
  const rest = problems.length - listed.length;
  return html`<section aria-labelledby="problems">
    <h2 id="problems">Not applied as planned · ${numeral(problems.length)}</h2>
    <div class="card scroll">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Operation</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          ${listed.map(
            (problem) =>
              html`<tr>
                <td><em class="tag ${problem.word.replace(' ', '-')}">${problem.word}</em></td>
                <th scope="row">${shown(problem.what)}</th>
                <td>
                  ${shown(problem.why)}${
                    problem.items.length === 0
                      ? null
                      : html`<ul>
                          ${problem.items.slice(0, mostListed).map((item) => html`<li>${shown(item)}</li>`)}
                        </ul>`
                  }
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
      ${rest > 0 ? html`<p class="soft">and ${counted(rest, 'more outcome')}; the list of changes shows them all</p>` : null}
    </div>
  </section>`;
}

/** Skips, conflicts and the like; long lists are folded, so that the changes are not far away. */
function remarksMarkup({ name, title, remarks }: RemarkList): Markup {
  const table = remarksTable(remarks);
  const size = numeral(remarks.length);
  return html`<section aria-labelledby="${name}">
    <h2 id="${name}">${title} · ${size}</h2>
    <div class="card scroll">
      ${
        remarks.length <= mostUnfolded
          ? table
          : html`<details>
              <summary>Show them: ${shown(codesText(remarks))}</summary>
              ${table}
            </details>`
      }
    </div>
  </section>`;
}

function remarksTable(remarks: readonly Remark[]): Markup {
  const rest = remarks.length - mostListed;
  return html`<table class="list">
      <thead class="aside">
        <tr>
          <th scope="col">Code</th>
          <th scope="col">Text</th>
        </tr>
      </thead>
      <tbody>
        ${remarks.slice(0, mostListed).map(
          (remark) =>
            html`<tr>
              <td><em class="tag">${shown(remark.code)}</em></td>
              <td>${shown(remarkText(remark))}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${rest > 0 ? html`<p class="soft">and ${numeral(rest)} more like these</p>` : null}`;
}

function detailsMarkup(input: ReportInput, summary: ReportSummary): Markup {
  if (summary.sections.length === 0) return html``;
  const rows = entryRows(summary);
  const state = stateColumnOf(input, summary);
  const isPlain = countChanges(rows) <= mostPlainRows;
  return html`<section aria-labelledby="details">
    <h2 id="details">Every change and its reason</h2>
    ${controlsMarkup(rows, summary)} ${tableMarkup(isPlain ? rows : [], summary, state, 'changes')}
    <p id="nothing" class="empty" hidden>Nothing matches. Take a filter away.</p>
    <p id="printed" class="soft" hidden>
      Only the first ${numeral(mostPlainRows)} people and groups are printed.
    </p>
    ${isPlain ? null : withoutScript(rows, summary, state)} ${islandMarkup(rows, summary, state)}
  </section>`;
}

/** As many rows as a page can bear, for readers whose browser runs no script; for all others this is no element. */
function withoutScript(rows: readonly EntryRow[], summary: ReportSummary, state: StateColumn): Markup {
  const first = firstEntries(rows, mostPlainRows);
  return html`<noscript>
    <p class="soft">
      The first ${numeral(first.length)} of ${numeral(rows.length)} people and groups; a browser with scripts
      shows them all.
    </p>
    ${tableMarkup(first, summary, state, 'first')}
  </noscript>`;
}

function stateColumnOf({ run }: ReportInput, { held }: ReportSummary): StateColumn {
  if (run !== null && run.outcomes.length > 0) return 'outcome';
  return held?.scope === 'operations' ? 'held' : 'none';
}
