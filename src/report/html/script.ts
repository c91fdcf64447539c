/**
 * The script of the HTML report. The page reads without it; it adds search, filters and sorting, and draws long
 * lists as a window of rows around what is on the screen. It makes elements and text, never markup, and asks the
 * network for nothing. Its sha256 stands in the page's content security policy, so no other script runs there.
 */
export const pageScript = String.raw`'use strict';
{
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId('data').textContent);
  const form = byId('filters');
  const status = byId('found');
  const table = byId('changes');
  const windowed = table.tBodies.length === 0 && data.entries.length > 0;
  const mostPrinted = 2000;
  const columns = table.tHead.rows[0].cells.length;

  const entries = data.entries.map(([section, key, name, admin, changes], index) => ({
    index, section, key, name, admin,
    changes: changes.map(([symbol, kind, action, group, source, fields, why, origin, state, stateText, risks]) =>
      ({ symbol, kind, action, group, source, fields, why, origin, state, stateText, risks })),
  }));

  // Elements, the same as in the plain table.
  const element = (name, className, ...children) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  };
  const span = (cell, name, value, scope) => {
    cell.scope = scope;
    cell[name] = value;
    return cell;
  };
  const valueNode = (name, value) => (value === null ? element('s', 'none', '—') : element(name, '', value));
  const fieldNode = ([name, before, after]) =>
    element('p', '', element('span', '', name), ' ', valueNode('del', before), ' ',
      element('span', 'to', '→'), ' ', valueNode('ins', after));
  const stateNode = ({ state, stateText }) => {
    const cell = element('td', 'state');
    if (state) cell.append(element('em', 'tag ' + state.replace(' ', '-'), state));
    if (stateText) cell.append(element('i', '', stateText));
    return cell;
  };
  const whoNode = ({ key, name, admin, changes }) => {
    const cell = span(element('th', '', element('b', '', key)), 'rowSpan', changes.length, 'rowgroup');
    if (name) cell.append(element('i', '', name));
    if (admin) cell.append(element('em', 'tag alarm', 'admin rights'));
    return cell;
  };
  const changeNode = (entry, change, at) => {
    const symbol = element('b', '', change.symbol);
    symbol.ariaHidden = 'true';
    const why = element('td', 'why', change.why);
    if (change.origin) why.append(element('i', '', change.origin));
    const row = element('tr', '', element('td', 'what ' + data.tones[change.symbol], symbol, ' ' + change.action),
      element('td', 'fields', ...change.fields.map(fieldNode)), why);
    if (data.state !== 'none') row.append(stateNode(change));
    if (at === 0) row.prepend(whoNode(entry));
    return row;
  };
  const entryNode = (entry) =>
    element('tbody', 'entry', ...entry.changes.map((change, at) => changeNode(entry, change, at)));
  const sectionNode = ({ title, text }) => {
    const cell = element('th', '', element('b', '', title), ' ', element('span', '', text));
    return element('tbody', 'section', element('tr', '', span(cell, 'colSpan', columns, 'colgroup')));
  };

  // What is shown: entries by index, section heads as -1 - index.
  const ready = new Map();
  if (!windowed) adoptPlainRows();
  function adoptPlainRows() {
    let next = 0;
    for (const body of table.tBodies) {
      if (body.className === 'section') ready.set(-1 - entries[next].section, body);
      else ready.set(next++, body);
    }
  }
  const nodeOf = (item) =>
    ready.get(item) ?? (item < 0 ? sectionNode(data.sections[-1 - item]) : entryNode(entries[item]));

  // Filters.
  const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const texts = [];
  const textOf = (entry) => (texts[entry.index] ??= fold([entry.key, entry.name,
    ...entry.changes.flatMap((change) => [change.action, change.group, change.why, change.origin, change.state,
      change.stateText, ...change.fields.flat()])].join('\n')));
  const wanted = () => {
    const { search, section, kind, group, source, risk } = Object.fromEntries(new FormData(form));
    return { section, kind, source, risk, group: fold(group.trim()), words: fold(search).split(/\s+/).filter(Boolean) };
  };
  const matchesChange = (change, want) =>
    (want.kind === '' || change.kind === want.kind) &&
    (want.source === '' || change.source === want.source) &&
    (want.risk === '' || change.risks.includes(want.risk)) &&
    (want.group === '' || fold(change.group).includes(want.group));
  const matches = (entry, want) =>
    (want.section === '' || data.sections[entry.section].name === want.section) &&
    entry.changes.some((change) => matchesChange(change, want)) &&
    want.words.every((word) => textOf(entry).includes(word));

  // Sorting: by a column up, down, or not at all, which is the plan's own order.
  let sort = { by: '', direction: 1 };
  const collator = new Intl.Collator('en', { numeric: true });
  const sortKey = (entry) => (sort.by === 'key' ? entry.key : (entry.changes[0]?.[sort.by] ?? ''));
  function sorted(found) {
    if (sort.by === '') return withHeads(found);
    const keyed = found.map((entry) => [sortKey(entry), entry.index]);
    keyed.sort(([a, x], [b, y]) => sort.direction * collator.compare(a, b) || x - y);
    return keyed.map(([, index]) => index);
  }
  const withHeads = (found) => found.flatMap((entry, at) =>
    entry.section === found[at - 1]?.section ? [entry.index] : [-1 - entry.section, entry.index]);

  let view = [];
  function update() {
    const want = wanted();
    const found = entries.filter((entry) => matches(entry, want));
    view = sorted(found);
    const count = (number) => number.toLocaleString('en');
    status.value = found.length === entries.length
      ? 'All ' + count(entries.length) + ' shown'
      : count(found.length) + ' of ' + count(entries.length) + ' shown';
    byId('nothing').hidden = found.length > 0;
    if (windowed) drawWindow('changed');
    else drawAll();
  }
  function drawAll() {
    for (const body of [...table.tBodies]) body.remove();
    table.append(...view.map(nodeOf));
  }

  // The window: only rows near the screen exist; two spacers stand for the others.
  const heights = new Map();
  const estimate = (item) => (item < 0 ? 60 : 12 + entries[item].changes.reduce((sum, { fields }) =>
    sum + 22 * Math.max(2, fields.length), 0));
  const heightOf = (item) => heights.get(item) ?? estimate(item);
  const spacer = () => element('tbody', 'spacer', element('tr', '', span(element('td', ''), 'colSpan', columns, '')));
  const above = spacer();
  const below = spacer();
  let drawn = { first: -1, last: -1 };
  let printing = false;
  function rangeOf() {
    const start = -table.getBoundingClientRect().top - 600;
    let first = 0;
    let skipped = 0;
    while (first < view.length && skipped + heightOf(view[first]) < start) skipped += heightOf(view[first++]);
    let last = first;
    let height = 0;
    while (last < view.length && height < innerHeight + 1200) height += heightOf(view[last++]);
    return { first, last, skipped };
  }
  const printRange = () => ({ first: 0, last: Math.min(view.length, mostPrinted), skipped: 0 });
  function drawWindow(why) {
    const { first, last, skipped } = printing ? printRange() : rangeOf();
    if (why !== 'changed' && first === drawn.first && last === drawn.last) return;
    drawn = { first, last };
    const rest = printing ? 0 : view.slice(last).reduce((sum, item) => sum + heightOf(item), 0);
    above.rows[0].cells[0].style.height = skipped + 'px';
    below.rows[0].cells[0].style.height = rest + 'px';
    const nodes = view.slice(first, last).map(nodeOf);
    for (const body of [...table.tBodies]) body.remove();
    table.append(above, ...nodes, below);
    if (!printing) nodes.forEach((node, at) => heights.set(view[first + at], node.offsetHeight));
  }
  let waiting = false;
  const soon = (draw) => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };

  // Wiring.
  for (const head of table.tHead.querySelectorAll('[data-sort]')) {
    const button = element('button', '', head.textContent);
    button.type = 'button';
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const by = head.dataset.sort;
      if (sort.by !== by) sort = { by, direction: 1 };
      else sort = sort.direction === 1 ? { by, direction: -1 } : { by: '', direction: 1 };
      for (const other of table.tHead.querySelectorAll('[data-sort]')) other.removeAttribute('aria-sort');
      if (sort.by) head.setAttribute('aria-sort', sort.direction === 1 ? 'ascending' : 'descending');
      update();
    });
  }
  form.addEventListener('input', () => soon(update));
  form.addEventListener('reset', () => requestAnimationFrame(update));
  form.addEventListener('submit', (event) => event.preventDefault());
  if (windowed) {
    addEventListener('scroll', () => soon(() => drawWindow('scrolled')), { passive: true });
    addEventListener('resize', () => {
      heights.clear();
      soon(() => drawWindow('changed'));
    });
    for (const [event, value] of [['beforeprint', true], ['afterprint', false]]) {
      addEventListener(event, () => {
        printing = value;
        byId('printed').hidden = !value || view.length <= mostPrinted;
        drawWindow('changed');
      });
    }
  }
  form.hidden = false;
  update();
}
`;
