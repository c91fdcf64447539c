import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/model/plan.ts';
import { planText, runText } from '../../../src/report/text.ts';
import { displayWidth } from '../../../src/report/width.ts';
import { hostileNames, planNaming, runNaming, steering } from './hostile.ts';
import {
  addMembers,
  createUser,
  deactivateUser,
  planOf,
  removeMember,
  runOf,
  setAttributes,
} from './sample-plan.ts';
import { heldPlan, mondayPlan } from './sample-world.ts';

const plain = { width: 80, color: 'never' } as const;
const text = (plan: Plan, options = {}): string => planText({ plan, run: null }, { ...plain, ...options });

test('a small plan reads as a diff by person, with the reason and the command', () => {
  const plan = planOf([
    deactivateUser('leo@acme.com'),
    removeMember('mia@acme.com', 'Finance'),
    createUser('ann@acme.com', 'Ann', 'Lee', { department: 'Sales' }),
    setAttributes('bo@acme.com', { title: 'Clerk' }, { title: 'Chief' }),
    addMembers('Sales', ['+ann@acme.com']),
  ]);
  expect(text(plan, { planFile: 'plan.json', requestsPerMinute: 45 })).toBe(`Plan for acme.retool.com
1 leaver, 1 mover, 1 joiner, 1 changed account and 2 membership changes (+1 −1).

  target       https://acme.retool.com/api/v2
  fingerprint  ${plan.fingerprint.slice(0, 12)}
  made         2026-11-24 05:10 UTC, expires 2026-11-25 05:10 UTC
  read         okta: 214 people, 12 groups
  forecast     5 calls and 4 reads, about 0.1 minutes at 45 requests a minute

── Leavers · 1 ─────────────────────────────────────────────────────────────────
  - leo@acme.com  disable account
      not active in okta · okta 00u-leo@ac · leavers

── Movers · 1 ──────────────────────────────────────────────────────────────────
  ~ mia@acme.com  leaves
      - Finance  no longer in the source group that groups[0] reads · groups[0]

── Joiners · 1 ─────────────────────────────────────────────────────────────────
  + ann@acme.com  create account
      Ann Lee · department Sales
      active in okta and in scope · okta 00u-ann@ac · scope
      + Sales  member of "retool-sales" · groups[0]

── Changed accounts · 1 ────────────────────────────────────────────────────────
  ~ bo@acme.com  set attributes
      title  Clerk → Chief
      title differs · okta 00u-bo@acm · attributes.department

── Groups · 2 ──────────────────────────────────────────────────────────────────
  ~ Finance  −1
  ~ Sales    +1

To apply exactly this plan, until 2026-11-25 05:10 UTC:
    retool-bridge apply plan.json
    fingerprint ${plan.fingerprint}
`);
});

test('a held plan says why and how to approve it, at the top and again below a long list', () => {
  const plan = heldPlan();
  const lines = text(plan);
  expect(lines).toContain('HELD. Nothing is applied until this plan is approved.');
  expect(lines).toContain('!  The account of admin ada.admin@acme.com is disabled.');
  expect(lines.split(`--approve ${plan.fingerprint}`)).toHaveLength(3);
  expect(lines.indexOf('── Leavers')).toBeGreaterThan(lines.indexOf('HELD.'));
});

test('a run tells first what was not applied as planned', () => {
  const plan = planOf([deactivateUser('a@acme.com'), deactivateUser('b@acme.com')]);
  const run = runOf(plan, { status: 'partial' }, new Map([['deactivateUser:b@acme.com', 'unknown']]));
  const lines = runText(run, plain);
  expect(lines).toContain('Run run-20261124-051000: partial\nApplied 1 of 2 operations; 1 unknown.\n');
  expect(lines).toContain('  unknown        disable account b@acme.com\n');
  expect(lines.indexOf('── Not applied as planned · 1')).toBeLessThan(lines.indexOf('── Leavers'));
});

test('a limit counts what it leaves out', () => {
  expect(text(mondayPlan(), { limit: 5 })).toContain('  … 9 people more\n');
});

describe('on a terminal', () => {
  test.each([40, 80, 120, 200])('no line is wider than %i columns', (width) => {
    for (const plan of [heldPlan(), planNaming('日本語'.repeat(40)), planNaming('x'.repeat(500))]) {
      const widest = Math.max(...text(plan, { width }).split('\n').map(displayWidth));
      expect(widest).toBeLessThanOrEqual(width);
    }
  });

  test('colour adds nothing but colour', () => {
    const coloured = text(heldPlan(), { color: 'always' });
    expect(stripVTControlCharacters(coloured)).toBe(text(heldPlan()));
    expect(coloured).toContain('\u001b[31m-\u001b[39m');
  });

  test.each(hostileNames)('the name %j breaks no line and controls no terminal', (name) => {
    for (const lines of [text(planNaming(name)), runText(runNaming(name), plain)]) {
      expect(lines).not.toMatch(steering);
      expect(lines).not.toMatch(/^\d{4}-\d{2}-\d{2} level=/m);
      expect(lines.isWellFormed()).toBe(true);
    }
  });
});
