import {
  inviteHolder,
  invitedBy,
  type Fact,
  type Link,
  type ManagedAccount,
  type Memory,
} from '../model/store.ts';
import { factsOf, type Confirmed } from './facts.ts';

/**
 * What makes ownership as it was before an operation that was confirmed and turns out not to be in effect.
 * Without it a membership that the target kept would be ours no more, and never be taken back. What was
 * counted as taken away stays counted: the guard rather sees too much than too little.
 */
export function restoringFacts(confirmed: Confirmed, before: Memory): Fact[] {
  return factsOf(confirmed).flatMap((fact) => restoringFact(fact, before));
}

function restoringFact(fact: Fact, before: Memory): Fact[] {
  switch (fact.kind) {
    case 'account':
      return before.accounts.has(fact.id) ? [] : [{ kind: 'accountReleased', id: fact.id }];
    case 'accountDisabledByUs': {
      const disabledByUs = before.accounts.get(fact.id)?.disabledByUs ?? false;
      return [{ kind: 'accountDisabledByUs', id: fact.id, disabledByUs }];
    }
    case 'attribute':
    case 'attributeReleased': {
      const { id, name } = fact;
      const owned = valuesOf(id, before)?.get(name);
      return [
        owned === undefined
          ? { kind: 'attributeReleased', id, name }
          : { kind: 'attribute', id, name, ...owned },
      ];
    }
    case 'group':
    case 'groupReleased':
      return groupBefore(fact.id, before);
    case 'membership':
    case 'membershipReleased': {
      const { group, user } = fact;
      return [{ kind: wasMember(group, user, before) ? 'membership' : 'membershipReleased', group, user }];
    }
    case 'invite':
    case 'inviteEnded':
    case 'inviteReleased':
      return inviteBefore(fact.id, before);
    case 'grant':
    case 'grantReleased': {
      const { group, object } = fact;
      const level = before.groups.get(group)?.grants?.get(object);
      return [
        level === undefined
          ? { kind: 'grantReleased', group, object }
          : { kind: 'grant', group, object, level },
      ];
    }
    // Links are made with what they lead to and go with it; the others are never written by what is sent.
    case 'link':
    case 'unlinked':
    case 'accountReleased':
    case 'inviteClaimed':
    case 'takenAway':
      return [];
  }
}

function valuesOf(holder: string, { accounts, invites }: Memory): ManagedAccount['attributes'] | undefined {
  const invite = invitedBy(holder);
  return (invite === null ? accounts.get(holder) : invites.get(invite))?.attributes;
}

function wasMember(group: string, holder: string, { groups, invites }: Memory): boolean {
  const invite = invitedBy(holder);
  if (invite !== null) return invites.get(invite)?.groups.has(group) === true;
  return groups.get(group)?.members.has(holder) === true;
}

function groupBefore(id: string, before: Memory): Fact[] {
  const known = before.groups.get(id);
  if (known === undefined) return [{ kind: 'groupReleased', id }];
  return [
    { kind: 'group', id, name: known.name, origin: known.origin },
    ...linksTo('group', id, before),
    ...[...known.members].map((user): Fact => ({ kind: 'membership', group: id, user })),
    ...[...(known.grants ?? [])].map(([object, level]): Fact => ({
      kind: 'grant',
      group: id,
      object,
      level,
    })),
  ];
}

function inviteBefore(id: string, before: Memory): Fact[] {
  const known = before.invites.get(id);
  if (known === undefined) return [{ kind: 'inviteReleased', id }];
  const holder = inviteHolder(id);
  const values = [...known.attributes].map(([name, value]): Fact => ({
    kind: 'attribute',
    id: holder,
    name,
    ...value,
  }));
  return [
    { kind: 'invite', id, email: known.email, origin: known.origin, reissues: known.reissues },
    ...linksTo('invite', id, before),
    ...values,
    ...[...known.groups].map((group): Fact => ({ kind: 'membership', group, user: holder })),
  ];
}

function linksTo(type: Link['type'], targetId: string, { links }: Memory): Fact[] {
  return links.flatMap((link): Fact[] =>
    link.type === type && link.targetId === targetId ? [{ kind: 'link', link }] : [],
  );
}
