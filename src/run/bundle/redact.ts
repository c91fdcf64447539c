import { literalsOf } from '../../expressions/literals.ts';
import { isTemplate } from '../../expressions/template.ts';
import { traceMapping } from '../../mapping/trace.ts';
import type { CurrentState } from '../../model/current-state.ts';
import { keyText } from '../../model/desired-state.ts';
import type { JsonObject } from '../../model/json.ts';
import type { MappingRules, Policy } from '../../model/rules.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { replacedBy, type ManagedAccount, type Memory } from '../../model/store.ts';
import type { User } from '../../model/user.ts';
import type { Absence, Observed, PlanInput } from '../../plan/input.ts';
import { flipKey, flipOf } from '../../plan/drift.ts';
import { builtInGroups } from '../../plan/input.ts';
import { createPseudonyms, type Pseudonyms } from './pseudonyms.ts';

/** What a plan is made from, as a bundle carries it. */
export interface Bundled {
  readonly snapshots: readonly Snapshot[];
  readonly current: CurrentState;
  readonly memory: Memory;
  readonly absences: ReadonlyMap<string, Absence>;
  readonly observed: Observed;
  readonly mapping: MappingRules;
  readonly policy: Policy;
}

/** Says what becomes of texts and names of groups. */
export interface Redaction {
  readonly pseudonyms: Pseudonyms;
  groupName(name: string): string;
}

/**
 * Prepares to replace what is personal. What the configuration itself names stays, and so do domains and the names
 * of groups that rules are about: without them nobody could follow why a plan is as it is.
 */
export function redactionFor(bundled: Bundled, input: PlanInput, key: string): Redaction {
  const { mapping, policy, snapshots, memory } = bundled;
  const pseudonyms = createPseudonyms({ key, keep: new Set(namedBy(mapping)) });
  const tracer = traceMapping(snapshots, mapping);
  const named = new Set([
    ...builtInGroups,
    ...policy.protect.groups,
    ...namedBy(mapping),
    ...input.desired.groups.map(({ name }) => name),
    ...[...memory.groups.values()].map(({ name }) => name),
    ...snapshots.flatMap(({ source, groups }) =>
      groups.filter((group) => tracer.isNamed(source, group)).map(({ displayName }) => displayName),
    ),
  ]);
  return {
    pseudonyms,
    groupName: (name) => (named.has(name) ? name : `group ${pseudonyms.id(name)}`),
  };
}

/** Texts that are written out in the mapping. */
function namedBy({ scope, user, attributes, groups }: MappingRules): readonly string[] {
  const expressions = [scope, ...Object.values(user), ...attributes.values()].filter((text) => text !== null);
  const conditions = groups.flatMap(({ select }) => (select.by === 'when' ? [select.expression] : []));
  const names = groups.flatMap(({ select, to, admins }) => [
    ...(select.by === 'id' ? [select.id] : []),
    ...[to, admins].filter((text): text is string => text !== null && !isTemplate(text)),
  ]);
  return [...[...expressions, ...conditions].flatMap(literalsOf), ...names];
}

/** The same structure with pseudonyms for whatever is personal. */
export function redacted(bundled: Bundled, redaction: Redaction): Bundled {
  const { pseudonyms } = redaction;
  const { protect } = bundled.policy;
  return {
    snapshots: bundled.snapshots.map((snapshot) => snapshotOf(snapshot, redaction)),
    current: currentOf(bundled.current, redaction),
    memory: memoryOf(bundled.memory, redaction),
    absences: new Map([...bundled.absences].map(([key, absence]) => [keyOf(key, pseudonyms), absence])),
    observed: observedOf(bundled.observed, redaction),
    mapping: bundled.mapping,
    policy: { ...bundled.policy, protect: { ...protect, users: protect.users.map(pseudonyms.text) } },
  };
}

/** `source:externalId`, of which the id is replaced. */
export function keyOf(key: string, pseudonyms: Pseudonyms): string {
  const at = key.indexOf(':');
  return keyText({ source: key.slice(0, at), externalId: pseudonyms.id(key.slice(at + 1)) });
}

function observedOf({ grace, flips }: Observed, { pseudonyms }: Redaction): Observed {
  return {
    grace: new Map([...grace].map(([key, since]) => [keyOf(key, pseudonyms), since])),
    flips: new Map(
      [...flips].map(([key, times]) => {
        const { subject, field } = flipOf(key);
        return [flipKey(pseudonyms.text(subject), field), times];
      }),
    ),
  };
}

