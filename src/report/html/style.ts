/**
 * The style sheet of the HTML report: light and dark after the reader's setting, and print. Text has at least the
 * contrast of WCAG 2.2, 1.4.3 (4.5 to 1) on its ground; colour never says anything that a symbol or word does not.
 */
export const pageStyle = `:root {
  color-scheme: light dark;
  --ground: #f6f6f3; --sheet: #fff; --ink: #1c2126; --soft: #59636d; --line: #dfe0db; --hover: #f8f8f5;
  --accent: #2b5a9e; --add: #12693a; --add-ground: #e5f3e9; --remove: #a32a1f; --remove-ground: #fbeae7;
  --change: #7a5200; --change-ground: #fbf1d9; --same: #34578c; --same-ground: #e8eef7; --again: #0a666f;
  --again-ground: #e0f2f3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --sheet: #1b1f23; --ink: #e7e9ea; --soft: #a0a9b1; --line: #31373d; --hover: #20252a;
    --accent: #8bb6f0; --add: #7fd6a0; --add-ground: #15301f; --remove: #ff9d90; --remove-ground: #3b1b18;
    --change: #ecc46c; --change-ground: #33290f; --same: #a3c2ef; --same-ground: #1b2a40; --again: #79d3dc;
    --again-ground: #10302f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
header, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 32px; }
header { padding-top: 44px; }
h1, h2, h3, p, ul, dl, dd, figure { margin: 0; }
h1 { font-size: 15px; font-weight: 600; color: var(--soft); display: flex; gap: 12px; align-items: center; flex-wrap: wrap; }
.headline { font-size: 24px; line-height: 1.3; font-weight: 620; letter-spacing: -0.012em; margin: 10px 0 22px; max-width: 62ch; text-wrap: pretty; }
h2 { font-size: 18px; font-weight: 620; letter-spacing: -0.006em; margin-bottom: 12px; }
h3 { font-size: 14px; font-weight: 600; margin-bottom: 10px; }
section { margin-top: 34px; }
code, pre { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
pre { margin: 8px 0 0; padding: 12px 14px; border-radius: 6px; background: var(--ground); border: 1px solid var(--line); white-space: pre-wrap; user-select: all; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip-link { position: absolute; left: -9999px; }
.skip-link:focus { left: 16px; top: 12px; background: var(--sheet); padding: 8px 12px; }
.aside { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }

.facts { display: grid; grid-template-columns: max-content 1fr; gap: 3px 18px; color: var(--soft); font-size: 14px; }
.facts dt { font-weight: 400; } .facts dd { color: var(--ink); }
.cost { margin-bottom: 24px; }
.card { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; }
.card + .card { margin-top: 16px; }
.card.held { border-left: 5px solid var(--change); }
.card.alarm { border-left: 5px solid var(--remove); }
.card.ready { border-left: 5px solid var(--accent); }
.card p + p, .card ul + p { margin-top: 10px; }
.card ul, .card ol { margin: 0; padding-left: 20px; } .card li { margin: 3px 0; }
.soft { color: var(--soft); font-size: 14px; }

.tag { font-style: normal; font-size: 12px; line-height: 18px; font-weight: 600; padding: 0 8px; border-radius: 9px; display: inline-block; white-space: nowrap; color: var(--soft); background: var(--ground); border: 1px solid var(--line); }
.tag.held, .tag.not-attempted, .tag.partial { color: var(--change); background: var(--change-ground); border-color: transparent; }
.tag.alarm, .tag.failed, .tag.unknown { color: var(--remove); background: var(--remove-ground); border-color: transparent; }
.tag.applied, .tag.changed { color: var(--add); background: var(--add-ground); border-color: transparent; }
.tag.planned { color: var(--same); background: var(--same-ground); border-color: transparent; }

.charts { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
.charts .card + .card { margin-top: 0; }
svg { display: block; }
svg text { font-size: 13px; fill: var(--ink); } svg .soft { fill: var(--soft); } svg .end { text-anchor: end; }
svg .add { fill: var(--add); } svg .remove { fill: var(--remove); } svg .change { fill: var(--change); }
svg .same { fill: var(--same); } svg .again { fill: var(--again); } svg .axis { stroke: var(--line); }
svg rect { opacity: 0.85; }

#filters { display: grid; grid-template-columns: 2fr repeat(5, 1fr) auto; gap: 10px; align-items: end; margin-bottom: 12px; }
#filters label { display: block; font-size: 12px; color: var(--soft); }
#filters input, #filters select, #filters button { font: inherit; font-size: 14px; width: 100%; height: 36px; margin-top: 2px; padding: 0 10px; color: var(--ink); background: var(--sheet); border: 1px solid var(--line); border-radius: 6px; }
#filters button { cursor: pointer; color: var(--soft); } #filters output { grid-column: 1 / -1; color: var(--soft); font-size: 14px; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
.list td, .list th { text-align: left; vertical-align: top; padding: 7px 14px 7px 0; border-top: 1px solid var(--line); font-weight: 400; }
.list tr:first-child > * { border-top: 0; }
.list thead th { color: var(--soft); font-size: 12px; }
.list td:first-child { width: 190px; }
.list .tag { white-space: normal; }
.list ul { padding-left: 18px; color: var(--soft); }
summary { cursor: pointer; color: var(--soft); font-size: 14px; }
figure details, figure p { margin-top: 12px; }
details[open] > summary { margin-bottom: 8px; }

.changes { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; border-collapse: separate; border-spacing: 0; table-layout: fixed; }
.changes thead th { position: sticky; top: 0; z-index: 1; background: var(--sheet); border-bottom: 1px solid var(--line); text-align: left; font-size: 12px; font-weight: 600; color: var(--soft); padding: 10px 14px; }
.changes thead th:first-child { width: 24%; border-top-left-radius: 10px; } .changes thead th:nth-child(2) { width: 15%; }
.changes thead th:last-child { border-top-right-radius: 10px; }
.changes thead th:nth-child(4) { width: 24%; } .changes.held thead th:last-child { width: 90px; } .changes.outcome thead th:last-child { width: 12%; }
.changes.outcome thead th:first-child { width: 22%; } .changes.outcome thead th:nth-child(4) { width: 21%; }
.changes thead button { all: unset; cursor: pointer; } .changes thead button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.changes thead button:hover { color: var(--ink); }
.changes [aria-sort=ascending] button::after { content: " ↑"; } .changes [aria-sort=descending] button::after { content: " ↓"; }
.changes td, .changes tbody th { text-align: left; vertical-align: top; padding: 8px 14px; font-weight: 400; }
.changes .entry tr:first-child > * { border-top: 1px solid var(--line); }
.changes .section + .entry tr:first-child > * { border-top: 0; }
.changes .entry:hover { background: var(--hover); }
.changes .section th { padding: 26px 14px 8px; border-bottom: 1px solid var(--line); }
.changes .section b { font-size: 15px; font-weight: 620; margin-right: 6px; } .changes .section span { color: var(--soft); }
.changes tbody:nth-of-type(1).section th { padding-top: 16px; }
.changes th b { font-weight: 600; } .changes i { display: block; font-style: normal; color: var(--soft); font-size: 13px; }
.changes .what { padding-left: calc(14px + 1.3em); text-indent: -1.3em; }
.changes .what b { display: inline-block; width: 1em; font-weight: 700; text-indent: 0; }
.changes .add { color: var(--add); } .changes .remove { color: var(--remove); } .changes .change { color: var(--change); }
.changes .same { color: var(--same); } .changes .again { color: var(--again); }
.fields p { display: grid; grid-template-columns: minmax(0, 1.3fr) minmax(0, 1fr) 1.2em minmax(0, 1.2fr); column-gap: 6px; }
.fields span { color: var(--soft); } .fields .to { text-align: center; }
.fields del { color: var(--remove); text-decoration-color: color-mix(in srgb, var(--remove) 45%, transparent); } .fields ins { color: var(--add); text-decoration: none; }
.fields s { text-decoration: none; color: var(--soft); }
.spacer td { padding: 0; border: 0; }
.empty { padding: 28px; text-align: center; color: var(--soft); }
footer { margin-top: 40px; padding-bottom: 48px; color: var(--soft); font-size: 13px; }

@media screen and (max-width: 860px) {
  .list td:first-child { width: 38%; }
  header, main, footer { padding-left: 16px; padding-right: 16px; } header { padding-top: 24px; }
  .headline { font-size: 21px; } .charts { grid-template-columns: 1fr; } .card { padding: 16px; }
  .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: 6px; }
  #filters { grid-template-columns: 1fr 1fr; } #filters label:first-child { grid-column: 1 / -1; }
  .changes, .changes thead, .changes tbody, .changes tr, .changes td, .changes tbody th { display: block; width: auto; }
  .changes thead { position: static; padding: 8px 12px; border-bottom: 1px solid var(--line); }
  .changes thead tr { display: flex; gap: 16px; } .changes thead th { padding: 0; border: 0; position: static; width: auto !important; }
  .changes thead th:not([data-sort]) { display: none; }
  .changes td, .changes tbody th { padding: 2px 14px; } .changes .what { padding-left: calc(14px + 1.3em); }
  .changes .entry { padding: 8px 0; border-top: 1px solid var(--line); }
  .changes .entry tr:first-child > *, .changes .section + .entry { border-top: 0; }
  .changes .entry tr + tr { margin-top: 8px; } .changes .state:empty { display: none; } .spacer td { display: block; }
}
@media print {
  :root {
    color-scheme: light; --ground: #fff; --sheet: #fff; --ink: #000; --soft: #444; --line: #bbb; --hover: #fff;
    --accent: #1d4580; --add: #0d5930; --add-ground: #fff; --remove: #8f1d13; --remove-ground: #fff; --change: #664400;
    --change-ground: #fff; --same: #2b4a78; --same-ground: #fff; --again: #075058; --again-ground: #fff;
  }
  @page { margin: 14mm 12mm; }
  body { font-size: 11px; } header, main, footer { max-width: none; padding: 0; } .headline { font-size: 18px; }
  #filters, .skip-link { display: none !important; } section { margin-top: 18px; } .card { padding: 10px 14px; }
  table, .changes i, .facts, .soft { font-size: 10.5px; } .changes thead th { position: static; }
  .changes { border: 0; } .changes thead th:first-child { width: 29%; }
  .changes td, .changes tbody th { padding: 4px 8px; } .changes .what { padding-left: calc(8px + 1.3em); }
  svg text { font-size: 11px; } .entry, .card, svg { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .section { break-after: avoid; } pre { user-select: auto; } .tag { border: 1px solid currentColor; }
}
`;
