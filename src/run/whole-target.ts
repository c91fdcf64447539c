import type { CurrentState, Visibility } from '../model/current-state.ts';
import { BridgeError } from '../model/errors.ts';
import type { Sink } from '../model/sink.ts';

/**
 * What the target holds, for work that needs accounts and groups. Throws `targetUnauthorized` when the
 * organisation's plan hides them: to that work everybody would seem to be missing.
 */
export async function readWholeTarget(sink: Pick<Sink, 'read'>, signal: AbortSignal): Promise<CurrentState> {
  const current = await sink.read(signal);
  const hidden = hiddenLists(current.visible);
  if (hidden.length === 0) return current;
  throw new BridgeError(
    'targetUnauthorized',
    `the plan of this Retool organisation does not include ${hidden.join(' and ')} in the API, so they cannot be read`,
    { remedy: 'Users and groups need Enterprise; on Business the API has invites and user attributes only.' },
  );
}

/** The hidden lists by name. */
export function hiddenLists({ users, groups }: Visibility): readonly string[] {
  return [...(users === 'hidden' ? ['users'] : []), ...(groups === 'hidden' ? ['groups'] : [])];
}
