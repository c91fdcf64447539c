import type { RetoolState } from '../../src/sandbox/index.ts';
import { startInProcess, type InProcess } from '../support/bridge.ts';
import { scim, type Staff } from '../support/scim.ts';
import type { Dice } from './random.ts';

/** The organisations that simulations play in, and how two of them compare. */

const fewNames = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida', 'jon'];
const teams = ['retool-sales', 'retool-legal', 'retool-data'];
const families = ['Byron', 'King', 'Noether'];
const wideOpen = { count: 1_000, percent: 50 };

export interface Stage {
  /**
   * People whose accounts were made by hand before. Every round wants them, since whether an account was ever
   * adopted depends on whether a run got that far, and with it whether it is ours to disable.
   */
  readonly foundThere: readonly string[];
  readonly sources: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly retool: NonNullable<Parameters<typeof startInProcess>[0]['retool']>;
}

/** Every third story invites people; which one follows from the seed alone, so that the dice fall as they did. */
export function provisionOf(seed: number): 'users' | 'invites' {
  return seed % 3 === 0 ? 'invites' : 'users';
}

/** Some of `names` have accounts that were made by hand; a stranger and a group of his belong to nobody. */
export function stageOf(
  dice: Dice,
  provision: 'users' | 'invites',
  names: readonly string[] = fewNames,
): Stage {
  const foundThere = names.filter(() => dice.chance(0.3));
  const found = foundThere.map((name) => ({
    email: `${name}@acme.com`,
    firstName: dice.pick(['Ada', 'Old']),
    lastName: 'Byron',
  }));
  return {
    foundThere,
    sources: ['staff'],
    config: {
      memberships: 'owned',
      provision,
      // Whether somebody's invite was revoked in between depends on how far a run got.
      invites: { again: 'always' },
      guard: {
        disables: { ...wideOpen },
        removals: { ...wideOpen, perGroupCount: 1_000, perGroupPercent: 50 },
        creates: { count: 1_000 },
        invites: { count: 1_000 },
        updates: { count: 1_000 },
        windows: { '24h': '100%', '7d': '100%' },
      },
    },
    retool: {
      users: [...found, { email: 'stranger@else.com', firstName: 'Sam', lastName: 'Else' }],
      groups: [
        { name: 'sales', members: ['stranger@else.com'] },
        { name: 'by hand', members: ['stranger@else.com'] },
      ],
    },
  };
}

/** What the source says once: whoever is found there always, the others as the dice fall. */
export function saysOf(dice: Dice, always: readonly string[], names: readonly string[] = fewNames): string {
  const present = names.filter((name) => always.includes(name) || dice.chance(0.7));
  const people = (present.length === 0 ? ['ann'] : present).map((id): Staff => ({
    id,
    given: 'Ada',
    family: dice.pick(families),
    department: dice.pick(['Sales', 'Legal']),
    active: always.includes(id) || dice.chance(0.85),
    groups: teams.filter(() => dice.chance(0.4)),
  }));
  return scim(people, teams);
}

/** The same story without a storm must end in the same organisation. */
export async function differences(
  bridge: InProcess,
  stage: Stage,
  rounds: readonly string[],
): Promise<readonly string[]> {
  const calm = await startInProcess(stage);
  for (const says of rounds) {
    calm.says({ staff: says });
    await calm.applyApproved();
  }
  const [here, there] = [digestOf(bridge.retool.state()), digestOf(calm.retool.state())];
  return here === there ? [] : [`I11: ends as\n${here}\ninstead of\n${there}`];
}

export function digestOf({ users, groups, invites }: RetoolState): string {
  const emailOf = new Map(users.map((user) => [user.id, user.email]));
  return JSON.stringify(
    {
      users: users
        .filter((user) => user.active)
        .map(({ email, first_name, last_name, metadata }) => [email, first_name, last_name, metadata]),
      groups: groups
        .filter(({ name }) => name !== 'All Users')
        .map(({ name, memberIds }) => [
          name,
          memberIds
            .filter((id) => users.some((user) => user.id === id && user.active))
            .map((id) => emailOf.get(id))
            .toSorted(),
        ])
        .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      invites: invites
        .map(({ invited_email: email, metadata, groups: joined }) => [
          email,
          metadata,
          joined.map(({ name }) => name).toSorted(),
        ])
        .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    },
    null,
    1,
  );
}

/** What no source knows: two accounts, the memberships of one of them, and a group. */
export function strangersIn({ users, groups }: RetoolState): unknown {
  const strangers = users.filter(({ email }) => email === 'stranger@else.com' || email === 'owner@acme.com');
  const ids = new Set(strangers.map(({ id }) => id));
  return {
    strangers,
    memberships: groups.flatMap(({ name, memberIds }) =>
      memberIds.filter((id) => ids.has(id)).map((id) => [name, id]),
    ),
    byHand: groups.find(({ name }) => name === 'by hand'),
  };
}
