import { describe, expect, test } from 'vitest';
import { planCsv } from '../../../src/report/csv.ts';
import { printable } from '../../../src/report/escape.ts';
import { hostileNames, planNaming, runNaming, steering } from './hostile.ts';
import { addMembers, createUser, deactivateUser, planOf, runOf } from './sample-plan.ts';
import { heldPlan, mondayPlan } from './sample-world.ts';

/** Reads what RFC 4180 section 2 describes. */
function parse(csv: string): readonly (readonly string[])[] {
  return csv
    .split('\r\n')
    .slice(0, -1)
    .map((line) =>
      [...line.matchAll(/(?:^|,)"((?:[^"]|"")*)"/g)].map(([, cell = '']) => cell.replaceAll('""', '"')),
    );
}

test('an operation is one row, and so is each person whom addMembers adds', () => {
  const plan = planOf([
    deactivateUser('leo@acme.com'),
    createUser('ann@acme.com', 'Ann', 'O"Neil', { department: 'Sales' }),
    addMembers('Sales', ['+ann@acme.com', 'bo@acme.com']),
  ]);
  expect(planCsv({ plan, run: null })).toBe(
    [
      '"operation","kind","person","group","target_id","before","after","reason","reason_code","rule","source","external_id","held"',
      '"deactivateUser:leo@acme.com","deactivateUser","leo@acme.com","","user_leo@acme.com","active: true","active: false","not active in okta","inactive","leavers","okta","00u-leo@ac","no"',
      '"createUser:ann@acme.com","createUser","ann@acme.com","","","","first_name: Ann; last_name: O""Neil; user_type: default; department: Sales","active in okta and in scope","joiner","scope","okta","00u-ann@ac","no"',
      '"addMembers:Sales","addMembers","ann@acme.com","Sales","","","member","member of ""retool-sales""","joinedGroup","groups[0]","okta","00u-ann@ac","no"',
      '"addMembers:Sales","addMembers","bo@acme.com","Sales","user_bo@acme.com","","member","member of ""retool-sales""","joinedGroup","groups[0]","okta","00u-bo@acm","no"',
      '',
    ].join('\r\n'),
  );
});

test('a run adds what became of each row, members left out included', () => {
  const plan = planOf([addMembers('Sales', ['ann@acme.com', 'bo@acme.com'])]);
  const run = runOf(plan);
  const outcomes = run.outcomes.map((outcome) => ({
    ...outcome,
    items: [{ key: 'bo@acme.com', code: 'dependency', text: 'the account was not made' }],
  }));
  const [head, ann, bo] = parse(planCsv({ plan, run: { ...run, outcomes } }));
  expect(head?.slice(-3)).toEqual(['outcome', 'outcome_code', 'outcome_text']);
  expect(ann?.slice(-3)).toEqual(['applied', '', '']);
  expect(bo?.slice(-3)).toEqual(['skipped', 'dependency', 'the account was not made']);
});

test('what is held says so', () => {
  const rows = parse(planCsv({ plan: heldPlan(), run: null })).slice(1);
  expect(new Set(rows.map((row) => row[12]))).toEqual(new Set(['yes']));
});

test('every row of an ordinary plan has a cell for each column', () => {
  const plan = mondayPlan();
  const rows = parse(planCsv({ plan, run: runOf(plan) }));
  expect(new Set(rows.map((row) => row.length))).toEqual(new Set([16]));
});

describe('names from outside', () => {
  test.each(hostileNames)('%j stays in its cell, starts no formula and is not lost', (name) => {
    const csv = planCsv({ plan: planNaming(name), run: runNaming(name) });
    const rows = parse(csv);
    expect(rows).toHaveLength(11);
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([16]));
    expect(rows.flat().filter((cell) => /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(cell))).toEqual([]);
    expect(csv.replaceAll('\r\n', '')).not.toMatch(steering);
    expect(rows[4]?.[2]).toBe(printable(`joiner ${name}`));
    expect([printable(name), `'${printable(name)}`]).toContain(rows[4]?.[7]);
  });
});
