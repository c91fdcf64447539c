import type { CurrentState, Visibility } from '../model/current-state.ts';
import { BridgeError } from '../model/errors.ts';
import type { MappingRules } from '../model/rules.ts';
import type { ReconcileParts } from './parts.ts';

/**
 * What the target holds. Where the organisation's plan hides accounts and groups (Business), only invites can be
 * kept in step: throws `targetUnauthorized` when the rules make accounts, or when the state manages accounts or
 * groups, since to that work everybody would seem to be missing.
 */
export async function readWholeTarget(
  { sink, mapping, store }: Pick<ReconcileParts, 'sink' | 'mapping' | 'store'>,
  signal: AbortSignal,
): Promise<CurrentState> {
  const current = await sink.read(signal);
  const hidden = hiddenLists(current.visible);
  if (hidden.length === 0) return current;
  const lacking = `the plan of this Retool organisation does not include ${hidden.join(' and ')} in the API, so they cannot be read`;
  if (current.visible.users === 'visible' || !onlyInvites(mapping))
    throw new BridgeError('targetUnauthorized', lacking, {
      remedy:
        'Users and groups need Enterprise. On Business the API has invites and user attributes only: with provision: invites, in mapping and in every rule that names it, people are invited.',
    });
  const { accounts, groups } = store.memory(0);
  if (accounts.size + groups.size > 0)
    throw new BridgeError('targetUnauthorized', `${lacking}, and this state manages some of them`, {
      remedy:
        'If the plan of the organisation was changed for good, begin with a new state; otherwise ask Retool.',
    });
  return current;
}

/** Whether no rule makes an account. */
export function onlyInvites({ provision, groups }: Pick<MappingRules, 'provision' | 'groups'>): boolean {
  return provision === 'invites' && groups.every((rule) => (rule.provision ?? 'invites') === 'invites');
}

/** The hidden lists by name. */
export function hiddenLists({ users, groups }: Visibility): readonly string[] {
  return [...(users === 'hidden' ? ['users'] : []), ...(groups === 'hidden' ? ['groups'] : [])];
}
