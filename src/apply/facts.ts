import type { SourceKey } from '../model/desired-state.ts';
import {
  carriedOverCode,
  harmlessRevocations,
  rollbackCode,
  type AccountFields,
  type AdoptAfter,
  type AdoptedValue,
  type GroupRef,
  type Operation,
  type OperationOf,
  type ReleaseAfter,
} from '../model/operation.ts';
import {
  dormantSince,
  grantKey,
  inviteHolder,
  ownField,
  replacedBy,
  type Fact,
  type Link,
} from '../model/store.ts';

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
    case 'release':
      return releaseFacts(operation);
    case 'removeMember': {
      const { group, user } = operation.before;
      return group.id === null ? [] : removalFacts(group.id, user.id, at);
    }
    case 'removeInviteFromGroup': {
      const { group, invite } = operation.before;
      return group.id === null ? [] : removalFacts(group.id, inviteHolder(invite.id), at);
    }
    case 'grantAccess':
    case 'revokeAccess':
      return grantFacts(operation, at);
    case 'setGroupAdmin':
    case 'createAttribute':
    case 'decideAccessRequest':
      return [];
    case 'addMembers':
      return id === null ? [] : additionFacts(id, memberIds, carriedOver(operation));
    case 'addInvitesToGroup':
      return id === null ? [] : additionFacts(id, memberIds, new Set());
    default:
      return id === null ? [] : factsAbout(operation, id, at);
  }
}

/** Facts of what is done to one account, group or invite. */
function factsAbout(
  operation: OperationOf<
    | 'createUser'
    | 'updateUser'
    | 'setAttributes'
    | 'clearAttributes'
    | 'reactivateUser'
    | 'deactivateUser'
    | 'createGroup'
    | 'updateGroup'
    | 'deleteGroup'
    | 'inviteUser'
    | 'reissueInvite'
    | 'revokeInvite'
  >,
  id: string,
  at: number,
): Fact[] {
  switch (operation.kind) {
    case 'createUser':
      return creationFacts(operation, id);
    case 'updateUser':
      return changeFacts(id, operation);
    case 'setAttributes':
    case 'clearAttributes':
      return changeFacts(operation.subject.type === 'invite' ? inviteHolder(id) : id, operation);
    case 'reactivateUser':
      return [{ kind: 'accountDisabledByUs', id, disabledByUs: false }, ...changeFacts(id, operation)];
    case 'deactivateUser':
      return deactivationFacts(operation, id, at);
    case 'createGroup':
      return [
        { kind: 'group', id, name: operation.after.name, origin: 'created' },
        ...linkFacts('group', operation.after.fedBy, id),
      ];
    case 'updateGroup': {
      const { name } = operation.after;
      return name === undefined ? [] : [{ kind: 'group', id, name, origin: 'created' }];
    }
    case 'deleteGroup':
      return [
        { kind: 'groupReleased', id },
        ...operation.before.members.map((): Fact => ({ kind: 'takenAway', class: 'removals', at })),
      ];
    case 'inviteUser':
      return inviteFacts(operation, id);
    case 'reissueInvite':
      return [{ kind: 'inviteReleased', id: operation.before.id }, ...inviteFacts(operation, id)];
    case 'revokeInvite':
      return harmlessRevocations.has(operation.reason.code)
        ? [{ kind: 'inviteReleased', id }]
        : [
            { kind: 'inviteEnded', id },
            { kind: 'takenAway', class: 'disables', at },
          ];
  }
}

function creationFacts(operation: OperationOf<'createUser'>, id: string): Fact[] {
  const { email, links, metadata, sources, replaces } = operation.after;
  return [
    { kind: 'account', id, email, origin: 'created' },
    ...linkFacts('user', links, id),
    ...attributeFacts(id, metadata, sources),
    ...fieldFacts(id, operation.after, operation),
    // Its links have gone to the new account: this is how a later run still knows why it is to be disabled.
    ...(replaces === undefined
      ? []
      : [{ kind: 'attribute', id: replaces.id, name: replacedBy, value: id, source: '' } as const]),
  ];
}

/** What was disabled for being dormant is not switched on again because its person is wanted. */
function deactivationFacts({ reason }: OperationOf<'deactivateUser'>, id: string, at: number): Fact[] {
  return [
    { kind: 'accountDisabledByUs', id, disabledByUs: true },
    ...(reason.code === 'dormant'
      ? [{ kind: 'attribute', id, name: dormantSince, value: 'dormant', source: '' } as const]
      : []),
    { kind: 'takenAway', class: 'disables', at },
  ];
}

function inviteFacts({ after }: OperationOf<'inviteUser' | 'reissueInvite'>, id: string): Fact[] {
  const { email, links, metadata, sources, groups, reissues } = after;
  const holder = inviteHolder(id);
  return [
    { kind: 'invite', id, email, origin: 'created', reissues },
    ...linkFacts('invite', links, id),
    ...attributeFacts(holder, metadata, sources),
    ...membershipFacts(groups, holder),
  ];
}

function membershipFacts(groups: readonly GroupRef[], holder: string): Fact[] {
  return groups.flatMap(({ id }): Fact[] =>
    id === null ? [] : [{ kind: 'membership', group: id, user: holder }],
  );
}

