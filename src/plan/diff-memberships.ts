import type { CurrentGroup, CurrentUser } from '../model/current-state.ts';
import type { DesiredMember, Provenance, Skip } from '../model/desired-state.ts';
import {
  carriedOverCode,
  type GroupRef,
  type NewMember,
  type Operation,
  type Reason,
  type UserRef,
} from '../model/operation.ts';
import type { ManagedGroup } from '../model/store.ts';
import { compareText, folded } from '../model/text.ts';
import {
  hasAccount,
  isProtectedUser,
  type AccountMatch,
  type Correlation,
  type Match,
} from './correlation.ts';
import type { UserDiff } from './diff-users.ts';
import { causeOf } from './drift.ts';
import type { Index } from './index-current.ts';
import { isProtectedGroup, type PlanInput } from './input.ts';
import {
  groupSubject,
  membershipSubject,
  operation,
  reasonFrom,
  unsourcedReason,
  userSubject,
} from './operations.ts';
import type { GroupResolution, ResolvedGroup } from './resolve-groups.ts';

interface Work {
  readonly input: PlanInput;
  readonly index: Index;
  readonly correlation: Correlation;
  readonly users: UserDiff;
  readonly operations: Operation[];
  readonly skips: Skip[];
  /** Account id -> its match, for judging who may lose a membership. */
  readonly matchOf: ReadonlyMap<string, Match>;
  /** Accounts that lose their access in this plan: their memberships stay, since they give nothing. */
  readonly leaving: ReadonlySet<string>;
  /** Group id -> new accounts that take over a membership which no rule calls for. */
  readonly carried: ReadonlyMap<string, readonly NewMember[]>;
}

const noMembers: ReadonlySet<string> = new Set();

/** Compares memberships, each a resource of its own: one addition per group, one removal per person. */
export function diffMemberships(
  input: PlanInput,
  index: Index,
  correlation: Correlation,
  users: UserDiff,
  groups: GroupResolution,
  deleted: ReadonlySet<string>,
): MembershipDiff {
  const matchOf = new Map<string, Match>();
  for (const match of correlation.matches.values()) if (hasAccount(match)) matchOf.set(match.user.id, match);
  const leaving = new Set([
    ...correlation.leavers.map((leaver) => leaver.user.id),
    ...correlation.replaced.map(({ id }) => id),
    ...[...correlation.matches.values()].flatMap((match) =>
      match.kind === 'replace' ? [match.user.id] : [],
    ),
  ]);
  const carried = carriedOver(input, correlation, groups);
  const work: Work = {
    input,
    index,
    correlation,
    users,
    operations: [],
    skips: [],
    matchOf,
    leaving,
    carried,
  };
  for (const group of groups.groups) diffGroup(work, group);
  planCarriedOver(work, groups);
  for (const { managed, current, code } of groups.orphaned) {
    // Its members go with it.
    if (deleted.has(current.id)) continue;
    const text = code === 'groupGone' ? 'its source group is gone' : 'no rule calls for it any more';
    const because = unsourcedReason(code, null, text);
    for (const userId of current.members.keys())
      planRemoval(work, { group: current, managed, name: managed.name, userId, because: () => because });
  }
  return work;
}

/** The operations on memberships, and those that stay as somebody changed them. */
export interface MembershipDiff {
  readonly operations: readonly Operation[];
  readonly skips: readonly Skip[];
}

function diffGroup(work: Work, { desired, current, managed }: ResolvedGroup): void {
  const added: NewMember[] = [...(work.carried.get(current?.id ?? '') ?? [])];
  const wanted = new Set<string>();
  for (const [email, member] of desired.members) {
    const match = work.correlation.matches.get(email);
    if (match === undefined) continue;
    if (match.kind === 'create' || match.kind === 'replace') {
      added.push(newMember(match, member, `createUser:${email}`));
      continue;
    }
    // Whoever is invited joins with the invite.
    if (!hasAccount(match)) continue;
    wanted.add(match.user.id);
    if (!isReachable(work, match)) continue;
    const held = current?.members.get(match.user.id);
    if (held === undefined || current === null)
      added.push(...planMissing(work, { match, member, name: desired.name, managed }));
    else planHeld(work, { desired: member, name: desired.name, current, managed, match, held });
  }
  if (added.length > 0) work.operations.push(planAddition(desired.name, desired.provenance, current, added));
  if (current === null || desired.completeness.state === 'partial') return;
  for (const userId of current.members.keys()) {
    if (wanted.has(userId) || isUndecided(work, desired.undecided, userId)) continue;
    const because = (user: CurrentUser): Reason => leftReason(work, user, desired.provenance);
    planRemoval(work, { group: current, managed, name: desired.name, userId, because });
  }
}

