import type { LastReads } from '../model/reads.ts';
import type { Memory } from '../model/store.ts';
import { folded } from '../model/text.ts';
import type { AccountRow } from '../report/accounts.ts';

/** Everybody is in this group of Retool's own, so it says nothing about an account. */
const everybody = 'All Users';

/** The accounts of the target as it was last read, and whether any source knows them; sorted by address. */
export function accountRows({ current, snapshots }: LastReads, memory: Memory): readonly AccountRow[] {
  const known = new Set(
    snapshots
      .flatMap(({ users }) => users.flatMap(({ email, userName }) => [email, userName]))
      .flatMap((address) => (address === undefined ? [] : [folded(address)])),
  );
  const linked = new Set(memory.links.filter(({ type }) => type === 'user').map(({ targetId }) => targetId));
  const groupsOf = new Map<string, string[]>();
  for (const { name, members } of current.groups) {
    if (name === everybody) continue;
    for (const id of members.keys()) {
      const names = groupsOf.get(id);
      if (names === undefined) groupsOf.set(id, [name]);
      else names.push(name);
    }
  }
  return current.users
    .map(({ id, email, active, isAdmin, lastActive }) => ({
      email: folded(email),
      active,
      unmanaged: !memory.accounts.has(id) && !linked.has(id) && !known.has(folded(email)),
      lastActive,
      groups: (groupsOf.get(id) ?? []).sort(),
      admin: isAdmin,
    }))
    .sort((a, b) => (a.email < b.email ? -1 : 1));
}