/** Without the cursor: it serves the source alone, and may hold what only the source should see. */
function snapshotOf(snapshot: Snapshot, redaction: Redaction): Snapshot {
  const { pseudonyms, groupName } = redaction;
  const { source, takenAt, users, groups, completeness, rejected, calls, unread } = snapshot;
  return {
    source,
    takenAt,
    calls,
    ...(unread === undefined ? {} : { unread }),
    users: users.map((user) => userOf(user, pseudonyms)),
    groups: groups.map(({ externalId, displayName, members, through, extra }) => ({
      externalId: pseudonyms.id(externalId),
      displayName: groupName(displayName),
      members: members.map(pseudonyms.id),
      ...(through === undefined
        ? {}
        : {
            through: through.map((one) => ({
              member: pseudonyms.id(one.member),
              groups: one.groups.map(groupName),
            })),
          }),
      extra: pseudonyms.object(extra),
    })),
    completeness: {
      ...completeness,
      partialGroups: new Map(
        [...completeness.partialGroups].map(([id, because]) => [pseudonyms.id(id), because]),
      ),
    },
    rejected: rejected.map((row) => ({
      ...row,
      externalId: row.externalId === null ? null : pseudonyms.id(row.externalId),
    })),
  };
}

/** Facts of a user are texts and bools at any depth, as in any JSON object. */
function userOf({ externalId, ...facts }: User, pseudonyms: Pseudonyms): User {
  const told = pseudonyms.object(facts as unknown as JsonObject);
  return { ...(told as unknown as Omit<User, 'externalId'>), externalId: pseudonyms.id(externalId) };
}

function currentOf(current: CurrentState, { pseudonyms, groupName }: Redaction): CurrentState {
  const { text, account, object } = pseudonyms;
  const orNull = (value: string | null): string | null => (value === null ? null : text(value));
  const { tokenOwner } = current;
  return {
    ...current,
    ...(tokenOwner?.state === 'known'
      ? { tokenOwner: { ...tokenOwner, userId: account(tokenOwner.userId) } }
      : {}),
    users: current.users.map((user) => ({
      ...user,
      id: account(user.id),
      email: text(user.email),
      firstName: orNull(user.firstName),
      lastName: orNull(user.lastName),
      lastActive: null,
      metadata: object(user.metadata),
    })),
    groups: current.groups.map((group) => ({
      ...group,
      name: groupName(group.name),
      members: new Map([...group.members].map(([id, member]) => [account(id), member])),
    })),
    invites: current.invites.map((invite) => ({
      ...invite,
      email: text(invite.email),
      claimedBy: claimant(invite.claimedBy, pseudonyms),
      metadata: object(invite.metadata),
    })),
    ...(current.accessRequests === undefined
      ? {}
      : { accessRequests: current.accessRequests.map((one) => ({ ...one, email: text(one.email) })) }),
    attributes: current.attributes.map((attribute) => ({
      ...attribute,
      // A pseudonym is neither a number nor JSON.
      dataType: 'string',
      defaultValue: orNull(attribute.defaultValue),
    })),
  };
}

/** Retool names whoever claimed an invite by the account's id or by an address. */
function claimant(claimedBy: string | null, { text, account }: Pseudonyms): string | null {
  if (claimedBy === null) return null;
  return claimedBy.includes('@') ? text(claimedBy) : account(claimedBy);
}

function valuesOf(
  { attributes }: Pick<ManagedAccount, 'attributes'>,
  { pseudonyms }: Redaction,
): ManagedAccount['attributes'] {
  return new Map(
    [...attributes].map(([name, { value, source }]) => [
      name,
      { value: value === null || name === replacedBy ? value : pseudonyms.text(value), source },
    ]),
  );
}

function memoryOf(memory: Memory, redaction: Redaction): Memory {
  const { pseudonyms, groupName } = redaction;
  const { text, id: externalId, account } = pseudonyms;
  return {
    ...memory,
    links: memory.links.map((link) => ({
      ...link,
      externalId: externalId(link.externalId),
      targetId: link.type === 'user' ? account(link.targetId) : link.targetId,
    })),
    accounts: new Map(
      [...memory.accounts.values()].map((managed) => [
        account(managed.id),
        {
          ...managed,
          id: account(managed.id),
          email: text(managed.email),
          attributes: valuesOf(managed, redaction),
        },
      ]),
    ),
    invites: new Map(
      [...memory.invites].map(([id, managed]) => [
        id,
        { ...managed, email: text(managed.email), attributes: valuesOf(managed, redaction) },
      ]),
    ),
    groups: new Map(
      [...memory.groups.values()].map((group) => [
        group.id,
        { ...group, name: groupName(group.name), members: new Set([...group.members].map(account)) },
      ]),
    ),
  };
}
