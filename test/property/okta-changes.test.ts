import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { generateWorld, type OktaSandbox } from '../../src/sandbox/index.ts';
import { changed, healthy, type Fault } from '../contract/source-faults.ts';
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts';
import { never, setUp } from '../unit/sources/okta/support.ts';

/*
 * An org that lives on between reads: each read but the first goes on from the one before, and is held against a read
 * of everything at the same moment.
 */

const world = generateWorld({ users: 40, groups: 8, seed: 5 });
const staff = world.people.flatMap(({ okta }) => okta ?? []);
const groupIds = world.okta.groups.map(({ id }) => id);

/** What an administrator does, to the person and the group that the numbers pick. */
const visible = [
  'suspend',
  'unsuspend',
  'deactivate',
  'activate',
  'retitle',
  'hire',
  'stage',
  'addMember',
  'removeMember',
  'move',
  'createGroup',
  'rename',
  'renameOut',
  'assignUser',
  'unassignUser',
  'assignGroup',
  'unassignGroup',
] as const;
const gone = ['deleteUser', 'deleteGroup'] as const;
type Kind = (typeof visible)[number] | (typeof gone)[number];

interface Deed {
  readonly kind: Kind;
  readonly person: number;
  readonly group: number;
}

/** Deeds, the minutes that pass before the read that follows them, and the same again. */
type Life = readonly { readonly deeds: readonly Deed[]; readonly minutes: number }[];

const lifeOf = (kinds: readonly Kind[]): fc.Arbitrary<Life> =>
  fc.array(
    fc.record({
      deeds: fc.array(fc.record({ kind: fc.constantFrom(...kinds), person: fc.nat(60), group: fc.nat(20) }), {
        maxLength: 6,
      }),
      minutes: fc.constantFrom(0, 0, 1, 4, 6, 20, 700),
    }),
    { minLength: 1, maxLength: 6 },
  );

const scopes: readonly (readonly [name: string, scope: object])[] = [
  ['groups', { groups: ['retool-*', `id:${groupIds[0]}`] }],
  ['app', { app: world.okta.app.id }],
  ['everything', { everything: true }],
];

/** Everybody and every group there is, as deeds pick them. */
function createOrg({ admin }: OktaSandbox) {
  const people = staff.map(({ id }) => id);
  const groups = [...groupIds];
  let made = 0;
  const without = (list: string[], item: string): void => void list.splice(list.indexOf(item), 1);
  return function act({ kind, person, group }: Deed): void {
    const id = people[person % people.length] ?? '';
    const of = groups[group % groups.length] ?? '';
    const other = groups[(group + 1) % groups.length] ?? '';
    made += 1;
    const name = `n${made}`;
    switch (kind) {
      case 'suspend':
        return admin.suspendUser(id);
      case 'unsuspend':
        return admin.unsuspendUser(id);
      case 'deactivate':
        return admin.deactivateUser(id);
      case 'activate':
        return admin.activateUser(id);
      case 'retitle':
        return admin.updateProfile(id, { title: name, department: made % 2 === 0 ? 'Sales' : undefined });
      case 'hire':
      case 'stage': {
        const status = kind === 'hire' ? 'ACTIVE' : 'STAGED';
        const hired = { email: `${name}@acme.com`, firstName: 'New', lastName: name, status } as const;
        const newcomer = admin.createUser(hired);
        people.push(newcomer);
        return admin.addMember(of, newcomer);
      }
      case 'addMember':
        return admin.addMember(of, id);
      case 'removeMember':
        return admin.removeMember(of, id);
      case 'move':
        admin.removeMember(of, id);
        return admin.addMember(other, id);
      case 'createGroup': {
        const created = admin.createGroup(`retool-${name}`);
        groups.push(created);
        return admin.addMember(created, id);
      }
      case 'rename':
        return admin.renameGroup(of, `retool-${name}`);
      case 'renameOut':
        return admin.renameGroup(of, `other-${name}`);
      case 'assignUser':
        return admin.assignUser(id);
      case 'unassignUser':
        return admin.unassignUser(id);
      case 'assignGroup':
        return admin.assignGroup(of);
      case 'unassignGroup':
        return admin.unassignGroup(of);
      case 'deleteUser':
        if (people.length === 1) return undefined;
        without(people, id);
        return admin.deleteUser(id);
      case 'deleteGroup':
        if (groups.length === 1) return undefined;
        without(groups, of);
        return admin.deleteGroup(of);
    }
  };
}

/** Reads after each part of a life, going on from the read before; `judge` gets each with a read of everything. */
async function live(
  life: Life,
  scope: object,
  judge: (read: Snapshot, full: Snapshot, before: Snapshot) => void,
  network: (clock: VirtualClock) => Fault = () => healthy,
): Promise<void> {
  const clock = createVirtualClock();
  const { sandbox, source } = setUp({
    world,
    clock,
    options: { scope },
    sandbox: { limits: 'unlimited' },
    fault: network(clock),
  });
  const act = createOrg(sandbox);
  let last = await source.read(never);
  for (const { deeds, minutes } of life) {
    await clock.advance(1_000);
    for (const deed of deeds) act(deed);
    await clock.advance(minutes * 60_000);
    const full = await source.read(never);
    const read = await source.read(never, undefined, last);
    judge(read, full, last);
    last = read;
  }
}

