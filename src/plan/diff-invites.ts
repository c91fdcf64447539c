import { isExpired, type CurrentInvite } from '../model/current-state.ts';
import type { DesiredGroup, Provenance, Skip } from '../model/desired-state.ts';
import type { AdoptedValue, GroupRef, NewInvite, Operation, Reason, Subject } from '../model/operation.ts';
import type { ManagedInvite } from '../model/store.ts';
import { compareText, folded } from '../model/text.ts';
import type { Correlation, InviteLeaver, Match, WantedPerson } from './correlation.ts';
import { diffAttributes, type AttributeChanges } from './diff-attributes.ts';
import { firstValues, leavingReason, leavingText } from './diff-users.ts';
import { endOfGrace, minuteText } from './grace.ts';
import type { PlanInput } from './input.ts';
import { groupSubject, membershipSubject, operation, reasonFrom, unsourcedReason } from './operations.ts';
import type { GroupResolution, ResolvedGroup } from './resolve-groups.ts';

/** The operations on invites, and what was left alone. */
export interface InviteDiff {
  readonly operations: readonly Operation[];
  readonly skips: readonly Skip[];
}

interface Work {
  readonly input: PlanInput;
  readonly resolution: GroupResolution;
  readonly operations: Operation[];
  readonly skips: Skip[];
  /** Invites to be put into a group, by its key. */
  readonly additions: Map<string, { readonly group: ResolvedGroup; readonly invites: Joining[] }>;
}

interface Joining {
  readonly key: string;
  readonly id: string;
  readonly reason: Reason;
}

type Invited = Extract<Match, { readonly kind: 'invited' }>;

/** How often an invite that ran out is sent again when the configuration says nothing of it. */
const usualReissues = 2;

/** Compares every invited person with the invite, and revokes those of leavers and of people with an account. */
export function diffInvites(
  input: PlanInput,
  correlation: Correlation,
  resolution: GroupResolution,
): InviteDiff {
  const work: Work = { input, resolution, operations: [], skips: [], additions: new Map() };
  for (const leaver of correlation.inviteLeavers) planLeaver(work, leaver);
  for (const invite of correlation.superseded) {
    const text = 'its person has an account by now';
    work.operations.push(revocation(invite, unsourcedReason('hasAccount', null, text)));
  }
  for (const match of correlation.matches.values()) {
    if (match.kind === 'invite') planInvite(work, match.person);
    else if (match.kind === 'invited') planInvited(work, match);
    else if (match.kind === 'create' && match.instead !== null) {
      const text = 'it ran out, and an account is made instead';
      work.operations.push(revocation(match.instead, unsourcedReason('expired', 'provision', text)));
    }
  }
  for (const { group, invites } of work.additions.values()) work.operations.push(addition(group, invites));
  return work;
}

function revocation(invite: CurrentInvite, reason: Reason): Operation {
  const change = { before: { pending: true }, after: { pending: false } } as const;
  return operation('revokeInvite', inviteSubject(invite), change, reason);
}

function inviteSubject({ id, email }: CurrentInvite): Subject {
  return { type: 'invite', key: folded(email), id };
}

function planLeaver({ input, operations, skips }: Work, { invite, reason, key }: InviteLeaver): void {
  const subject = inviteSubject(invite);
  const skip = (code: string, text: string): void =>
    void skips.push({ subject, code, text: `${subject.key} is ${leavingText(reason, key)}, but ${text}` });
  const end = endOfGrace(input, reason, key);
  if (input.policy.leavers[reason] === 'keep') skip('kept', 'leavers of this kind are kept');
  else if (end > input.now) skip('grace', `may claim the invite until ${minuteText(end)}`);
  else operations.push(revocation(invite, leavingReason({ reason, key })));
}

function planInvite(work: Work, person: WantedPerson): void {
  const { account } = person;
  const subject: Subject = { type: 'invite', key: account.email, id: null };
  const after = newInvite(work, subject, person, 0);
  work.operations.push(
    operation(
      'inviteUser',
      subject,
      { before: null, after },
      reasonFrom('joiner', account.provenance, account.provenance.text),
      creationsOf(after.groups),
    ),
  );
}

/** The invite as the mapping wants it, with groups and attributes in it from the start. */
function newInvite(work: Work, subject: Subject, person: WantedPerson, reissues: number): NewInvite {
  const { account, keys } = person;
  const { metadata, sources, left } = firstValues(work.input, subject, account);
  work.skips.push(...left);
  const groups = groupsFor(work.resolution, account.email).map(refOf);
  return { email: account.email, groups, metadata, links: keys, sources, reissues };
}

