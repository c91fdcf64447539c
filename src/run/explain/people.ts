import { attributeText, type CurrentGroup, type CurrentUser } from '../../model/current-state.ts';
import type { DesiredGroup, Person } from '../../model/desired-state.ts';
import type { AttributeTrace, GroupTrace, PersonTrace } from '../../model/explanation.ts';
import type { Operation } from '../../model/operation.ts';
import { folded } from '../../model/text.ts';
import type { ManagedAccount } from '../../model/store.ts';
import type { Match, WantedPerson } from '../../plan/correlation.ts';
import { attributesToCompare, chooseValue } from '../../plan/diff-attributes.ts';
import { isProtectedGroup } from '../../plan/input.ts';
import { groupSubject } from '../../plan/operations.ts';
import { emailOf } from '../../plan/who.ts';
import type { Explaining } from './parts.ts';

/** What the mapping decided about each person that is meant, and the account they have. */
export function peopleOf(explaining: Explaining): readonly PersonTrace[] {
  return explaining.people.map((person) => personOf(explaining, person));
}

function personOf(explaining: Explaining, person: Person): PersonTrace {
  const { tracer } = explaining;
  const [first = { source: '', externalId: '' }] = person.keys;
  const match = matchOf(explaining, person);
  const user = match.account === null ? null : (explaining.index.userById.get(match.account) ?? null);
  return {
    keys: person.keys,
    state: person.state,
    email: emailOf(person),
    text: textOfState(explaining, person),
    decides: first,
    scope: person.state === 'inactive' ? null : tracer.scopeOf(person.keys),
    fields: person.state === 'wanted' ? fieldsOf(explaining, person, user) : [],
    attributes: person.state === 'wanted' ? attributesOf(explaining, person, user) : [],
    groups: groupsOf(explaining, person, user),
    refusedBy: person.state === 'wanted' ? tracer.refusals(person.keys) : [],
    match,
  };
}

function textOfState(explaining: Explaining, person: Person): string {
  if (person.state === 'wanted') return person.account.provenance.text;
  if (person.state !== 'frozen') return person.provenance.text;
  if (person.because === 'sourceUnread')
    return `${person.keys[0]?.source ?? 'the source'} decides about this person, and could not be read`;
  const skip = explaining.skips.find(({ code }) => code === person.because);
  return skip?.text ?? person.because;
}

function matchOf(explaining: Explaining, person: Person): PersonTrace['match'] {
  const email = emailOf(person);
  const conflict = explaining.conflicts.find(({ subject }) => subject.key === email);
  const linked = person.keys.map((key) => explaining.index.linkedUser.get(`${key.source}:${key.externalId}`));
  const account = linked.find((id) => id !== undefined) ?? null;
  if (person.state !== 'wanted') {
    if (account !== null) return { by: 'link', account, text: `linked to ${account}` };
    return { by: 'nothing', account: null, text: 'linked to no account' };
  }
  const match = explaining.correlation.matches.get(person.account.email);
  if (match?.kind === 'managed')
    return { by: 'link', account: match.user.id, text: `linked to ${match.user.id}` };
  if (match?.kind === 'adopt')
    return { by: 'address', account: match.user.id, text: `${match.user.id} has the same address` };
  if (match?.kind === 'replace')
    return {
      by: 'link',
      account: match.user.id,
      text: `linked to ${match.user.id}, which is to be replaced`,
    };
  if (match?.kind === 'invited')
    return { by: 'nothing', account: null, text: `invite ${match.invite.id} was not claimed yet` };
  if (match?.kind === 'create' || match?.kind === 'invite')
    return { by: 'nothing', account: null, text: 'there is no account' };
  if (conflict !== undefined) return { by: 'conflict', account, text: conflict.text };
  const skip = explaining.skips.find(({ code }) => code === 'protected' || code === 'pendingInvite');
  return { by: 'nothing', account: skip?.subject.id ?? null, text: skip?.text ?? 'there is no account' };
}

function fieldsOf(
  explaining: Explaining,
  { account }: WantedPerson,
  user: CurrentUser | null,
): PersonTrace['fields'] {
  const fields = [
    { name: 'first_name', value: account.firstName, current: user?.firstName ?? null },
    { name: 'last_name', value: account.lastName, current: user?.lastName ?? null },
    ...(account.userType === null
      ? []
      : [{ name: 'user_type', value: account.userType, current: user?.userType ?? null }]),
  ] as const;
  const expressions: Readonly<Record<string, string | null>> = { ...explaining.mapping.user };
  return fields.map((field) => ({ ...field, rule: expressions[field.name] ?? `user.${field.name}` }));
}

function attributesOf(
  explaining: Explaining,
  person: WantedPerson,
  user: CurrentUser | null,
): readonly AttributeTrace[] {
  const { input } = explaining;
  const invited = user === null ? invitedAs(explaining, person.account.email) : null;
  const holder = user ?? invited?.invite ?? null;
  const managed = user === null ? invited?.managed : input.memory.accounts.get(user.id);
  const owned: ManagedAccount['attributes'] = managed?.attributes ?? new Map();
  return [...attributesToCompare(input, owned)].map((name) => {
    const ours = owned.get(name) ?? null;
    const choice = chooseValue(input, person, name, ours?.source ?? null);
    const offers = (person.account.attributes.get(name) ?? []).map(({ value, provenance }) => ({
      source: provenance.source,
      value,
    }));
    return {
      name,
      offers,
      chosen:
        choice === null || choice === 'undecided'
          ? null
          : { source: choice.provenance.source, value: choice.value },
      undecided: choice === 'undecided',
      current: holder === null ? null : attributeText(holder, name),
      ours,
    };
  });
}

