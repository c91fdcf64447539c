import { keyText, type SourceKey } from '../../model/desired-state.ts';
import type { AccountTrace, HeldMembership, LinkTrace } from '../../model/explanation.ts';
import type { CurrentUser } from '../../model/current-state.ts';
import { isProtectedUser } from '../../plan/correlation.ts';
import type { Explaining } from './parts.ts';

/** The accounts that are the person's, or may be, as Retool holds them and as we remember them. */
export function accountsOf(explaining: Explaining): readonly AccountTrace[] {
  return [...explaining.who.accounts].toSorted().map((id) => accountOf(explaining, id));
}

function accountOf(explaining: Explaining, id: string): AccountTrace {
  const { index, input } = explaining;
  const user = index.userById.get(id);
  const managed = input.memory.accounts.get(id);
  return {
    id,
    email: user?.email ?? managed?.email ?? '',
    active: user?.active ?? null,
    isAdmin: user?.isAdmin ?? false,
    lastActive: user?.lastActive ?? null,
    origin: managed?.origin ?? null,
    disabledByUs: managed?.disabledByUs ?? false,
    links: (index.keysOfUser.get(id) ?? []).map((key) => linkOf(explaining, key)),
    groups: membershipsOf(explaining, id),
    protections: user === undefined ? [] : protectionsOf(explaining, user),
  };
}

function linkOf({ input }: Explaining, { source, externalId }: SourceKey): LinkTrace {
  const { desired, absences } = input;
  const key = keyText({ source, externalId });
  const record = !desired.sources.includes(source)
    ? 'sourceNotConfigured'
    : desired.seenPeople.has(key)
      ? 'read'
      : 'notRead';
  return { source, externalId, record, absence: record === 'notRead' ? (absences.get(key) ?? null) : null };
}

function membershipsOf({ input }: Explaining, id: string): readonly HeldMembership[] {
  return input.current.groups.flatMap((group) => {
    const member = group.members.get(id);
    if (member === undefined || group.name === 'All Users') return [];
    const isOurs = input.memory.groups.get(group.id)?.members.has(id) === true;
    return [{ name: group.name, id: group.id, groupAdmin: member.groupAdmin, isOurs }];
  });
}

function protectedText({ ownsToken }: CurrentUser): string {
  return ownsToken === true
    ? 'the API token of the bridge belongs to it: it is never written to'
    : 'protect.users names it: it is never written to';
}

function protectionsOf({ input, index, correlation }: Explaining, user: CurrentUser): readonly string[] {
  const { protect } = input.policy;
  const admins = input.current.users.filter(({ isAdmin, active }) => isAdmin && active).length;
  return [
    ...(isProtectedUser(input, user) ? [protectedText(user)] : []),
    ...(user.isAdmin && !protect.allow.includes('admin')
      ? ['it is an admin of Retool: the bridge never disables it, nor takes it out of "admin"']
      : []),
    ...(user.isAdmin && user.active && protect.allow.includes('admin')
      ? [`it is one of ${admins} active admins, of whom ${protect.admins} have to stay (protect.admins)`]
      : []),
    ...(index.twins.has(user.id)
      ? ['another account has the same address but for case: neither is touched']
      : []),
    ...(correlation.frozen.has(user.id) ? ['it is left exactly as it is in this plan'] : []),
  ];
}
