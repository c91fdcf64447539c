import type { CurrentGroup, CurrentState, CurrentUser } from '../../model/current-state.ts';
import { keyText, type SourceKey } from '../../model/desired-state.ts';
import { BridgeError } from '../../model/errors.ts';
import type { LinkChange } from '../../model/links.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Source } from '../../model/source.ts';
import type { Fact, Link, Memory } from '../../model/store.ts';
import { folded } from '../../model/text.ts';
import type { User } from '../../model/user.ts';
import { isProtectedUser } from '../../plan/correlation.ts';
import { isProtectedGroup } from '../../plan/input.ts';
import type { ReconcileParts } from '../parts.ts';
import { memoryOf } from '../plan-input.ts';
import { readWholeTarget } from '../whole-target.ts';
import { nextOf, snapshotsWith } from './next.ts';
import { underLock, writeDecision } from './write.ts';

/** Which record an account, or which source group a Retool group, is to be linked to. */
export interface LinkOrder extends SourceKey {
  /** The address or Retool id of an account, or the name of a group. */
  readonly target:
    | { readonly type: 'user'; readonly who: string }
    | { readonly type: 'group'; readonly name: string };
  /** The operating system's user. */
  readonly by: string;
}

/**
 * Links an account to a source's record, or a Retool group to a source group, on somebody's word: the way out of the
 * conflicts `addressReused`, `linkedTwice`, `disabledByHand` and `sourceGroupReplaced`. Both sides are asked first,
 * and nothing is sent to Retool but reads. Throws `badCommand` for what is not there, is protected, or is linked to
 * something else: that link has to be undone by name first.
 */
export function link(parts: ReconcileParts, order: LinkOrder, signal: AbortSignal): Promise<LinkChange> {
  return underLock(parts, async () => {
    const source = sourceOf(parts, order.source);
    const current = await readWholeTarget(parts.sink, signal);
    return order.target.type === 'user'
      ? linkUser(parts, { ...order, who: order.target.who, current, from: source }, signal)
      : linkGroup(parts, { ...order, name: order.target.name, current, from: source }, signal);
  });
}

interface Linking extends SourceKey {
  readonly by: string;
  readonly current: CurrentState;
  readonly from: Source;
}

async function linkUser(
  parts: ReconcileParts,
  order: Linking & { readonly who: string },
  signal: AbortSignal,
): Promise<LinkChange> {
  const { source, externalId, current, by } = order;
  const user = userOf(current, order.who);
  refuseUntouchable(parts, user);
  const record = await recordOf(order, signal);
  const memory = memoryOf(parts);
  const links = memory.links.filter(({ type }) => type === 'user');
  refuseLinkedElsewhere(links, { source, externalId }, user.id, (id) => nameOfUser(current, memory, id));
  const replaced = links.filter(
    (one) => one.targetId === user.id && one.source === source && one.externalId !== externalId,
  );
  const wasManaged = memory.accounts.has(user.id);
  const releases = !user.active && memory.accounts.get(user.id)?.disabledByUs !== true;
  const facts: Fact[] = [
    ...(wasManaged
      ? []
      : [{ kind: 'account', id: user.id, email: folded(user.email), origin: 'adopted' } as const]),
    ...replaced.map(unlinkedFact),
    { kind: 'link', link: { type: 'user', source, externalId, targetId: user.id } },
    // What a person released is switched on once, as what the bridge itself switched off; that clears the mark.
    ...(releases ? [{ kind: 'accountDisabledByUs', id: user.id, disabledByUs: true } as const] : []),
  ];
  const subject = { type: 'user', key: folded(user.email), id: user.id } as const;
  writeDecision(parts, { event: 'link', subject, keys: [{ source, externalId }], facts, by });
  const snapshots = snapshotsWith(parts);
  return {
    format: 'retool-bridge/link',
    version: 1,
    done: [
      `${folded(user.email)} (${user.id}) is linked to ${keyText(order)}`,
      ...addressNote(order, user, record),
      ...(wasManaged ? [] : ['the account is managed from now on']),
      ...replaced.map(
        (one) => `the link to ${keyText(one)} is undone: an account has one record in each source`,
      ),
      ...(releases ? ['the account is disabled and may be switched on again, once'] : []),
    ],
    ...nextOf(
      parts,
      { type: 'user', id: user.id },
      current,
      snapshots?.map((one) => withRecord(one, source, record)) ?? null,
    ),
  };
}

/** Two addresses may well be one person's; that they differ is worth a second look. */
function addressNote(key: SourceKey, { email }: CurrentUser, record: User): readonly string[] {
  const told = record.email ?? record.userName ?? 'no address';
  return folded(told) === folded(email) ? [] : [`note that ${keyText(key)} has another address: ${told}`];
}