/** The invite that stands for an account which is not there yet. */
function invitedAs(
  { correlation }: Explaining,
  email: string | null,
): Extract<Match, { readonly kind: 'invited' }> | null {
  const match = correlation.matches.get(email ?? '');
  return match?.kind === 'invited' ? match : null;
}

/** The groups that rules call for and those the account is in, by name. */
function groupsOf(explaining: Explaining, person: Person, user: CurrentUser | null): readonly GroupTrace[] {
  const { input, resolution } = explaining;
  const email = emailOf(person);
  const desired = input.desired.groups.filter((group) => email !== null && group.members.has(email));
  const currentOf = new Map(
    resolution.groups.map(({ desired: group, current }): [DesiredGroup, CurrentGroup | null] => [
      group,
      current,
    ]),
  );
  const called = desired.map((group) =>
    groupOf(explaining, person, user, group.name, currentOf.get(group) ?? byName(explaining, group.name)),
  );
  const seen = new Set(called.map(({ id }) => id));
  const held = input.current.groups.filter(
    (group) =>
      user !== null && group.members.has(user.id) && !seen.has(group.id) && group.name !== 'All Users',
  );
  return [...called, ...held.map((group) => groupOf(explaining, person, user, group.name, group))];
}

function byName({ index }: Explaining, name: string): CurrentGroup | null {
  return index.groupsByName.get(name)?.[0] ?? null;
}

function groupOf(
  explaining: Explaining,
  person: Person,
  user: CurrentUser | null,
  name: string,
  current: CurrentGroup | null,
): GroupTrace {
  const { input, tracer } = explaining;
  const invited = user === null ? invitedAs(explaining, emailOf(person)) : null;
  const member =
    user === null
      ? invited?.invite.groups.has(current?.id ?? '') === true
        ? { groupAdmin: false }
        : undefined
      : current?.members.get(user.id);
  const calledFor =
    person.state === 'wanted' ? tracer.callsFor(person.keys).filter(({ to }) => to === name) : [];
  const isOurs =
    current !== null &&
    (user === null
      ? invited?.managed?.groups.has(current.id) === true
      : input.memory.groups.get(current.id)?.members.has(user.id) === true);
  const trace = {
    name,
    id: current?.id ?? null,
    calledFor: calledFor.map(({ rule, text }) => ({ rule, text })),
    groupAdmin: member?.groupAdmin ?? null,
    isMember: member !== undefined,
    isOurs,
    pending: pendingFor(explaining, name),
  };
  return { ...trace, because: whyUnchanged(explaining, trace, user) };
}

function pendingFor({ pending }: Explaining, name: string): GroupTrace['pending'] {
  const key = groupSubject(name, null).key;
  const operation = pending.map((one) => one.operation).find((one) => isAboutGroup(one, key));
  switch (operation?.kind) {
    case 'addMembers':
      return 'add';
    case 'removeMember':
      return 'remove';
    case 'adopt':
      return 'adopt';
    case 'setGroupAdmin':
      return 'changeAdmin';
    default:
      return null;
  }
}

function isAboutGroup(operation: Operation, key: string): boolean {
  if (operation.kind === 'addMembers') return operation.subject.key === key;
  if (operation.kind === 'removeMember' || operation.kind === 'setGroupAdmin')
    return operation.before.group.key === key;
  return operation.kind === 'adopt' && 'member' in operation.after && operation.after.group.key === key;
}

/** Why a membership that rules call for is not made, or one that none calls for stays. */
function whyUnchanged(
  explaining: Explaining,
  group: Omit<GroupTrace, 'because'>,
  user: CurrentUser | null,
): string | null {
  const { policy, desired } = explaining.input;
  if (group.pending !== null || (group.calledFor.length > 0 && group.isMember)) return null;
  const { key } = groupSubject(group.name, null);
  const remark = [...explaining.skips, ...explaining.conflicts].find(
    ({ subject }) => subject.type === 'group' && subject.key === key,
  );
  if (remark !== undefined) return remark.text;
  if (isProtectedGroup(group.name, policy)) return 'the group is protected: the bridge leaves it alone';
  if (user !== null && !user.active)
    return 'the account is disabled, so that its memberships give nothing and are left as they are';
  if (user !== null && explaining.correlation.frozen.has(user.id)) return 'nothing is done to the account';
  if (group.calledFor.length > 0) return null;
  if (policy.memberships === 'additive') return 'memberships: additive takes nothing away';
  const fed = desired.groups.find(({ name }) => name === group.name);
  if (fed !== undefined && isUndecided(fed, explaining)) return 'a rule could not decide about this person';
  if (fed?.completeness.state === 'partial')
    return `what feeds the group is incomplete: ${fed.completeness.because}`;
  return group.isOurs ? null : 'no rule calls for it, and the bridge did not give it: it is left alone';
}

function isUndecided({ undecided }: DesiredGroup, { who }: Explaining): boolean {
  return [...who.emails].some((email) => undecided.has(folded(email)));
}