/** What an account that is replaced was given by hand: the new one gets it as well, and it does not become ours. */
function carriedOver(
  input: PlanInput,
  { matches }: Correlation,
  { groups }: GroupResolution,
): ReadonlyMap<string, readonly NewMember[]> {
  const carried = new Map<string, NewMember[]>();
  // Under `authoritative` nobody keeps what no rule calls for.
  if (input.policy.memberships === 'authoritative') return carried;
  const desiredOf = new Map(groups.map(({ desired, current }) => [current?.id, desired]));
  for (const match of matches.values()) {
    if (match.kind !== 'replace') continue;
    const { email } = match.person.account;
    for (const group of input.current.groups) {
      const held = group.members.get(match.user.id);
      const isOurs = input.memory.groups.get(group.id)?.members.has(match.user.id) === true;
      if (held === undefined || isOurs || isProtectedGroup(group.name, input.policy)) continue;
      if (desiredOf.get(group.id)?.members.has(email) === true) continue;
      const text = `${folded(match.user.email)} was a member`;
      const member = {
        key: email,
        id: null,
        is_group_admin: held.groupAdmin,
        waitsFor: `createUser:${email}`,
        reason: unsourcedReason(carriedOverCode, 'onEmailChange', text),
      };
      carried.set(group.id, [...(carried.get(group.id) ?? []), member]);
    }
  }
  return carried;
}

/** Groups that no rule is about, which a new account joins after the one it replaces. */
function planCarriedOver({ input, carried, operations }: Work, { groups }: GroupResolution): void {
  const resolved = new Set(groups.map(({ current }) => current?.id));
  const provenance = {
    rule: 'onEmailChange',
    source: '',
    externalId: '',
    text: 'as the account it replaces',
  };
  for (const group of input.current.groups) {
    const members = carried.get(group.id);
    if (members !== undefined && !resolved.has(group.id))
      operations.push(planAddition(group.name, provenance, group, members));
  }
}

interface Missing {
  readonly match: AccountMatch;
  readonly member: DesiredMember;
  /** The group's. */
  readonly name: string;
  readonly managed: ManagedGroup | null;
}

/** A membership that is not there: new, lost with the account and given back, or taken out by hand. */
function planMissing(work: Work, { match, member, name, managed }: Missing): readonly NewMember[] {
  const { key, id } = userSubject(match.user);
  if (work.users.returning.has(match.user.id)) return [newMember(match, member, `reactivateUser:${key}`)];
  const cause = causeOf(work.input, {
    subject: { ...membershipSubject(key, groupSubject(name, null).key), id },
    field: 'member',
    held: null,
    desired: 'member',
    last: managed?.members.has(match.user.id) === true ? 'member' : undefined,
    event: `${key} was taken out of "${name}" in Retool`,
  });
  if (typeof cause === 'object') {
    work.skips.push(cause);
    return [];
  }
  const added = newMember(match, member, null);
  if (cause === 'changed') return [added];
  const text = `taken out by hand in Retool; ${member.provenance.text}`;
  return [{ ...added, reason: reasonFrom('drift', member.provenance, text) }];
}

/** A disabled account, or one that is left alone in this run, gets no memberships. */
function isReachable(work: Work, match: AccountMatch): boolean {
  const { user } = match;
  if (
    work.correlation.frozen.has(user.id) ||
    work.users.leftAlone.has(user.id) ||
    isProtectedUser(work.input, user)
  )
    return false;
  return user.active || work.users.returning.has(user.id);
}

function isUndecided(work: Work, undecided: ReadonlySet<string>, userId: string): boolean {
  const match = work.matchOf.get(userId);
  return match !== undefined && undecided.has(match.person.account.email);
}

interface Held {
  readonly desired: DesiredMember;
  readonly name: string;
  readonly current: CurrentGroup;
  readonly managed: ManagedGroup | null;
  readonly match: AccountMatch;
  readonly held: { readonly groupAdmin: boolean };
}