/** Memberships that a new account takes over from the one it replaces were never ours, and are not now. */
function carriedOver({ after }: OperationOf<'addMembers'>): ReadonlySet<string> {
  return new Set(
    after.members.flatMap(({ id, reason }) => (reason.code === carriedOverCode && id !== null ? [id] : [])),
  );
}

function additionFacts(group: string, holders: readonly string[], foreign: ReadonlySet<string>): Fact[] {
  return holders
    .filter((holder) => !foreign.has(holder))
    .map((user): Fact => ({ kind: 'membership', group, user }));
}

function removalFacts(group: string, holder: string, at: number): Fact[] {
  return [
    { kind: 'membershipReleased', group, user: holder },
    { kind: 'takenAway', class: 'removals', at },
  ];
}

function grantFacts({ after }: OperationOf<'grantAccess' | 'revokeAccess'>, at: number): Fact[] {
  const { group, object, level } = after;
  if (group.id === null) return [];
  if (level !== null) return [{ kind: 'grant', group: group.id, object: grantKey(object), level }];
  return [
    { kind: 'grantReleased', group: group.id, object: grantKey(object) },
    { kind: 'takenAway', class: 'removals', at },
  ];
}

/**
 * What becomes ours when an operation's goal is found to hold already. Nothing was taken away by us then,
 * and an account that somebody else disabled is not ours to switch on again.
 */
export function factsInEffect(confirmed: Confirmed): Fact[] {
  if (confirmed.operation.kind === 'deactivateUser') return [];
  return factsOf(confirmed).filter((fact) => fact.kind !== 'takenAway');
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
  if ('object' in after) {
    const { group, object, level } = after;
    return group.id === null ? [] : [{ kind: 'grant', group: group.id, object: grantKey(object), level }];
  }
  if ('groups' in after) return inviteAdoptionFacts(id, { after, before, subject });
  const { claims } = after;
  return [
    ...(managed ? [] : [{ kind: 'account', id, email: subject.key, origin: 'adopted' } as const]),
    ...(claims === undefined ? [] : [{ kind: 'inviteClaimed', id: claims, user: id } as const]),
    // Whoever is active now was switched on since we may have disabled the account.
    ...(after.active ? switchedOnFacts(id) : []),
    ...linkFacts('user', after.links, id),
    ...adoptedValues(id, after.attributes),
    ...fieldFacts(id, after.fields ?? {}, { reason }),
  ];
}

function switchedOnFacts(id: string): Fact[] {
  return [
    { kind: 'accountDisabledByUs', id, disabledByUs: false },
    { kind: 'attributeReleased', id, name: dormantSince },
  ];
}

function inviteAdoptionFacts(
  id: string,
  {
    after,
    before,
    subject,
  }: Pick<OperationOf<'adopt'>, 'before' | 'subject'> & {
    readonly after: Extract<AdoptAfter, { readonly groups: unknown }>;
  },
): Fact[] {
  const email = subject.key;
  const holder = inviteHolder(id);
  return [
    ...(before.managed ? [] : [{ kind: 'invite', id, email, origin: 'adopted', reissues: 0 } as const]),
    ...linkFacts('invite', after.links, id),
    ...adoptedValues(holder, after.attributes),
    ...membershipFacts(after.groups, holder),
  ];
}

function adoptedValues(id: string, values: { readonly [name: string]: AdoptedValue }): Fact[] {
  return Object.entries(values).map(([name, { value, source }]): Fact => ({
    kind: 'attribute',
    id,
    name,
    value,
    source,
  }));
}

function releaseFacts({ before, after, subject }: OperationOf<'release'>): Fact[] {
  if ('member' in before)
    return before.group.id === null
      ? []
      : [{ kind: 'membershipReleased', group: before.group.id, user: before.user.id }];
  if ('object' in before) {
    const { group, object } = before;
    return group.id === null ? [] : [{ kind: 'grantReleased', group: group.id, object: grantKey(object) }];
  }
  const { id } = subject;
  if (id === null) return [];
  if ('groups' in before) return inviteReleaseFacts(id, before, after);
  if ('fedBy' in before)
    return after === null ? [{ kind: 'groupReleased', id }] : unlinkFacts('group', before.fedBy);
  if (after === null) return [{ kind: 'accountReleased', id }];
  const names = Object.keys(before.attributes);
  return [
    ...unlinkFacts('user', before.links),
    ...names.map((name): Fact => ({ kind: 'attributeReleased', id, name })),
  ];
}

function inviteReleaseFacts(
  id: string,
  before: Extract<AdoptAfter, { readonly groups: unknown }>,
  after: ReleaseAfter,
): Fact[] {
  if (after === null) return [{ kind: 'inviteReleased', id }];
  const holder = inviteHolder(id);
  const names = Object.keys(before.attributes);
  return [
    ...unlinkFacts('invite', before.links),
    ...names.map((name): Fact => ({ kind: 'attributeReleased', id: holder, name })),
    ...before.groups.flatMap((group): Fact[] =>
      group.id === null ? [] : [{ kind: 'membershipReleased', group: group.id, user: holder }],
    ),
  ];
}

function unlinkFacts(type: Link['type'], keys: readonly SourceKey[]): Fact[] {
  return keys.map(({ source, externalId }) => ({ kind: 'unlinked', type, source, externalId }));
}

function linkFacts(type: Link['type'], keys: readonly SourceKey[], targetId: string): Fact[] {
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
