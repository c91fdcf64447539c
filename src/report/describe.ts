import type { SourceKey } from '../model/desired-state.ts';
import {
  flagNames,
  type AccountFields,
  type AdoptAfter,
  type GrantObject,
  type GroupFields,
  type Operation,
  type OperationOf,
  type Reason,
  type UserRef,
} from '../model/operation.ts';
import { printable } from './escape.ts';
import type { ChangeSymbol } from './kinds.ts';
import { symbolOf } from './kinds.ts';
import { counted } from './words.ts';

/** One value that an operation changes; null is no value. */
export interface FieldChange {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** One operation in words. Nothing in it is escaped for a format yet, except that {@link sentence} is printable. */
export interface Description {
  readonly symbol: ChangeSymbol;
  /** What is done, without the symbol: `create account maria.garcia@acme.com (María García)`. */
  readonly sentence: string;
  readonly fields: readonly FieldChange[];
  /** Why: the reason's own sentence. */
  readonly reason: string;
  /** What called for it: `okta 00u1 · attributes.department`; empty when nothing is named. */
  readonly origin: string;
}

/** One operation for people: a sentence, the fields before and after, the reason and where it comes from. */
export function describe(operation: Operation): Description {
  return {
    symbol: symbolOf(operation.kind),
    sentence: printable(sentenceOf(operation)),
    fields: fieldsOf(operation),
    reason: operation.reason.text,
    origin: originOf(operation.reason),
  };
}

function sentenceOf(operation: Operation): string {
  const key = operation.subject.key;
  switch (operation.kind) {
    case 'adopt':
      return ownershipSentence(operation.before.managed ? 'extend' : 'adopt', key, operation.after);
    case 'release':
      return ownershipSentence('release', key, operation.before);
    case 'createUser':
      return `create account ${operation.after.email} (${fullName(operation.after)})`;
    case 'updateUser':
      return `update account ${key}`;
    case 'deactivateUser':
      return `disable account ${key}`;
    case 'reactivateUser':
      return `reactivate account ${key}`;
    case 'setAttributes':
      return `set attributes of ${key}`;
    case 'clearAttributes':
      return `clear attributes of ${key}`;
    case 'createGroup':
      return `create group "${operation.after.name}"`;
    case 'updateGroup':
      return `update group "${key}"`;
    case 'addMembers':
      return `add ${counted(operation.after.members.length, 'member')} to group "${key}"`;
    case 'removeMember':
      return `remove ${operation.before.user.key} from group "${operation.before.group.key}"`;
    case 'setGroupAdmin':
      return operation.after.is_group_admin
        ? `make ${operation.after.user.key} an admin of group "${operation.after.group.key}"`
        : `make ${operation.after.user.key} a plain member of group "${operation.after.group.key}"`;
    default:
      return otherSentence(operation);
  }
}

type Other = OperationOf<
  | 'inviteUser'
  | 'reissueInvite'
  | 'revokeInvite'
  | 'addInvitesToGroup'
  | 'removeInviteFromGroup'
  | 'createAttribute'
  | 'deleteGroup'
  | 'grantAccess'
  | 'revokeAccess'
  | 'decideAccessRequest'
>;

function otherSentence(operation: Other): string {
  const { key } = operation.subject;
  switch (operation.kind) {
    case 'inviteUser':
      return `invite ${key}`;
    case 'reissueInvite':
      return `send the invite of ${key} again`;
    case 'revokeInvite':
      return `revoke the invite of ${key}`;
    case 'addInvitesToGroup':
      return `put ${counted(operation.after.invites.length, 'invite')} into group "${key}"`;
    case 'removeInviteFromGroup':
      return `take the invite of ${operation.before.invite.key} out of group "${operation.before.group.key}"`;
    case 'createAttribute':
      return `define the user attribute ${operation.after.name}`;
    case 'deleteGroup':
      return `delete group "${operation.before.name}"`;
    case 'grantAccess':
      return `let group "${operation.after.group.key}" ${operation.after.level} ${objectText(operation.after.object)}`;
    case 'revokeAccess':
      return `take access to ${objectText(operation.after.object)} from group "${operation.after.group.key}"`;
    case 'decideAccessRequest':
      return `${operation.after.status === 'APPROVED' ? 'approve' : 'deny'} the access request of ${key}`;
  }
}

/** `folder "Sales/Reports"`. */
export function objectText({ type, name }: GrantObject): string {
  return `${type.replace('_', ' ')} "${name}"`;
}

/** `extend`: what is ours already gains a link, a value or a source group. */
function ownershipSentence(verb: 'adopt' | 'extend' | 'release', key: string, owned: AdoptAfter): string {
  if ('object' in owned) return `${verb} access of group "${owned.group.key}" to ${objectText(owned.object)}`;
  if ('groups' in owned) return `${verb} the invite of ${key}`;
  if ('links' in owned) return `${verb} account ${key}`;
  if ('member' in owned) return `${verb} membership of ${owned.user.key} in group "${owned.group.key}"`;
  return `${verb} group "${key}"`;
}

/** What an operation changes, field by field, in a stable order. */
export function fieldsOf(operation: Operation): readonly FieldChange[] {
  switch (operation.kind) {
    case 'adopt':
      return ownershipFields(operation.after).map(({ name, value }) => ({
        name,
        before: null,
        after: value,
      }));
    case 'release':
      return ownershipFields(operation.before).map(({ name, value }) => ({
        name,
        before: value,
        after: null,
      }));
    case 'createUser':
      return [...accountChanges({}, operation.after), ...replacedField(operation.after.replaces)];
    case 'inviteUser':
    case 'reissueInvite':
      return accountChanges({}, { metadata: operation.after.metadata });
    case 'updateUser':
    case 'reactivateUser':
    case 'setAttributes':
    case 'clearAttributes':
      return accountChanges(operation.before, operation.after);
    case 'deactivateUser':
      return [{ name: 'active', before: 'true', after: 'false' }];
    case 'createGroup':
      return [...groupChanges({}, operation.after), ...fedBy(operation.after.fedBy)];
    case 'updateGroup':
      return groupChanges(operation.before, operation.after);
    case 'addMembers':
      return addedMembers(operation);
    case 'removeMember':
      return [{ name: operation.before.group.key, before: 'member', after: null }];
    case 'setGroupAdmin':
      return [
        {
          name: operation.after.group.key,
          before: membershipWord(operation.before.is_group_admin ? 'admin' : 'member'),
          after: membershipWord(operation.after.is_group_admin ? 'admin' : 'member'),
        },
      ];
    default:
      return otherFields(operation);
  }
}

function otherFields(
  operation: Exclude<Other, OperationOf<'inviteUser' | 'reissueInvite'>>,
): readonly FieldChange[] {
  switch (operation.kind) {
    case 'revokeInvite':
      return [{ name: 'invite', before: 'pending', after: null }];
    case 'addInvitesToGroup': {
      const names = operation.after.invites.map(({ key }) => key);
      return [{ name: 'invites', before: null, after: names.join(', ') }];
    }
    case 'removeInviteFromGroup':
      return [{ name: operation.before.group.key, before: 'member', after: null }];
    case 'createAttribute':
      return [
        { name: 'label', before: null, after: operation.after.label },
        { name: 'data_type', before: null, after: operation.after.data_type },
      ];
    case 'deleteGroup':
      return [{ name: 'members', before: String(operation.before.members.length), after: null }];
    case 'grantAccess':
    case 'revokeAccess': {
      const { object, level } = operation.after;
      return [{ name: objectText(object), before: operation.before.level, after: level }];
    }
    case 'decideAccessRequest':
      return [{ name: 'access request', before: 'pending', after: operation.after.status.toLowerCase() }];
  }
}

function replacedField(replaces: UserRef | undefined): readonly FieldChange[] {
  return replaces === undefined ? [] : [{ name: 'in place of', before: null, after: replaces.key }];
}

/** What a membership is called in before and after. */
export function membershipWord(role: 'admin' | 'member'): string {
  return role === 'admin' ? 'group admin' : 'member';
}

function addedMembers(operation: OperationOf<'addMembers'>): readonly FieldChange[] {
  const names = operation.after.members.map((member) =>
    member.is_group_admin ? `${member.key} (group admin)` : member.key,
  );
  return [{ name: 'members', before: null, after: names.join(', ') }];
}

function ownershipFields(owned: AdoptAfter): readonly { readonly name: string; readonly value: string }[] {
  if ('object' in owned) return [{ name: objectText(owned.object), value: `managed: ${owned.level}` }];
  if ('links' in owned) {
    const attributes = Object.keys(owned.attributes).sort();
    const values = attributes.map((name) => `${name} = ${owned.attributes[name]?.value ?? ''}`);
    return [
      { name: 'linked to', value: owned.links.map(keyText).join(', ') },
      ...(values.length === 0 ? [] : [{ name: 'attributes', value: values.join(', ') }]),
      ...('groups' in owned && owned.groups.length > 0
        ? [{ name: 'groups', value: owned.groups.map((group) => group.key).join(', ') }]
        : []),
    ];
  }
  if ('member' in owned) return [{ name: owned.group.key, value: 'managed member' }];
  return [{ name: 'fed by', value: owned.fedBy.map(keyText).join(', ') }];
}

function fedBy(keys: readonly SourceKey[]): readonly FieldChange[] {
  return keys.length === 0 ? [] : [{ name: 'fed by', before: null, after: keys.map(keyText).join(', ') }];
}

const accountFieldNames = ['first_name', 'last_name', 'user_type', 'active'] as const;

function accountChanges(before: AccountFields, after: AccountFields): readonly FieldChange[] {
  const fields = accountFieldNames
    .map((name) => ({ name, before: valueText(before[name]), after: valueText(after[name]) }))
    .filter((field) => field.before !== null || field.after !== null);
  const attributes = new Set([...Object.keys(before.metadata ?? {}), ...Object.keys(after.metadata ?? {})]);
  return [
    ...fields,
    ...[...attributes].sort().map((name) => ({
      name,
      before: ownValue(before.metadata, name),
      after: ownValue(after.metadata, name),
    })),
  ];
}

/** A group's settings as the configuration calls them. */
const groupFieldNames: readonly (readonly [keyof GroupFields, string])[] = [
  ['name', 'name'],
  ['universal_app_access', 'apps'],
  ['universal_resource_access', 'resources'],
  ['universal_workflow_access', 'workflows'],
  ['universal_query_library_access', 'queryLibrary'],
  ...(Object.entries(flagNames).map(([name, field]) => [field, name]) as [keyof GroupFields, string][]),
  ['landing_page_app_id', 'landingPage'],
];

function groupChanges(before: GroupFields, after: GroupFields): readonly FieldChange[] {
  return groupFieldNames
    .map(([field, name]) => ({ name, before: valueText(before[field]), after: valueText(after[field]) }))
    .filter((field) => field.before !== null || field.after !== null);
}

function valueText(value: string | boolean | null | undefined): string | null {
  return value === undefined || value === null ? null : String(value);
}

/** Attribute names come from outside: what every object inherits is no value. */
function ownValue(
  values: { readonly [name: string]: string | null } | undefined,
  name: string,
): string | null {
  return values !== undefined && Object.hasOwn(values, name) ? (values[name] ?? null) : null;
}

/** First and last name as one. */
export function fullName(account: { readonly first_name: string; readonly last_name: string }): string {
  return `${account.first_name} ${account.last_name}`.trim();
}

function keyText(key: SourceKey): string {
  return `${key.source} ${key.externalId}`;
}

/** The source record and the rule that called for something: `okta 00u1 · groups[0]`. */
export function originOf(reason: Reason): string {
  return [sourceOf(reason), reason.rule ?? ''].filter((part) => part !== '').join(' · ');
}

/** The source record behind a reason: `okta 00u1`; empty when none is named. */
export function sourceOf(reason: Reason): string {
  return [reason.source, reason.externalId].filter((part) => part !== null).join(' ');
}
