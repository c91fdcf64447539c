import type { DesiredGroup, DesiredState, Person } from '../../../src/model/desired-state.ts';
import type { Group } from '../../../src/model/group.ts';
import type { GroupRule, MappingRules } from '../../../src/model/rules.ts';
import { complete, type Snapshot } from '../../../src/model/snapshot.ts';
import type { User } from '../../../src/model/user.ts';
import { plainRules } from '../../support/rules.ts';

/** A person of a source: Ada Lovelace unless said otherwise, with an address made from the id. */
export function user(externalId: string, more: Partial<User> = {}): User {
  return {
    externalId,
    active: true,
    userName: `${externalId}@acme.com`,
    email: `${externalId}@acme.com`,
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    extra: {},
    ...more,
  };
}

/** A group of a source, its id made from its name. */
export function group(displayName: string, members: readonly string[], more: Partial<Group> = {}): Group {
  return { externalId: `g-${displayName}`, displayName, members, extra: {}, ...more };
}

export function snapshot(
  source: string,
  users: readonly User[],
  groups: readonly Group[] = [],
  completeness: Partial<Snapshot['completeness']> = {},
): Snapshot {
  return {
    source,
    takenAt: '2026-03-02T09:00:00.000Z',
    users,
    groups,
    completeness: { users: complete, groups: complete, partialGroups: new Map(), ...completeness },
    rejected: [],
    calls: 1,
  };
}

export function rules(more: Partial<MappingRules> = {}): MappingRules {
  return plainRules({ precedence: ['okta', 'entra'], ...more });
}

/** What a test says of a group rule. */
export type Rule = Partial<GroupRule> & Pick<GroupRule, 'select'>;

/** Group rules, named by their place; each leads to the Retool group Finance unless said otherwise. */
export function groupRules(...some: readonly Rule[]): Pick<MappingRules, 'groups'> {
  return {
    groups: some.map((rule, index) => ({
      name: `groups[${index}]`,
      source: null,
      to: 'Finance',
      create: false,
      access: null,
      admins: null,
      ...rule,
    })),
  };
}

export function byPattern(pattern: string): GroupRule['select'] {
  return { by: 'pattern', pattern };
}

export function byId(id: string): GroupRule['select'] {
  return { by: 'id', id };
}

export function when(expression: string): GroupRule['select'] {
  return { by: 'when', expression };
}

/** The person that a source's record became. */
export function personOf(desired: DesiredState, source: string, externalId: string): Person {
  const found = desired.people.filter((person) =>
    person.keys.some((key) => key.source === source && key.externalId === externalId),
  );
  const [person] = found;
  if (person === undefined || found.length > 1)
    throw new Error(`${source}:${externalId} stands for ${found.length} people`);
  return person;
}

export function wanted(person: Person): Extract<Person, { readonly state: 'wanted' }> {
  if (person.state !== 'wanted') throw new Error(`expected a wanted person, not ${JSON.stringify(person)}`);
  return person;
}

export function groupOf(desired: DesiredState, name: string): DesiredGroup {
  const found = desired.groups.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(`no group ${name} among ${desired.groups.map((one) => one.name).join(', ')}`);
  return found;
}

/** The members of a desired group, by local part of their address. */
export function membersOf(desired: DesiredState, name: string): readonly string[] {
  return [...groupOf(desired, name).members.keys()].map((email) => email.replace(/@.*/, ''));
}
