import type { SourceKey } from '../model/desired-state.ts';
import { rollbackCode, type AccountFields, type Operation, type OperationOf } from '../model/operation.ts';
import { ownField, type Fact, type Memory } from '../model/store.ts';

/** What a confirmed operation makes true. `id` is the target's id of its subject; `memberIds` the accounts of an addition that went. */
export interface Confirmed {
  readonly operation: Operation;
  readonly id: string | null;
  readonly memberIds: readonly string[];
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The links and ownership an operation writes when it is confirmed; nothing is written before. */
export function factsOf({ operation, id, memberIds, at }: Confirmed): Fact[] {
  switch (operation.kind) {
    case 'adopt':
      return adoptionFacts(operation);
    case 'createUser': {
      if (id === null) return [];
      const { email, links, metadata, sources } = operation.after;
      return [
        { kind: 'account', id, email, origin: 'created' },
        ...linkFacts('user', links, id),
        ...attributeFacts(id, metadata, sources),
        ...fieldFacts(id, operation.after, operation),
      ];
    }
    case 'updateUser':
    case 'setAttributes':
    case 'clearAttributes':
      return id === null ? [] : changeFacts(id, operation);
    case 'reactivateUser':
      return id === null
        ? []
        : [{ kind: 'accountDisabledByUs', id, disabledByUs: false }, ...changeFacts(id, operation)];
    case 'deactivateUser':
      return id === null
        ? []
        : [
            { kind: 'accountDisabledByUs', id, disabledByUs: true },
            { kind: 'takenAway', class: 'disables', at },
          ];
    case 'createGroup':
      return id === null
        ? []
        : [
            { kind: 'group', id, name: operation.after.name, origin: 'created' },
            ...linkFacts('group', operation.after.fedBy, id),
          ];
    case 'updateGroup':
      return id === null || operation.after.name === undefined
        ? []
        : [{ kind: 'group', id, name: operation.after.name, origin: 'created' }];
    case 'addMembers':
      return id === null ? [] : memberIds.map((user) => ({ kind: 'membership', group: id, user }));
    case 'removeMember': {
      const { group, user } = operation.before;
      return group.id === null
        ? []
        : [
            { kind: 'membershipReleased', group: group.id, user: user.id },
            { kind: 'takenAway', class: 'removals', at },
          ];
    }
    case 'release':
      return releaseFacts(operation);
    case 'setGroupAdmin':
      return [];
  }
}

/**
 * What becomes ours when an operation's goal is found to hold already. Nothing was taken away by us then,
 * and an account that somebody else disabled is not ours to switch on again.
 */
export function factsInEffect(confirmed: Confirmed): Fact[] {
  if (confirmed.operation.kind === 'deactivateUser') return [];
  return factsOf(confirmed).filter((fact) => fact.kind !== 'takenAway');
}

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
      const owned = before.accounts.get(id)?.attributes.get(name);
      return [
        owned === undefined
          ? { kind: 'attributeReleased', id, name }
          : { kind: 'attribute', id, name, ...owned },
      ];
    }
    case 'group': {
      const known = before.groups.get(fact.id);
      return [
        known === undefined
          ? { kind: 'groupReleased', id: fact.id }
          : { kind: 'group', id: known.id, name: known.name, origin: known.origin },
      ];
    }
    case 'membership':
    case 'membershipReleased': {
      const { group, user } = fact;
      const wasOurs = before.groups.get(group)?.members.has(user) === true;
      return [{ kind: wasOurs ? 'membership' : 'membershipReleased', group, user }];
    }
    // Links are made with an account or a group and go with it; the others are never written by what is sent.
    case 'link':
    case 'unlinked':
    case 'accountReleased':
    case 'groupReleased':
    case 'takenAway':
      return [];
  }
}

function adoptionFacts({ after, before, reason, subject }: OperationOf<'adopt'>): Fact[] {
  const { id, managed } = before;
  if ('member' in after)
    return after.group.id === null
      ? []
      : [{ kind: 'membership', group: after.group.id, user: after.user.id }];
  // What is ours already keeps its origin: a group that we created stays one that we may rename.
  if ('fedBy' in after)
    return [
      ...(managed ? [] : [{ kind: 'group', id, name: after.name, origin: 'used' } as const]),
      ...linkFacts('group', after.fedBy, id),
    ];
  const attributes = Object.entries(after.attributes).map(([name, { value, source }]): Fact => ({
    kind: 'attribute',
    id,
    name,
    value,
    source,
  }));
  return [
    ...(managed ? [] : [{ kind: 'account', id, email: subject.key, origin: 'adopted' } as const]),
    // Whoever is active now was switched on since we may have disabled the account.
    ...(after.active ? [{ kind: 'accountDisabledByUs', id, disabledByUs: false } as const] : []),
    ...linkFacts('user', after.links, id),
    ...attributes,
    ...fieldFacts(id, after.fields ?? {}, { reason }),
  ];
}

function releaseFacts({ before, after, subject }: OperationOf<'release'>): Fact[] {
  if ('member' in before)
    return before.group.id === null
      ? []
      : [{ kind: 'membershipReleased', group: before.group.id, user: before.user.id }];
  const { id } = subject;
  if (id === null) return [];
  if ('fedBy' in before)
    return after === null ? [{ kind: 'groupReleased', id }] : unlinkFacts('group', before.fedBy);
  if (after === null) return [{ kind: 'accountReleased', id }];
  const names = Object.keys(before.attributes);
  return [
    ...unlinkFacts('user', before.links),
    ...names.map((name): Fact => ({ kind: 'attributeReleased', id, name })),
  ];
}

function unlinkFacts(type: 'user' | 'group', keys: readonly SourceKey[]): Fact[] {
  return keys.map(({ source, externalId }) => ({ kind: 'unlinked', type, source, externalId }));
}

function linkFacts(type: 'user' | 'group', keys: readonly SourceKey[], targetId: string): Fact[] {
  return keys.map(({ source, externalId }) => ({
    kind: 'link',
    link: { type, source, externalId, targetId },
  }));
}

function changeFacts(
  id: string,
  operation: OperationOf<'updateUser' | 'setAttributes' | 'clearAttributes' | 'reactivateUser'>,
): Fact[] {
  const { after } = operation;
  return [...attributeFacts(id, after.metadata ?? {}, after.sources), ...fieldFacts(id, after, operation)];
}

/** The last applied names and kind of user, for telling later who changed them. What a rollback puts back is nobody's. */
function fieldFacts(id: string, fields: AccountFields, { reason }: Pick<Operation, 'reason'>): Fact[] {
  return (['first_name', 'last_name', 'user_type'] as const).flatMap((field): Fact[] => {
    const value = fields[field];
    if (value === undefined || value === null) return [];
    const name = ownField(field);
    return reason.code === rollbackCode
      ? [{ kind: 'attributeReleased', id, name }]
      : [{ kind: 'attribute', id, name, value, source: reason.source ?? '' }];
  });
}

function attributeFacts(
  id: string,
  values: { readonly [name: string]: string | null },
  sources: { readonly [name: string]: string },
): Fact[] {
  return Object.entries(values).map(([name, value]) => {
    const source = sources[name];
    return source === undefined
      ? { kind: 'attributeReleased', id, name }
      : { kind: 'attribute', id, name, value, source };
  });
}
