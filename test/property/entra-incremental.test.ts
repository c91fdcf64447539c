import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { BridgeError } from '../../src/model/errors.ts';
import type { DeltaHabits, EntraAdmin } from '../../src/sandbox/index.ts';
import { never, setUp, smallWorld, type Bench } from '../unit/sources/entra/support.ts';

/*
 * Reading changes after reading everything says the same as reading everything again, whatever happened in between
 * and in whatever way the deltas come.
 */

/** Something that an administrator does; numbers choose the people and groups. */
interface Act {
  readonly kind: (typeof kinds)[number];
  readonly one: number;
  readonly other: number;
}

const kinds = [
  'createUser',
  'deleteUser',
  'purgeUser',
  'restoreUser',
  'disableUser',
  'enableUser',
  'retitle',
  'emptyTitle',
  'makeGuest',
  'makeMember',
  'createGroup',
  'renameIn',
  'renameOut',
  'deleteGroup',
  'join',
  'leave',
  'nest',
  'unnest',
  'assign',
  'assignRole',
  'assignGroup',
  'unassign',
  'wait',
  'waitLong',
  'reset',
] as const;

const scoped = smallWorld.entra.groups
  .filter(({ name }) => name.startsWith('Retool '))
  .flatMap(({ users }) => users);
const everybody = smallWorld.people.flatMap(({ entra }) => (entra === null ? [] : [entra.id]));

/** Who and what there is, as far as the acts have to know it. */
interface Staff {
  readonly people: string[];
  readonly deleted: { readonly id: string; readonly since: number }[];
  readonly groups: string[];
  /** How often a group came to count in a new way: whoever was deleted by then is unknown there. */
  structural: number;
  named: number;
}

const roles = smallWorld.entra.app.roles.map(({ id }) => id);

async function act(
  { kind, one, other }: Act,
  staff: Staff,
  { admin, clock }: { admin: EntraAdmin; clock: Bench['clock'] },
): Promise<void> {
  const person = staff.people[one];
  const group = staff.groups[other];
  const inner = staff.groups[one];
  const deleted = staff.deleted[one % Math.max(1, staff.deleted.length)];
  staff.named += 1;
  switch (kind) {
    case 'createUser':
      staff.people.push(admin.createUser({ userPrincipalName: `new${staff.named}@acme.com` }));
      break;
    case 'deleteUser':
      if (person === undefined) return;
      admin.deleteUser(person);
      staff.people.splice(staff.people.indexOf(person), 1);
      staff.deleted.push({ id: person, since: staff.structural });
      break;
    case 'purgeUser':
    case 'restoreUser':
      // Coming back into a group that was first met without them shows with the next full read only.
      if (deleted === undefined || (kind === 'restoreUser' && deleted.since !== staff.structural)) return;
      staff.deleted.splice(staff.deleted.indexOf(deleted), 1);
      if (kind === 'purgeUser') return admin.purgeUser(deleted.id);
      admin.restoreUser(deleted.id);
      staff.people.push(deleted.id);
      break;
    case 'createGroup':
      staff.groups.push(admin.createGroup(`${one % 2 === 0 ? 'Retool' : 'Other'} ${staff.named}`));
      break;
    case 'deleteGroup':
      if (group === undefined) return;
      admin.deleteGroup(group);
      staff.groups.splice(staff.groups.indexOf(group), 1);
      break;
    case 'wait':
      return clock.advance(60_000 * one);
    case 'waitLong':
      return clock.advance(8 * 24 * 60 * 60_000);
    case 'reset':
      return admin.resetDelta();
    default:
      if (person !== undefined) actOnPerson(kind, person, admin);
      if (group !== undefined && person !== undefined)
        actOnGroup(kind, { group, inner: inner ?? group, person }, admin, staff);
  }
}

function actOnPerson(kind: Act['kind'], person: string, admin: EntraAdmin): void {
  if (kind === 'disableUser') admin.disableUser(person);
  if (kind === 'enableUser') admin.enableUser(person);
  if (kind === 'retitle') admin.updateUser(person, { jobTitle: `Title ${person.length}`, department: 'New' });
  if (kind === 'emptyTitle') admin.updateUser(person, { jobTitle: null });
  if (kind === 'makeGuest') admin.updateUser(person, { userType: 'Guest' });
  if (kind === 'makeMember') admin.updateUser(person, { userType: 'Member' });
  if (kind === 'assign') admin.assign(person);
  if (kind === 'assignRole') admin.assign(person, roles[person.length % roles.length]);
  if (kind === 'unassign') admin.unassign(person);
}

