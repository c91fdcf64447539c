import type { GrantLevel } from '../model/rules.ts';
import {
  inviteHolder,
  invitedBy,
  type Fact,
  type Link,
  type ManagedAccount,
  type ManagedGroup,
  type ManagedInvite,
  type Memory,
  type TakenAway,
} from '../model/store.ts';
import { entry } from './entry.ts';
import { wholeMs } from './rules.ts';

type Attributes = Map<string, { readonly value: string | null; readonly source: string }>;
type Ownership = Exclude<Fact, { readonly kind: 'takenAway' }>;

/** What is ours, in tables as a database would hold it: what is told of an account waits until that is managed. */
interface Tables {
  readonly links: Map<string, Link>;
  readonly accounts: Map<string, Pick<ManagedAccount, 'email' | 'origin'>>;
  readonly disabled: Set<string>;
  readonly attributes: Map<string, Attributes>;
  readonly groups: Map<string, Pick<ManagedGroup, 'name' | 'origin'>>;
  readonly members: Map<string, Set<string>>;
  readonly takenAway: Map<string, TakenAway>;
  readonly invites: Map<string, Pick<ManagedInvite, 'email' | 'origin' | 'state' | 'reissues'>>;
  readonly grants: Map<string, Map<string, GrantLevel>>;
}

function tablesFrom(seed: Memory | undefined): Tables {
  const accounts = [...(seed?.accounts.values() ?? [])];
  const groups = [...(seed?.groups.values() ?? [])];
  const invites = [...(seed?.invites.values() ?? [])];
  const members = new Map(groups.map(({ id, members }) => [id, new Set(members)]));
  for (const { id, groups: joined } of invites)
    for (const group of joined) entry(members, group, () => new Set<string>()).add(inviteHolder(id));
  const attributesOf = (holder: string, { attributes }: Pick<ManagedAccount, 'attributes'>) =>
    [holder, new Map(attributes)] as const;
  return {
    links: new Map(seed?.links.map((link) => [keyOf(link.source, link.type, link.externalId), link])),
    accounts: new Map(seed?.accounts),
    disabled: new Set(accounts.filter((account) => account.disabledByUs).map(({ id }) => id)),
    attributes: new Map([
      ...accounts.map((account) => attributesOf(account.id, account)),
      ...invites.map((invite) => attributesOf(inviteHolder(invite.id), invite)),
    ]),
    groups: new Map(seed?.groups),
    members,
    invites: new Map(seed?.invites),
    grants: new Map(groups.map(({ id, grants }) => [id, new Map(grants)])),
    takenAway: new Map(seed?.takenAway.map((row, item) => [keyOf('seed', String(item)), row])),
  };
}

/** What is ours, over tables of this process. */
export function createOwnership(seed: Memory | undefined) {
  const tables = tablesFrom(seed);

  function write(run: string, operationId: string, facts: readonly Fact[]): void {
    let item = 0;
    for (const fact of facts) {
      if (fact.kind !== 'takenAway') {
        writeOwnership(tables, fact);
        continue;
      }
      const key = keyOf(run, operationId, String(item));
      if (!tables.takenAway.has(key)) tables.takenAway.set(key, { class: fact.class, at: wholeMs(fact.at) });
      item += 1;
    }
  }

  return { write, read: (sinceMs: number) => readOwnership(tables, sinceMs) };
}

function writeOwnership(tables: Tables, fact: Ownership): void {
  const { links, accounts, disabled, attributes, groups, members } = tables;
  switch (fact.kind) {
    case 'link':
      links.set(keyOf(fact.link.source, fact.link.type, fact.link.externalId), fact.link);
      return;
    case 'account':
      accounts.set(fact.id, fact);
      return;
    case 'unlinked':
      links.delete(keyOf(fact.source, fact.type, fact.externalId));
      return;
    case 'accountReleased':
      releaseAccount(tables, fact.id);
      return;
    case 'accountDisabledByUs':
      if (fact.disabledByUs) disabled.add(fact.id);
      else disabled.delete(fact.id);
      return;
    case 'attribute':
      entry(attributes, fact.id, (): Attributes => new Map()).set(fact.name, {
        value: fact.value,
        source: fact.source,
      });
      return;
    case 'attributeReleased':
      attributes.get(fact.id)?.delete(fact.name);
      return;
    case 'group':
      groups.set(fact.id, fact);
      return;
    case 'groupReleased':
      releaseGroup(tables, fact.id);
      return;
    case 'membership':
      entry(members, fact.group, () => new Set<string>()).add(fact.user);
      return;
    case 'membershipReleased':
      members.get(fact.group)?.delete(fact.user);
      return;
    case 'grant':
      entry(tables.grants, fact.group, () => new Map<string, GrantLevel>()).set(fact.object, fact.level);
      return;
    case 'grantReleased':
      tables.grants.get(fact.group)?.delete(fact.object);
      return;
    default:
      writeInvite(tables, fact);
  }
}

