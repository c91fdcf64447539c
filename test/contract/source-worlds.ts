import type { Snapshot } from '../../src/model/snapshot.ts';
import { generateWorld, googleSeedOf, type Person, type World } from '../../src/sandbox/index.ts';
import type { Entry } from '../support/slapd.ts';

/** What a source should show of a world, worked out from the world alone. */
export interface Shown {
  /** By id. */
  readonly people: readonly ShownPerson[];
  /** By id; members sorted. */
  readonly groups: readonly ShownGroup[];
}

export interface ShownPerson {
  readonly externalId: string;
  readonly active: boolean;
  readonly given: string | undefined;
  readonly family: string | undefined;
  readonly email: string | undefined;
}

export interface ShownGroup {
  readonly externalId: string;
  readonly name: string;
  readonly members: readonly string[];
}

/** Names that come out changed from anything that normalises, cuts, folds or escapes. */
const oddNames: readonly (readonly [given: string, family: string])[] = [
  ['Zoe\u0308', 'Mu\u0308ller'],
  ['Zo\u00eb', 'M\u00fcller'],
  ['👩‍👩‍👧‍👦', 'O’Brien-Ⅷ'],
  ['عمر', 'الخيام'],
  ['ＡＤＭＩＮ', 'ﬁnance'],
  ['İbrahim', 'ı'],
  ['𠮷野', '家'],
  [' padded ', '\u00a0nbsp\u200b'],
  ['<b>"&\'', '=1+1'],
  ['line\nbreak', '\u001b[31mred'],
];

/**
 * A company whose first people have odd names, and whose nested groups hold each other and themselves. About 150
 * people are at Okta and 67 at Entra.
 */
export function contractWorld(): World {
  const world = generateWorld({ users: 200, groups: 20, seed: 7 });
  const [first, second] = world.entra.groups;
  return {
    ...world,
    people: world.people.map((person, index) => {
      const [given, family] = oddNames[index % 20] ?? [person.given, person.family];
      return { ...person, given, family };
    }),
    entra: {
      ...world.entra,
      groups: world.entra.groups.map((group, index) => {
        if (index === 0) return { ...group, groups: [...group.groups, second?.id ?? ''] };
        return index === 1 ? { ...group, groups: [...group.groups, group.id, first?.id ?? ''] } : group;
      }),
    },
  };
}

/** The same company with nobody in it. */
export function desertedWorld(): World {
  const world = contractWorld();
  return {
    ...world,
    people: [],
    okta: {
      groups: world.okta.groups.map((group) => ({ ...group, members: [] })),
      app: { ...world.okta.app, users: [] },
    },
    entra: {
      ...world.entra,
      groups: world.entra.groups.map((group) => ({ ...group, users: [], groups: [], devices: [] })),
    },
  };
}

/** Everybody whom Okta's plain list has and who was activated, and all groups but the built-in one. */
export function shownByOkta({ people, okta }: World): Shown {
  return {
    people: people
      .flatMap((person) =>
        person.okta === null || ['DEPROVISIONED', 'STAGED'].includes(person.okta.status)
          ? []
          : [shownPerson(person, person.okta.id, person.okta.status !== 'SUSPENDED', person.email)],
      )
      .toSorted(byId),
    groups: okta.groups
      .map(({ id, name, members }) => ({ externalId: id, name, members: members.toSorted() }))
      .toSorted(byId),
  };
}

/** All members of the tenant who are no guests, and all groups with the people of the groups in them. */
export function shownByEntra({ people, entra }: World): Shown {
  return {
    people: people
      .flatMap((person) =>
        person.entra === null || person.entra.userType === 'Guest'
          ? []
          : [
              shownPerson(
                person,
                person.entra.id,
                person.entra.enabled,
                person.entra.mail ?? person.entra.userPrincipalName,
              ),
            ],
      )
      .toSorted(byId),
    groups: entra.groups
      .map(({ id, name }) => ({ externalId: id, name, members: everybodyIn(id, entra.groups) }))
      .toSorted(byId),
  };
}

/** The same people and groups, as they are at Google Workspace. */
export function shownByGoogle(world: World): Shown {
  const { users, groups } = googleSeedOf(world);
  const people = users.map(({ id, given, family, suspended, archived, primaryEmail }) => ({
    externalId: id,
    active: !suspended && !archived,
    given,
    family,
    email: primaryEmail,
  }));
  const members = new Map(groups.map((group) => [group.id, group.members]));
  const everybody = (id: string): readonly string[] => {
    const entered = new Set([id]);
    for (const inner of entered)
      for (const next of members.get(inner) ?? []) if (members.has(next)) entered.add(next);
    const all = [...entered].flatMap((inner) => [...(members.get(inner) ?? [])]);
    return [...new Set(all.filter((member) => !members.has(member)))].toSorted();
  };
  return {
    people: people.toSorted(byId),
    groups: groups.map(({ id, name }) => ({ externalId: id, name, members: everybody(id) })).toSorted(byId),
  };
}

/** The same, but members who are no people of the directory are nobody there: their ids are not known. */
export function shownByLdap(world: World): Shown {
  const { people, groups } = shownByEntra(world);
  const known = new Set(people.map(({ externalId }) => externalId));
  return {
    people,
    groups: groups.map((group) => ({ ...group, members: group.members.filter((id) => known.has(id)) })),
  };
}