/** A membership that is already there: ours from now on, and its admin flag as a rule says. */
function planHeld(work: Work, { desired, name, current, managed, match, held }: Held): void {
  const user: UserRef = { key: userSubject(match.user).key, id: match.user.id };
  const group: GroupRef = { key: groupSubject(name, null).key, id: current.id };
  const subject = membershipSubject(user.key, name);
  const isClaimed = match.kind === 'adopt' && match.claims?.groups.has(current.id) === true;
  if (
    managed?.members.has(user.id) !== true &&
    !isClaimed &&
    work.input.policy.adoptMemberships === 'called-for'
  ) {
    const reason = reasonFrom('alreadyThere', desired.provenance, `already ${desired.provenance.text}`);
    work.operations.push(
      operation(
        'adopt',
        subject,
        { before: { id: user.id, managed: false }, after: { member: true, group, user } },
        reason,
      ),
    );
  }
  if (desired.groupAdmin === null || desired.groupAdmin === held.groupAdmin) return;
  const before = { member: true, group, user, is_group_admin: held.groupAdmin };
  const reason = reasonFrom(
    'groupAdmin',
    desired.provenance,
    desired.groupAdmin ? 'is to administer the group' : 'no longer administers the group',
  );
  work.operations.push(
    operation(
      'setGroupAdmin',
      subject,
      { before, after: { ...before, is_group_admin: desired.groupAdmin } },
      reason,
    ),
  );
}

function newMember(match: Match, member: DesiredMember, waitsFor: string | null): NewMember {
  const reason = reasonFrom('joinedGroup', member.provenance, member.provenance.text);
  const is_group_admin = member.groupAdmin ?? false;
  if (!hasAccount(match))
    return { key: match.person.account.email, id: null, is_group_admin, waitsFor, reason };
  return { key: folded(match.user.email), id: match.user.id, is_group_admin, waitsFor, reason };
}

function planAddition(
  name: string,
  provenance: Provenance,
  current: CurrentGroup | null,
  added: readonly NewMember[],
): Operation {
  const subject = groupSubject(name, current?.id ?? null);
  const members = added.toSorted((a, b) => compareText(a.key, b.key));
  const isDrift = members.every((member) => member.reason.code === 'drift');
  const who = `${members.length} ${members.length === 1 ? 'person' : 'people'}`;
  const joins = members.length === 1 ? 'joins' : 'join';
  const reason = isDrift
    ? reasonFrom('drift', provenance, `${who} taken out by hand in Retool, ${provenance.text}`)
    : reasonFrom('joinedGroup', provenance, `${who} ${joins}, ${provenance.text}`);
  return operation(
    'addMembers',
    subject,
    { before: { members: [] }, after: { members } },
    reason,
    current === null ? [`createGroup:${subject.key}`] : [],
  );
}

interface Removal {
  readonly group: CurrentGroup;
  readonly managed: ManagedGroup | null;
  readonly name: string;
  readonly userId: string;
  readonly because: (user: CurrentUser) => Reason;
}

/** Takes back a membership that is ours (or any, when memberships are authoritative) and no rule calls for. */
function planRemoval(work: Work, { group, managed, name, userId, because }: Removal): void {
  const { policy } = work.input;
  const user = work.index.userById.get(userId);
  if (user === undefined || policy.memberships === 'additive') return;
  const ours = (managed?.members ?? noMembers).has(userId);
  if (!ours && policy.memberships !== 'authoritative') return;
  if (
    user.unusable === true ||
    isProtectedUser(work.input, user) ||
    work.correlation.frozen.has(userId) ||
    work.users.leftAlone.has(userId)
  )
    return;
  if (work.leaving.has(userId) || (!user.active && !work.users.returning.has(userId))) return;
  const ref = {
    group: { key: groupSubject(name, null).key, id: group.id },
    user: { key: userSubject(user).key, id: userId },
  };
  const subject = membershipSubject(ref.user.key, name);
  const admin = group.members.get(userId)?.groupAdmin === true ? { is_group_admin: true as const } : {};
  work.operations.push(
    operation(
      'removeMember',
      subject,
      { before: { member: true, ...ref, ...admin }, after: { member: false, ...ref } },
      because(user),
    ),
  );
}

function leftReason(work: Work, user: CurrentUser, provenance: Provenance): Reason {
  const match = work.matchOf.get(user.id);
  const key = match?.person.keys[0];
  if (key === undefined)
    return unsourcedReason('notCalledFor', provenance.rule, 'no rule calls for this membership');
  return {
    code: 'leftGroup',
    rule: provenance.rule,
    source: key.source,
    externalId: key.externalId,
    text: `no longer in the source group that ${provenance.rule} reads`,
  };
}