type InviteFact = Extract<Ownership, { readonly kind: `invite${string}` }>;

function writeInvite(tables: Tables, fact: InviteFact): void {
  const { invites } = tables;
  const known = invites.get(fact.id);
  switch (fact.kind) {
    case 'invite':
      invites.set(fact.id, { ...fact, state: 'open' });
      return;
    case 'inviteEnded':
      if (known !== undefined) invites.set(fact.id, { ...known, state: 'ended' });
      forgetHeld(tables, inviteHolder(fact.id));
      return;
    case 'inviteClaimed':
      passOn(tables, fact);
      releaseInvite(tables, fact.id);
      return;
    case 'inviteReleased':
      releaseInvite(tables, fact.id);
  }
}

/** What an invite holds and what it is linked to becomes the account's. */
function passOn(tables: Tables, { id, user }: Extract<InviteFact, { readonly kind: 'inviteClaimed' }>): void {
  const holder = inviteHolder(id);
  for (const [name, value] of tables.attributes.get(holder) ?? [])
    entry(tables.attributes, user, (): Attributes => new Map()).set(name, value);
  for (const members of tables.members.values()) if (members.has(holder)) members.add(user);
  for (const { type, source, externalId, targetId } of tables.links.values())
    if (type === 'invite' && targetId === id)
      tables.links.set(keyOf(source, 'user', externalId), {
        type: 'user',
        source,
        externalId,
        targetId: user,
      });
}

function releaseInvite(tables: Tables, id: string): void {
  tables.invites.delete(id);
  forgetHeld(tables, inviteHolder(id));
  forgetLinks(tables, 'invite', id);
}

function forgetHeld(tables: Tables, holder: string): void {
  tables.attributes.delete(holder);
  for (const group of tables.members.values()) group.delete(holder);
}

function releaseAccount(tables: Tables, id: string): void {
  tables.accounts.delete(id);
  tables.disabled.delete(id);
  forgetHeld(tables, id);
  forgetLinks(tables, 'user', id);
}

function releaseGroup(tables: Tables, id: string): void {
  tables.groups.delete(id);
  tables.members.delete(id);
  tables.grants.delete(id);
  forgetLinks(tables, 'group', id);
}

function forgetLinks({ links }: Tables, type: Link['type'], targetId: string): void {
  for (const [key, link] of links) {
    if (link.type === type && link.targetId === targetId) links.delete(key);
  }
}

function readOwnership(
  { links, accounts, disabled, attributes, groups, members, takenAway, invites, grants }: Tables,
  sinceMs: number,
): Pick<Memory, 'links' | 'accounts' | 'groups' | 'invites' | 'takenAway'> {
  const isAccount = (holder: string): boolean => invitedBy(holder) === null;
  return {
    links: [...links.values()],
    accounts: new Map(
      [...accounts].map(([id, { email, origin }]) => [
        id,
        { id, email, origin, disabledByUs: disabled.has(id), attributes: new Map(attributes.get(id)) },
      ]),
    ),
    groups: new Map(
      [...groups].map(([id, { name, origin }]) => [
        id,
        {
          id,
          name,
          origin,
          members: new Set([...(members.get(id) ?? [])].filter(isAccount)),
          ...((grants.get(id)?.size ?? 0) === 0 ? {} : { grants: new Map(grants.get(id)) }),
        },
      ]),
    ),
    invites: new Map(
      [...invites].map(([id, { email, origin, state, reissues }]) => {
        const holder = inviteHolder(id);
        const joined = [...members].flatMap(([group, of]) => (of.has(holder) ? [group] : []));
        const values = new Map(attributes.get(holder));
        return [id, { id, email, origin, state, reissues, attributes: values, groups: new Set(joined) }];
      }),
    ),
    takenAway: [...takenAway.values()].filter(({ at }) => at >= sinceMs),
  };
}

/** Several names as one key. */
export function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