function contentOf({ users, groups, completeness, rejected }: Snapshot) {
  return { users, groups, completeness, rejected };
}

function membersIn({ groups }: Snapshot, id: string): readonly string[] {
  return groups.find(({ externalId }) => externalId === id)?.members ?? [];
}

/** What a plan would take away after `read` and not after `full`, both coming after `before`. */
function takenAwayBy(read: Snapshot, full: Snapshot, before: Snapshot): readonly string[] {
  const activeIn = ({ users }: Snapshot) =>
    new Set(users.filter(({ active }) => active).map(({ externalId }) => externalId));
  const [had, has, should] = [activeIn(before), activeIn(read), activeIn(full)];
  const lost = [...had].filter((id) => should.has(id) && !has.has(id)).map((id) => `access of ${id}`);
  const isWhole = (id: string): boolean => !read.completeness.partialGroups.has(id);
  const memberships = before.groups
    .filter(({ externalId }) => isWhole(externalId) && read.completeness.groups.state === 'complete')
    .flatMap(({ externalId, members }) => {
      const [now, then] = [new Set(membersIn(read, externalId)), new Set(membersIn(full, externalId))];
      return members
        .filter((id) => then.has(id) && !now.has(id))
        .map((id) => `membership of ${id} in ${externalId}`);
    });
  return read.completeness.users.state === 'complete' ? [...lost, ...memberships] : memberships;
}

/** Memberships, in any group, of everybody who lost one: two groups may feed one Retool group. */
function unseenMemberships(read: Snapshot, full: Snapshot, before: Snapshot): readonly string[] {
  const movers = new Set(
    before.groups.flatMap(({ externalId, members }) => {
      const now = new Set(membersIn(read, externalId));
      return members.filter((id) => !now.has(id));
    }),
  );
  return full.groups.flatMap(({ externalId, members }) => {
    const now = new Set(membersIn(read, externalId));
    return members
      .filter((id) => movers.has(id) && !now.has(id))
      .map((id) => `${id} in ${externalId}, once moved`);
  });
}

const runs = { numRuns: 40 };

describe.each(scopes)('the scope "%s"', (_, scope) => {
  test('read by its changes is as if all of it were read', async () => {
    await fc.assert(
      fc.asyncProperty(lifeOf(visible), async (life) => {
        await live(life, scope, (read, full) => {
          if (full.completeness.users.state === 'partial') return;
          expect(contentOf(read)).toEqual(contentOf(full));
        });
      }),
      runs,
    );
  });

  test('read by its changes takes nothing away that a full read would not, whatever is deleted', async () => {
    await fc.assert(
      fc.asyncProperty(lifeOf([...visible, ...gone]), async (life) => {
        await live(life, scope, (read, full, before) => {
          expect(takenAwayBy(read, full, before)).toEqual([]);
        });
      }),
      runs,
    );
  });

  test('read by its changes loses nobody who moved, while stamps of memberships come late', async () => {
    await fc.assert(
      fc.asyncProperty(lifeOf(visible), async (life) => {
        await live(
          life,
          scope,
          (read, full, before) => {
            expect(takenAwayBy(read, full, before)).toEqual([]);
            expect(unseenMemberships(read, full, before)).toEqual([]);
          },
          lateStamps,
        );
      }),
      runs,
    );
  });
});

/** A membership is there at once, its stamp in every second group only after some seconds, and then dated back. */
function lateStamps(clock: VirtualClock): Fault {
  interface Stamped {
    readonly id: string;
    readonly lastUpdated: string;
    readonly lastMembershipUpdated: string;
  }
  interface Embedding {
    readonly _embedded: { readonly group: Stamped };
  }
  const isLate = ({ id, lastMembershipUpdated }: Stamped): boolean =>
    groupIds.indexOf(id) % 2 === 0 && Date.parse(lastMembershipUpdated) > clock.now() - 8_000;
  const asBefore = (group: Stamped): Stamped =>
    isLate(group) ? { ...group, lastMembershipUpdated: '2020-01-01T00:00:00.000Z' } : group;
  return (request, pass) => {
    const url = new URL(request.url);
    if (/\/apps\/[^/]+\/groups$/.test(url.pathname)) {
      const inside = ({ _embedded: embedded, ...row }: Embedding): object => ({
        ...row,
        _embedded: { group: asBefore(embedded.group) },
      });
      return changed((body) => (body as readonly Embedding[]).map(inside))(request, pass);
    }
    if (url.pathname !== '/api/v1/groups' || !url.searchParams.has('filter')) return pass();
    return changed((body) =>
      (body as readonly Stamped[]).filter(
        (group) => !isLate(group) || Date.parse(group.lastUpdated) > clock.now() - 300_000,
      ),
    )(request, pass);
  };
}