function everybodyIn(id: string, groups: World['entra']['groups']): readonly string[] {
  const entered = new Set([id]);
  // A set may grow while it is walked: what is added is visited too.
  for (const inner of entered) {
    for (const next of groups.find((group) => group.id === inner)?.groups ?? []) entered.add(next);
  }
  const people = groups.filter((group) => entered.has(group.id)).flatMap(({ users }) => users);
  return [...new Set(people)].toSorted();
}

function shownPerson(
  { given, family }: Person,
  externalId: string,
  active: boolean,
  email: string,
): ShownPerson {
  return { externalId, active, given, family, email };
}

/** What a snapshot shows, in the same terms. */
export function shownBy({ users, groups }: Snapshot): Shown {
  return {
    people: users.map(({ externalId, active, name, email }) => ({
      externalId,
      active,
      given: name?.givenName,
      family: name?.familyName,
      email,
    })),
    groups: groups
      .filter(({ displayName }) => displayName !== 'Everyone')
      .map(({ externalId, displayName, members }) => ({ externalId, name: displayName, members })),
  };
}

/** The Entra half of a world as a SCIM file, without its guests, who can't be told apart there. */
export function scimFileOf({ people, entra }: World): {
  readonly Users: object[];
  readonly Groups: object[];
} {
  return {
    Users: people.flatMap(({ given, family, entra: presence }) =>
      presence === null || presence.userType === 'Guest'
        ? []
        : [
            {
              id: presence.id,
              active: presence.enabled,
              userName: presence.userPrincipalName,
              name: { givenName: given, familyName: family },
              emails: [{ value: presence.mail ?? presence.userPrincipalName, primary: true }],
            },
          ],
    ),
    Groups: entra.groups.map(({ id, name, users, groups }) => ({
      id,
      displayName: name,
      members: [
        ...users.map((value) => ({ value, type: 'User' })),
        ...groups.map((value) => ({ value, type: 'Group' })),
      ],
    })),
  };
}

/** The same as two CSV files: people, and who is in which group. */
export function csvFilesOf(
  world: World,
  order: 'usual' | 'reversed',
): { readonly people: string; readonly memberships: string } {
  const inOrder = <Row>(rows: readonly Row[]): readonly Row[] =>
    order === 'usual' ? rows : rows.toReversed();
  const people = peopleOf(world).map(({ person, id, enabled, mail }) => [
    id,
    mail,
    person.given,
    person.family,
    enabled ? 'yes' : 'no',
  ]);
  const memberships = world.entra.groups.flatMap(({ id, name, users, groups }) =>
    [...users, ...groups].map((member) => [id, name, member]),
  );
  return {
    people: csvOf(['EmpNo', 'Mail', 'Given', 'Family', 'Works'], inOrder(people)),
    memberships: csvOf(['Group', 'Name', 'Member'], inOrder(memberships)),
  };
}

function csvOf(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const quoted = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','));
  return [header.join(','), ...quoted, ''].join('\r\n');
}

/** The same as entries below a suffix of a directory, which lists members by their names. */
export function ldapEntriesOf(world: World, suffix: string, order: 'usual' | 'reversed'): readonly Entry[] {
  const inOrder = <Row>(rows: readonly Row[]): readonly Row[] =>
    order === 'usual' ? rows : rows.toReversed();
  const personName = (id: string): string => `uid=${id},${suffix}`;
  const groupName = (id: string): string => `cn=${id},${suffix}`;
  const people = peopleOf(world).map(({ person, id, enabled, mail }) => ({
    dn: personName(id),
    attributes: {
      objectClass: 'inetOrgPerson',
      uid: id,
      entryUUID: id,
      cn: id,
      givenName: person.given,
      sn: person.family,
      mail,
      employeeType: enabled ? 'works' : 'left',
    },
  }));
  const groups = world.entra.groups.map(({ id, name, users, groups: inner, devices }) => ({
    dn: groupName(id),
    attributes: {
      objectClass: 'groupOfNames',
      cn: id,
      entryUUID: id,
      description: name,
      // A group must have a member; this one is nobody.
      member: inOrder([
        ...users.map(personName),
        ...inner.map(groupName),
        ...devices.map(groupName),
        `cn=nobody,${suffix}`,
      ]),
    },
  }));
  const root = { objectClass: ['dcObject', 'organization'], dc: suffix.replace(/^dc=/, ''), o: 'Acme' };
  return [{ dn: suffix, attributes: root }, ...inOrder([...people, ...groups])];
}

/** The Entra half of the people, without guests. */
function peopleOf({ people }: World) {
  return people.flatMap((person) => {
    const { entra: presence } = person;
    if (presence === null || presence.userType === 'Guest') return [];
    const { id, enabled, mail, userPrincipalName } = presence;
    return [{ person, id, enabled, mail: mail ?? userPrincipalName }];
  });
}

function byId(one: { readonly externalId: string }, other: { readonly externalId: string }): number {
  return one.externalId < other.externalId ? -1 : 1;
}
