import type { Notice } from '../model/desired-state.ts';
import { count, compareText, folded } from '../model/text.ts';
import type { PlanInput } from './input.ts';
import { emailOf } from './who.ts';

/** More addresses than this are left to `accounts --unmanaged`. */
const mostNamed = 10;

/**
 * Active accounts that no source knows and that are not in our management: nobody will take their access away.
 * One notice for all of them. Protected accounts are meant to be there, and are left out.
 */
export function unknownAccounts({ current, desired, memory, policy }: PlanInput): readonly Notice[] {
  // What was not read whole may know them.
  if (desired.completeSources.size < desired.sources.length) return [];
  const known = new Set<string>(policy.protect.users);
  for (const person of desired.people) {
    const email = emailOf(person);
    if (email !== null) known.add(folded(email));
  }
  const linked = new Set(memory.links.filter(({ type }) => type === 'user').map(({ targetId }) => targetId));
  const unknown = current.users
    .filter(
      ({ id, active, email, ownsToken }) =>
        active &&
        ownsToken !== true &&
        !linked.has(id) &&
        !memory.accounts.has(id) &&
        !known.has(folded(email)),
    )
    .map(({ email }) => folded(email))
    .toSorted(compareText);
  if (unknown.length === 0) return [];
  const named = unknown.slice(0, mostNamed).join(', ');
  const rest = unknown.length > mostNamed ? `${named} and ${unknown.length - mostNamed} more` : named;
  return [
    {
      code: 'unknownAccounts',
      text: `${count(unknown.length, 'active account')} in Retool ${unknown.length === 1 ? 'is' : 'are'} known to no source: ${rest} (retool-bridge accounts --unmanaged lists them)`,
    },
  ];
}