function groupsFor({ groups }: GroupResolution, email: string): readonly ResolvedGroup[] {
  return groups.filter(({ desired }) => desired.members.has(email));
}

function refOf({ desired, current }: ResolvedGroup): GroupRef {
  return { key: groupSubject(desired.name, null).key, id: current?.id ?? null };
}

function creationsOf(groups: readonly GroupRef[]): readonly string[] {
  return groups.filter(({ id }) => id === null).map(({ key }) => `createGroup:${key}`);
}

function planInvited(work: Work, match: Invited): void {
  const { input } = work;
  const { person, invite, managed } = match;
  if (isExpired(invite, input.now)) {
    planExpired(work, match);
    return;
  }
  const subject = inviteSubject(invite);
  const attributes = diffAttributes(input, person, {
    subject,
    metadata: invite.metadata,
    active: true,
    owned: managed?.attributes ?? new Map(),
  });
  work.skips.push(...attributes.left);
  const adoption = planAdoption(work, match, subject, attributes);
  if (adoption !== null) work.operations.push(adoption);
  const dependsOn = adoption === null || managed !== null ? [] : [adoption.id];
  const write = attributeWrite(person, subject, attributes, dependsOn);
  if (write !== null) work.operations.push(write);
  planMemberships(work, match);
}

/** Nobody claimed it in time: it is sent again as often as the rules say, and then no more. */
function planExpired(work: Work, { person, invite, managed }: Invited): void {
  const { account } = person;
  const subject = inviteSubject(invite);
  const most = work.input.policy.invites?.reissue ?? usualReissues;
  const sent = managed?.reissues ?? 0;
  if (sent >= most) {
    const times = `${sent + 1} ${sent === 0 ? 'time' : 'times'}`;
    const text = `the invite of ${account.email} ran out, and it was sent ${times} already (invites.reissue: ${most})`;
    work.skips.push({ subject, code: 'inviteExpired', text });
    return;
  }
  const after = newInvite(work, subject, person, sent + 1);
  const text = `nobody claimed it until ${minuteText(Date.parse(invite.expiresAt ?? ''))}; ${account.provenance.text}`;
  work.operations.push(
    operation(
      'reissueInvite',
      subject,
      { before: { key: subject.key, id: invite.id }, after },
      reasonFrom('expired', account.provenance, text),
      creationsOf(after.groups),
    ),
  );
}

function planAdoption(
  { input, resolution }: Work,
  { person, invite, managed, newKeys }: Invited,
  subject: Subject,
  { adopted }: AttributeChanges,
): Operation | null {
  const { account } = person;
  const attributes: Record<string, AdoptedValue> = Object.create(null);
  for (const [name, value] of adopted) attributes[name] = value;
  const isOurs = (id: string): boolean => managed?.groups.has(id) === true;
  const groups =
    input.policy.adoptMemberships === 'none'
      ? []
      : groupsFor(resolution, account.email).flatMap((group) =>
          group.current !== null && invite.groups.has(group.current.id) && !isOurs(group.current.id)
            ? [refOf(group)]
            : [],
        );
  if (newKeys.length === 0 && adopted.size === 0 && groups.length === 0) return null;
  const [code, text] =
    managed === null
      ? ['sameAddress', `an invite was sent to the address already; ${account.provenance.text}`]
      : newKeys.length > 0
        ? ['newSource', `also known to ${newKeys.map((key) => key.source).join(', ')}`]
        : ['alreadyThere', 'already as the mapping wants'];
  return operation(
    'adopt',
    subject,
    {
      before: { id: invite.id, managed: managed !== null },
      after: { links: newKeys, attributes, groups },
    },
    reasonFrom(code, account.provenance, text),
  );
}

