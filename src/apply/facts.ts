import type { SourceKey } from '../model/desired-state.ts';
import type { AccountChange, Operation } from '../model/operation.ts';
import type { Fact } from '../model/store.ts';

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
      ];
    }
    case 'updateUser':
    case 'setAttributes':
    case 'clearAttributes':
      return id === null ? [] : changeFacts(id, operation.after);
    case 'reactivateUser':
      return id === null
        ? []
        : [{ kind: 'accountDisabledByUs', id, disabledByUs: false }, ...changeFacts(id, operation.after)];
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
 * What makes ownership as it was when an operation that was confirmed turns out not to be in effect.
 * Without it a membership the target kept would be ours no more, and never be taken back.
 */
export function restoringFacts(operation: Operation): Fact[] {
  if (operation.kind === 'removeMember') {
    const { group, user } = operation.before;
    return group.id === null ? [] : [{ kind: 'membership', group: group.id, user: user.id }];
  }
  if (operation.kind !== 'clearAttributes' && operation.kind !== 'updateUser') return [];
  const { id } = operation.subject;
  if (id === null) return [];
  const { sources } = operation.after;
  return Object.entries(operation.after.metadata ?? {}).flatMap(([name, value]): Fact[] => {
    const before = operation.before.metadata?.[name];
    return value === null && typeof before === 'string'
      ? [{ kind: 'attribute', id, name, value: before, source: sources[name] ?? '' }]
      : [];
  });
}

function adoptionFacts(operation: Extract<Operation, { kind: 'adopt' }>): Fact[] {
  const { after, before } = operation;
  const id = before?.id ?? null;
  if (id === null) return [];
  if ('member' in after)
    return after.group.id === null
      ? []
      : [{ kind: 'membership', group: after.group.id, user: after.user.id }];
  if ('fedBy' in after)
    return [{ kind: 'group', id, name: after.name, origin: 'used' }, ...linkFacts('group', after.fedBy, id)];
  const attributes = Object.entries(after.attributes).map(([name, { value, source }]): Fact => ({
    kind: 'attribute',
    id,
    name,
    value,
    source,
  }));
  return [
    { kind: 'account', id, email: operation.subject.key, origin: 'adopted' },
    ...linkFacts('user', after.links, id),
    ...attributes,
  ];
}

function releaseFacts({ before, subject }: Extract<Operation, { kind: 'release' }>): Fact[] {
  if ('member' in before)
    return before.group.id === null
      ? []
      : [{ kind: 'membershipReleased', group: before.group.id, user: before.user.id }];
  return 'fedBy' in before && subject.id !== null ? [{ kind: 'groupReleased', id: subject.id }] : [];
}

function linkFacts(type: 'user' | 'group', keys: readonly SourceKey[], targetId: string): Fact[] {
  return keys.map(({ source, externalId }) => ({
    kind: 'link',
    link: { type, source, externalId, targetId },
  }));
}

function changeFacts(id: string, after: AccountChange): Fact[] {
  return attributeFacts(id, after.metadata ?? {}, after.sources);
}

function attributeFacts(
  id: string,
  values: { readonly [name: string]: string | null },
  sources: { readonly [name: string]: string },
): Fact[] {
  return Object.entries(values).map(([name, value]) => ({
    kind: 'attribute',
    id,
    name,
    value,
    source: sources[name] ?? '',
  }));
}
