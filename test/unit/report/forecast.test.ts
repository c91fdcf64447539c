import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/model/plan.ts';
import type { Rehearsal } from '../../../src/model/rehearsal.ts';
import { planHtml } from '../../../src/report/html.ts';
import { planJson } from '../../../src/report/json.ts';
import { planJunit } from '../../../src/report/junit.ts';
import { planMarkdown } from '../../../src/report/markdown.ts';
import { summarize } from '../../../src/report/summary.ts';
import { planText } from '../../../src/report/text.ts';
import { parsePlan } from '../../../src/run/plan-file.ts';
import {
  createUser,
  deactivateUser,
  planOf,
  removeMember,
  setAttributes,
  setGroupAdmin,
  updateGroup,
} from './sample-plan.ts';

const text = (plan: Plan, rehearsal?: Rehearsal): string =>
  planText(
    { plan, run: null, ...(rehearsal === undefined ? {} : { rehearsal }) },
    { width: 120, color: 'never' },
  );

const joiners = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => createUser(`${name}@acme.com`, name, name));

const long = planOf([
  ...joiners,
  setGroupAdmin('boss@acme.com', 'Sales', 'admin'),
  removeMember('x@acme.com', 'Small'),
  removeMember('y@acme.com', 'Sales'),
  removeMember('z@acme.com', 'Sales'),
  setAttributes('v@acme.com', { title: 'Clerk' }, { title: 'Chief' }),
  updateGroup('Sales', 'none', 'use'),
  deactivateUser('leo@acme.com'),
]);

const proved: Rehearsal = {
  verdict: 'proved',
  operations: 13,
  held: 2,
  calls: { forecast: 19, made: 19 },
  minutes: { forecast: 2.1, taken: 2 },
  left: 0,
  differences: [],
};

const differing: Rehearsal = {
  ...proved,
  verdict: 'differs',
  left: 1,
  differences: ['18 calls were made, 19 were forecast', 'a second plan is not empty'],
};

describe('the riskiest operations', () => {
  test('stand first, the worst first, and the group that loses most before the others', () => {
    expect(summarize({ plan: long, run: null }).riskiest).toEqual([
      'disable account leo@acme.com: somebody can no longer log in',
      'remove y@acme.com from group "Sales": somebody loses what the group gives',
      'remove z@acme.com from group "Sales": somebody loses what the group gives',
      'remove x@acme.com from group "Small": somebody loses what the group gives',
      'make boss@acme.com an admin of group "Sales": who decides over the group changes',
      'update group "Sales": everybody in the group is concerned',
    ]);
  });

  test('are ten at most, and none of a plan that is no longer than that', () => {
    const leavers = Array.from({ length: 14 }, (_, index) => deactivateUser(`p${index}@acme.com`));
    expect(summarize({ plan: planOf(leavers), run: null }).riskiest).toHaveLength(10);
    expect(summarize({ plan: planOf(leavers.slice(0, 10)), run: null }).riskiest).toEqual([]);
  });

  test('are in the text, the page and the Markdown before the list of changes', () => {
    const shown = text(long);
    expect(shown).toContain('  1  disable account leo@acme.com: somebody can no longer log in\n');
    expect(shown.indexOf('Riskiest first')).toBeLessThan(shown.indexOf('── Leavers'));
    const page = planHtml({ plan: long, run: null });
    expect(page).toContain('<li>disable account leo@acme.com: somebody can no longer log in</li>');
    expect(page.indexOf('Riskiest first')).toBeLessThan(page.indexOf('Every change and its reason'));
    const markdown = planMarkdown({ plan: long, run: null });
    expect(markdown.indexOf('Riskiest first')).toBeLessThan(markdown.indexOf('Leavers · 1'));
  });
});

describe('seats and mails', () => {
  const forecast = {
    calls: 6,
    reads: 6,
    minutes: 0.2,
    seats: { before: 1200, after: 1206, limit: 1205 },
    mails: 6,
  };

  test('are facts of every plan', () => {
    const shown = text(planOf(joiners, { forecast }));
    expect(shown).toContain(
      '  seats        1,200 active accounts now, 1,206 after this plan; there are 1,205 seats\n',
    );
    expect(shown).toContain('  mails        up to 6: Retool may mail each new account and invite\n');
  });

  test('stand at the top of the page and of the Markdown, with the calls', () => {
    const input = { plan: planOf(joiners, { forecast }), run: null };
    const calls = '6 calls and 6 reads, about 0.2 minutes at 45 requests a minute';
    const seats = '1,200 active accounts now, 1,206 after this plan; there are 1,205 seats';
    const page = planHtml(input, { requestsPerMinute: 45 });
    const top = page.slice(0, page.indexOf('At a glance'));
    expect(top).toContain(`<dd>${calls}</dd>`);
    expect(top).toContain(`<dd>${seats}</dd>`);
    expect(planMarkdown(input, { requestsPerMinute: 45 })).toContain(`${calls}; seats: ${seats}`);
  });

  test('are left out where they say nothing', () => {
    const shown = text(planOf([], { forecast: { ...forecast, seats: null, mails: 0 } }));
    expect(shown).not.toMatch(/seats|mails/);
  });

  test('stand in the plan file and come back from it; older files have none', () => {
    const plan = planOf(joiners, { forecast });
    expect(parsePlan(planJson(plan), 'plan.json').forecast).toEqual(forecast);
    const { seats: _seats, mails: _mails, ...older } = forecast;
    const file = JSON.stringify({ ...JSON.parse(planJson(plan)), forecast: older });
    expect(parsePlan(file, 'plan.json').forecast).toEqual({ ...forecast, seats: null, mails: 0 });
  });
});

describe('a rehearsal', () => {
  test('that proved the plan is told in one line', () => {
    expect(text(long, proved)).toContain(
      '13 operations on a copy of Retool, 19 calls in 2 minutes, 2 held ones as if approved: as planned and\n               forecast, and a second plan is empty\n',
    );
    expect(planJunit({ plan: long, run: null, rehearsal: proved })).toContain(
      'name="the plan went as forecast on a copy"',
    );
  });

  test('that went otherwise is told first of all, everywhere', () => {
    const input = { plan: long, run: null, rehearsal: differing };
    expect(text(long, differing)).toContain(
      '!  The rehearsal differs: 18 calls were made, 19 were forecast.\n!  The rehearsal differs: a second plan is not empty.\n',
    );
    expect(planHtml(input)).toContain('The rehearsal differs: 18 calls were made');
    expect(planMarkdown(input)).toContain('The rehearsal differs: 18 calls were made');
    expect(planJunit(input).match(/<failure type="rehearsal"/g)).toHaveLength(2);
  });

  test('stands last in the JSON and is no part of the plan', () => {
    const document = JSON.parse(planJson(long, proved));
    expect(Object.keys(document).at(-1)).toBe('rehearsal');
    expect(document.rehearsal).toEqual(proved);
    expect(JSON.parse(planJson(long))).not.toHaveProperty('rehearsal');
    expect(parsePlan(planJson(long, proved), 'p').fingerprint).toBe(long.fingerprint);
  });
});