/** Invites have a route for one attribute at a time and none for several. */
function attributeWrite(
  { account }: WantedPerson,
  subject: Subject,
  { changes }: AttributeChanges,
  dependsOn: readonly string[],
): Operation | null {
  const [first] = changes.values();
  if (first === undefined) return null;
  const before: Record<string, string | null> = Object.create(null);
  const after: Record<string, string | null> = Object.create(null);
  const sources: Record<string, string> = Object.create(null);
  for (const [name, change] of changes) {
    before[name] = change.before;
    after[name] = change.after;
    sources[name] = change.source;
  }
  const kind = Object.values(after).every((value) => value === null) ? 'clearAttributes' : 'setAttributes';
  const drift = [...changes].flatMap(([name, { code }]) => (code === 'drift' ? [`attributes.${name}`] : []));
  const code = changes.size === 1 ? first.code : drift.length === changes.size ? 'drift' : 'changed';
  const text = `${[...changes.keys()].join(', ')} ${changes.size === 1 ? 'differs' : 'differ'}: ${(changes.size === 1 ? first : account).provenance.text}`;
  const marks = { sources, ...(drift.length === 0 ? {} : { drift }) };
  return operation(
    kind,
    subject,
    { before: { metadata: before }, after: { metadata: after, ...marks } },
    reasonFrom(code, changes.size === 1 ? first.provenance : account.provenance, text),
    dependsOn,
  );
}

/** Puts the invite into the groups that rules call for, and takes it out of those that none does any more. */
function planMemberships(work: Work, match: Invited): void {
  const { resolution, additions, operations } = work;
  const { person, invite } = match;
  const { email } = person.account;
  for (const group of groupsFor(resolution, email)) {
    if (group.current !== null && invite.groups.has(group.current.id)) continue;
    const reason = joiningReason(group, email);
    const { key } = refOf(group);
    const joining = additions.get(key) ?? { group, invites: [] };
    joining.invites.push({ key: folded(invite.email), id: invite.id, reason });
    additions.set(key, joining);
  }
  for (const { group, provenance } of leftGroups(work, match))
    operations.push(removal(invite, group, provenance));
}

function joiningReason({ desired }: ResolvedGroup, email: string): Reason {
  const { provenance } = desired.members.get(email) ?? desired;
  return reasonFrom('joinedGroup', provenance, provenance.text);
}

function addition(group: ResolvedGroup, joining: readonly Joining[]): Operation {
  const { desired, current } = group;
  const subject = groupSubject(desired.name, current?.id ?? null);
  const invites = joining.toSorted((a, b) => compareText(a.key, b.key));
  const who = `${invites.length} ${invites.length === 1 ? 'invite joins' : 'invites join'}`;
  return operation(
    'addInvitesToGroup',
    subject,
    { before: { invites: [] }, after: { invites } },
    reasonFrom('joinedGroup', desired.provenance, `${who}, ${desired.provenance.text}`),
    current === null ? [`createGroup:${subject.key}`] : [],
  );
}

interface LeftGroup {
  readonly group: GroupRef & { readonly id: string };
  readonly provenance: Provenance | null;
}

/** Groups that the invite is in and no rule calls for; those whose rules could not be judged are left. */
function leftGroups({ input, resolution }: Work, { person, invite, managed }: Invited): readonly LeftGroup[] {
  const { email } = person.account;
  const { memberships } = input.policy;
  if (memberships === 'additive') return [];
  const isTaken = (id: string): boolean =>
    invite.groups.has(id) && (memberships === 'authoritative' || isIn(managed, id));
  const judged = resolution.groups.flatMap(({ desired, current }) =>
    current !== null && isTaken(current.id) && isCalledOff(desired, email)
      ? [
          {
            group: { key: groupSubject(desired.name, null).key, id: current.id },
            provenance: desired.provenance,
          },
        ]
      : [],
  );
  const orphaned = resolution.orphaned.flatMap(({ managed: group }) =>
    invite.groups.has(group.id) && isIn(managed, group.id)
      ? [{ group: { key: groupSubject(group.name, null).key, id: group.id }, provenance: null }]
      : [],
  );
  return [...judged, ...orphaned];
}

function isIn(managed: ManagedInvite | null, group: string): boolean {
  return managed?.groups.has(group) === true;
}

function isCalledOff({ members, undecided, completeness }: DesiredGroup, email: string): boolean {
  return completeness.state === 'complete' && !members.has(email) && !undecided.has(email);
}

function removal(invite: CurrentInvite, group: LeftGroup['group'], provenance: Provenance | null): Operation {
  const ref = { group, invite: { key: folded(invite.email), id: invite.id } };
  const reason =
    provenance === null
      ? unsourcedReason('noRule', null, 'no rule calls for the group any more')
      : reasonFrom('leftGroup', provenance, `no longer in the source group that ${provenance.rule} reads`);
  const change = { before: { member: true, ...ref }, after: { member: false, ...ref } };
  return operation('removeInviteFromGroup', membershipSubject(ref.invite.key, group.key), change, reason);
}