function actOnGroup(
  kind: Act['kind'],
  { group, inner, person }: { readonly group: string; readonly inner: string; readonly person: string },
  admin: EntraAdmin,
  staff: Staff,
): void {
  if (kind === 'join') admin.addMember(group, person);
  if (kind === 'leave') admin.removeMember(group, person);
  if (kind === 'unnest') admin.removeMember(group, inner);
  if (kind === 'renameOut') admin.renameGroup(group, `Other ${staff.named}`);
  if (!['renameIn', 'nest', 'assignGroup'].includes(kind)) return;
  staff.structural += 1;
  if (kind === 'renameIn') admin.renameGroup(group, `Retool ${staff.named}`);
  if (kind === 'nest') admin.addMember(group, inner);
  if (kind === 'assignGroup') admin.assign(group, roles[0]);
}

const acts = fc.array(fc.record({ kind: fc.constantFrom(...kinds), one: fc.nat(7), other: fc.nat(4) }), {
  maxLength: 6,
});

const habits: fc.Arbitrary<DeltaHabits> = fc.record(
  {
    pageSize: fc.constantFrom(3, 20, 200),
    membersPerPage: fc.constantFrom(2, 10, 1000),
    emptyPages: fc.constantFrom('never' as const, 'between' as const),
    repeats: fc.constantFrom('once' as const, 'eachChange' as const),
    replays: fc.constantFrom('never' as const, 'lastRound' as const),
  },
  { requiredKeys: [] },
);

type Said = Pick<Snapshot, 'users' | 'groups' | 'completeness' | 'rejected'> | string;

async function said(
  read: Promise<Snapshot>,
): Promise<{ readonly said: Said; readonly snapshot: Snapshot | null }> {
  try {
    const snapshot = await read;
    const { users, groups, completeness, rejected } = snapshot;
    return { said: { users, groups, completeness, rejected }, snapshot };
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    return { said: error.code, snapshot: null };
  }
}

const scopes: readonly (readonly [name: string, options: object])[] = [
  ['named groups', { scope: { groups: ['Retool *'] } }],
  ['named groups with nesting', { scope: { groups: ['Retool *'], nested: true }, guests: 'include' }],
  ['an enterprise app', { scope: { enterpriseApp: smallWorld.entra.app.id } }],
  ['everything', { scope: { everything: true } }],
  ['everything with nesting', { scope: { everything: true, nested: true } }],
];

describe.each(scopes)('reading changes of %s', (_, options) => {
  test('says what reading everything says', async () => {
    let wentOn = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(acts, { minLength: 1, maxLength: 6 }), habits, async (rounds, delta) => {
        const { source, sandbox, clock } = setUp({ options, sandbox: { delta } });
        const staff: Staff = {
          // Acts are about the first few, so that several of them meet in one person.
          people: [...new Set([...scoped, ...everybody])],
          deleted: [],
          groups: smallWorld.entra.groups.map(({ id }) => id),
          structural: 0,
          named: 0,
        };
        let baseline: Snapshot | null = await source.read(never);
        baseline = await source.read(never, undefined, baseline);
        for (const round of rounds) {
          for (const one of round) await act(one, staff, { admin: sandbox.admin, clock });
          await clock.advance(1_000);
          const changes = await said(source.read(never, undefined, stored(baseline)));
          const everything = await said(source.read(never));
          expect(changes.said).toEqual(everything.said);
          const stage = Object(changes.snapshot?.cursor?.position).stage;
          if (stage === 'delta' && changes.snapshot?.cursor?.fullReadAt !== changes.snapshot?.takenAt)
            wentOn += 1;
          baseline = changes.snapshot ?? baseline;
        }
      }),
      { numRuns: 25 },
    );
    expect(wentOn).toBeGreaterThan(20);
  });
});

/** As the state gives it back: through JSON. */
function stored(snapshot: Snapshot): Snapshot {
  const { completeness, ...others } = snapshot;
  return { ...(JSON.parse(JSON.stringify(others)) as Omit<Snapshot, 'completeness'>), completeness };
}
