import { afterAll, describe, expect, test } from 'vitest';
import type { RetoolSeed } from '../../../src/sandbox/index.ts';
import { startInProcess, type InProcess } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';
import { writesTo } from '../../support/stories.ts';

/*
 * What changes as organisations know it, and the fewest calls with which Retool's API can follow it safely: worked
 * out from the shape alone, and held against what the stand-in counted. See docs/calls.md for the formula.
 */

const size = 60;
const wide = { count: 1_000, percent: 50 };
const user = { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.name.familyName' };
const attributes = { department: 'user.enterprise.department', title: 'user.title' };
const rule = { match: 'retool-(?P<team>[a-z]+)', to: '${team}', create: true };

/** Reads of a run that changes something: four lists before, users and groups after. */
const reads = { before: 4, after: 2 };
/** One list more where invites changed. */
const invitesRead = 1;

interface Shape {
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly retool?: RetoolSeed;
  readonly before: readonly Staff[];
  readonly after: readonly Staff[];
  /** What the source says in the end, where people and their groups alone do not tell it. */
  readonly told?: (document: string) => string;
  readonly between?: (bridge: InProcess) => Promise<void>;
  readonly writes: number;
  /** Reads beside the four lists and the two after; none when nothing changes. */
  readonly moreReads?: number;
}

function crowd(count: number, more: (index: number) => Partial<Staff> = () => ({}), prefix = 'p'): Staff[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${prefix}${index}`,
    department: 'Sales',
    groups: ['retool-sales'],
    ...more(index),
  }));
}

const everybody = crowd(size);
const teams = ['retool-sales', 'retool-ops', 'retool-data'];
const teamOf = (index: number): Partial<Staff> => ({ groups: [teams[index % 3] ?? ''] });

const shapes: readonly Shape[] = [
  { name: 'nothing', before: everybody, after: everybody, writes: 0 },
  {
    name: 'new starters into three groups',
    before: crowd(9, teamOf),
    after: [...crowd(9, teamOf), ...crowd(size, teamOf, 'n')],
    writes: size + 3,
  },
  { name: 'leavers', before: everybody, after: everybody.slice(0, size / 2), writes: size / 2 },
  {
    name: 'a department moves to another group',
    before: [...everybody, { id: 'o', groups: ['retool-ops'] }],
    after: [
      ...crowd(size, (index) => (index < 20 ? { department: 'Ops', groups: ['retool-ops'] } : {})),
      { id: 'o', groups: ['retool-ops'] },
    ],
    writes: 20 + 20 + 1,
  },
  {
    name: 'a source group is renamed',
    before: everybody,
    after: everybody,
    // The same group by its id, under another name.
    told: (document) => document.replace('"displayName":"retool-sales"', '"displayName":"retool-vertrieb"'),
    writes: 1,
  },
  {
    name: 'an attribute for everybody',
    before: everybody,
    after: crowd(size, () => ({ title: 'Clerk' })),
    writes: size,
  },
  {
    name: 'two attributes and a name of everybody',
    before: everybody,
    after: crowd(size, () => ({ title: 'Clerk', department: 'Ops', given: 'Eva' })),
    writes: size,
  },
  {
    name: 'half of the organisation is reorganised',
    before: crowd(size, teamOf),
    after: crowd(size, (index) => teamOf(index < size / 2 ? index + 1 : index)),
    writes: size / 2 + 3,
  },
  {
    name: 'a new team with new people',
    before: everybody,
    after: [...everybody, ...crowd(15, () => ({ groups: ['retool-lab'] }), 'n')],
    writes: 1 + 15 + 1,
  },
  {
    name: 'returners',
    before: everybody,
    between: async (bridge) => {
      bridge.says({ staff: scim(everybody.slice(10)) });
      // So many at once wait for a word.
      await bridge.applyApproved();
    },
    after: everybody,
    // Their memberships stayed with the disabled accounts.
    writes: 10,
  },
  {
    name: 'invites with groups and attributes',
    config: { provision: 'invites' },
    before: [],
    after: crowd(size, teamOf),
    writes: size,
    moreReads: invitesRead,
  },
  {
    name: 'invites run out, and some of their people left',
    config: { provision: 'invites' },
    before: everybody,
    between: (bridge) => bridge.clock.sleep(8 * 24 * 3_600_000),
    after: everybody.slice(0, 50),
    writes: 50 * 2 + 10,
    moreReads: invitesRead,
  },
  {
    name: 'groups are given a folder',
    config: {
      mapping: { user, groups: [{ ...rule, grants: [{ folder: 'Shared', level: 'use' }] }] },
    },
    retool: { folders: [{ id: 'app_2', name: 'Shared', type: 'app' }] },
    before: crowd(9, teamOf),
    between: async ({ retool }) => {
      for (const { id } of retool.state().groups)
        retool.hand.setGrant(id, { type: 'folder', id: 'app_2' }, null);
    },
    after: crowd(9, teamOf),
    writes: 3,
    // What each group has; the answers show the rest.
    moreReads: 3 - reads.after,
  },
];

const table: { readonly shape: string; readonly made: number; readonly least: number }[] = [];

describe('the calls of a change are the fewest that are safe', () => {
  test.each(shapes)(
    '$name',
    async ({ name, before, after, between, told = (document) => document, ...shape }) => {
      const bridge = await startInProcess({
        sources: ['staff'],
        config: {
          mapping: { user, attributes, groups: [rule] },
          guard: {
            disables: { ...wide, most: 1_000 },
            removals: { ...wide, perGroupCount: 1_000, perGroupPercent: 50 },
            creates: wide,
            invites: { count: 1_000 },
            updates: { count: 1_000, percent: 100 },
            windows: { '24h': '50%', '7d': '50%' },
          },
          ...shape.config,
        },
        retool: shape.retool ?? {},
      });
      const first = before.length === 0 ? [{ id: 'x', active: false }] : before;
      bridge.says({ staff: scim(first, teams) });
      await bridge.applyApproved();
      await between?.(bridge);

      bridge.says({ staff: told(scim(after, teams)) });
      const [calls, writes] = [bridge.retool.log.calls.length, writesTo(bridge)];
      const { plan } = await bridge.run({ kind: 'dryRun', target: 'mustMatch' });
      const planned = bridge.retool.log.calls.length - calls;
      const record = await bridge.run({
        kind: 'apply',
        target: 'mustMatch',
        plan,
        approve: plan.fingerprint,
      });
      expect(record.outcomes.filter(({ state }) => state !== 'applied')).toEqual([]);
      expect(writesTo(bridge) - writes).toBe(shape.writes);

      const made = bridge.retool.log.calls.length - calls - planned;
      const least =
        reads.before + (shape.writes === 0 ? 0 : reads.after + (shape.moreReads ?? 0)) + shape.writes;
      table.push({ shape: name, made, least });
      expect(made / least).toBeLessThanOrEqual(1.02);
      expect((await bridge.plan()).plan.operations).toEqual([]);
    },
  );

  afterAll(() => {
    const rows = table.map(({ shape, made, least }) =>
      [
        shape.padEnd(48),
        String(made).padStart(5),
        String(least).padStart(6),
        (made / least).toFixed(3).padStart(7),
      ].join(' '),
    );
    process.stdout.write(['', `${'change'.padEnd(48)}  made  least   ratio`, ...rows, ''].join('\n'));
  });
});
