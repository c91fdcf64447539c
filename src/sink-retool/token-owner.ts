import { faultOf } from '../model/stated.ts';
import type { Secret } from '../model/secret.ts';
import type { TokenOwner } from '../model/preflight.ts';
import { describeAnswer } from './answer.ts';
import type { Client } from './client.ts';
import { AccessToken, List, type User } from './schema.ts';

export interface OwnerParts {
  readonly client: Client;
  readonly token: Secret;
}

/**
 * Asks whose token is in use: one call. The list of tokens tells their last four characters and the number of the
 * account that made each; `users` says which account has that number. null when nobody could say, so that it is worth
 * asking again.
 */
export async function askForOwner(
  { client, token }: OwnerParts,
  users: readonly User[],
  signal: AbortSignal,
): Promise<TokenOwner | null> {
  const answer = await client.call(
    { method: 'GET', path: ['access_tokens'], repeats: 'read', priority: 0 },
    signal,
  );
  if (answer.state === 'unclear') return null;
  if (answer.state === 'refused')
    return answer.status === 429 ? null : unseen(`GET /access_tokens: ${describeAnswer(answer)}`);
  const list = List.safeParse(answer.body);
  if (!list.success) return unseen(`the list of tokens cannot be used: ${faultOf(list.error)}`);
  return ownerAmong(list.data.data, token.reveal().slice(-4), users);
}

/** Two tokens may end alike; then their makers must be one. */
function ownerAmong(rows: readonly unknown[], last4: string, users: readonly User[]): TokenOwner {
  const owners = new Set(
    rows.flatMap((row) => {
      const { data } = AccessToken.safeParse(row);
      return data?.last4 === last4 ? [data.owner_legacy_id] : [];
    }),
  );
  const [owner, ...others] = owners;
  if (owner === undefined) return unseen('the list of tokens has none that ends like the one in use');
  if (others.length > 0) return unseen('tokens of several accounts end like the one in use');
  const user = users.find(({ legacy_id }) => legacy_id === owner);
  return user === undefined
    ? unseen('the account that made the token is not in the list of users')
    : { state: 'known', userId: user.id };
}

function unseen(because: string): TokenOwner {
  return { state: 'unseen', because };
}