async function linkGroup(
  parts: ReconcileParts,
  order: Linking & { readonly name: string },
  signal: AbortSignal,
): Promise<LinkChange> {
  const { source, externalId, current, by, name } = order;
  const memory = memoryOf(parts);
  const group = groupOf(current, memory, name);
  if (isProtectedGroup(group.name, parts.policy))
    throw refused(
      `"${group.name}" is a protected group`,
      'The bridge leaves it alone; see `protect` in the configuration.',
    );
  const snapshot = await order.from.read(signal);
  if (!snapshot.groups.some((one) => one.externalId === externalId))
    throw refused(
      `${source} shows no group with the id ${externalId}`,
      `Look its id up in ${source}, and check that its scope holds the group.`,
    );
  const links = memory.links.filter(({ type }) => type === 'group');
  refuseLinkedElsewhere(
    links,
    { source, externalId },
    group.id,
    (id) => `the group "${memory.groups.get(id)?.name ?? id}"`,
  );
  const dead = goneFeeds(links, group.id, snapshot);
  const knownAs = memory.groups.get(group.id)?.name;
  const facts: Fact[] = [
    ...(knownAs === undefined ? [{ kind: 'group', id: group.id, name, origin: 'used' } as const] : []),
    ...dead.map(unlinkedFact),
    { kind: 'link', link: { type: 'group', source, externalId, targetId: group.id } },
  ];
  const subject = { type: 'group', key: knownAs ?? name, id: group.id } as const;
  writeDecision(parts, { event: 'link', subject, keys: [{ source, externalId }], facts, by });
  return {
    format: 'retool-bridge/link',
    version: 1,
    done: [
      `the Retool group "${group.name}" is fed by ${keyText(order)}`,
      ...dead.map((one) => `the link to ${keyText(one)} is undone: that source group is gone`),
    ],
    ...nextOf(
      parts,
      { type: 'group', name: subject.key, id: group.id },
      current,
      snapshotsWith(parts, [snapshot]),
    ),
  };
}

/** Source groups of this source that fed the group and are not there any more, by a complete list. */
function goneFeeds(
  links: readonly Link[],
  id: string,
  { source, groups, completeness }: Snapshot,
): readonly Link[] {
  if (completeness.groups.state === 'partial') return [];
  const seen = new Set([...groups.map(({ externalId }) => externalId), ...completeness.partialGroups.keys()]);
  return links.filter((one) => one.targetId === id && one.source === source && !seen.has(one.externalId));
}

function sourceOf({ sources }: ReconcileParts, id: string): Source {
  const source = sources.find((one) => one.id === id);
  if (source !== undefined) return source;
  throw refused(
    `the configuration has no source ${id}`,
    `Its sources are ${sources.map((one) => one.id).join(', ')}.`,
  );
}

function userOf({ users }: CurrentState, who: string): CurrentUser {
  const found = users.filter((user) => user.id === who || folded(user.email) === folded(who));
  const [user] = found;
  if (user === undefined)
    throw refused(
      `Retool has no account ${who}`,
      'Link what is there; an account that is missing is made by the next run.',
    );
  if (found.length === 1) return user;
  throw refused(
    `several Retool accounts have the address ${who} but for case: ${found.map(({ id }) => id).join(', ')}`,
    'Give the id of the one that is meant, or give all but one another address in Retool.',
  );
}

function groupOf({ groups }: CurrentState, memory: Memory, name: string): CurrentGroup {
  const known = [...memory.groups.values()].find((managed) => managed.name === name);
  const found = groups.filter(
    (group) => group.id === known?.id || (known === undefined && group.name === name),
  );
  const [group] = found;
  if (group !== undefined && found.length === 1) return group;
  throw refused(
    group === undefined
      ? `Retool has no group "${name}"`
      : `${found.length} Retool groups are called "${name}"`,
    group === undefined ? 'Give the name that the rule calls for.' : 'Rename all but one in Retool.',
  );
}

function refuseUntouchable({ policy }: ReconcileParts, user: CurrentUser): void {
  if (user.unusable === true)
    throw refused(
      `${folded(user.email)} has an id in Retool that no request can carry: ${JSON.stringify(user.id)}`,
      'Ask Retool; nothing can be done to the account until it has another.',
    );
  if (!isProtectedUser({ policy }, user)) return;
  throw refused(
    `${folded(user.email)} is protected and never written to`,
    user.ownsToken === true
      ? 'The API token of the bridge belongs to it: use a token of another account.'
      : 'Take it out of protect.users first.',
  );
}

/** The record, by the source's own word. One that could not be found may not be there, and its account would leave with it. */
async function recordOf({ from, source, externalId }: Linking, signal: AbortSignal): Promise<User> {
  const answer = await from.find(externalId, signal);
  if (answer.state === 'found') return answer.user;
  if (answer.state === 'absent')
    throw refused(
      `${source} has nobody with the id ${externalId}`,
      `Look the id up in ${source}; it is never the address.`,
    );
  throw new BridgeError(
    'sourceUnreadable',
    `${source} could not say whether there is ${externalId}: ${answer.because}`,
    {
      remedy: 'Nothing was linked. Try again when the source answers.',
      retryable: true,
    },
  );
}

function refuseLinkedElsewhere(
  links: readonly Link[],
  key: SourceKey,
  targetId: string,
  nameOf: (id: string) => string,
): void {
  const elsewhere = links.find((one) => keyText(one) === keyText(key) && one.targetId !== targetId);
  if (elsewhere === undefined) return;
  const name = nameOf(elsewhere.targetId);
  const undo = elsewhere.type === 'user' ? name : `--group ${name.replace(/^the group /, '')}`;
  throw refused(
    `${keyText(key)} is linked to ${name} (${elsewhere.targetId}) already`,
    `If that is wrong, undo it first: \`retool-bridge unlink ${undo} --source ${key.source}\`.`,
  );
}

function nameOfUser({ users }: CurrentState, { accounts }: Memory, id: string): string {
  const user = users.find((one) => one.id === id);
  return user === undefined ? (accounts.get(id)?.email ?? id) : folded(user.email);
}

function unlinkedFact({ type, source, externalId }: Link): Fact {
  return { kind: 'unlinked', type, source, externalId };
}

function withRecord(snapshot: Snapshot, source: string, user: User): Snapshot {
  if (snapshot.source !== source) return snapshot;
  const others = snapshot.users.filter(({ externalId }) => externalId !== user.externalId);
  return { ...snapshot, users: [...others, user] };
}

function refused(message: string, remedy: string): BridgeError {
  return new BridgeError('badCommand', message, { remedy });
}
