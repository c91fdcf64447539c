import { BridgeError } from '../../model/errors.ts';
import type { AccessTokens } from '../../http/access-tokens.ts';
import { failedCheck, type CheckResult } from '../../model/source.ts';
import type { CallUse } from './ask.ts';
import type { GoogleClient, Query } from './client.ts';
import { idOf, personOf } from './convert.ts';
import { explained } from './failures.ts';
import { peopleQuery } from './read.ts';
import type { GoogleOptions, ListName } from './schema.ts';

export interface CheckParts {
  readonly source: string;
  readonly options: GoogleOptions;
  readonly client: GoogleClient;
  readonly tokens: AccessTokens;
  readonly use: CallUse;
}

/** One list that was tried, with the rows of its first page; none when it could not be read. */
interface Tried {
  readonly result: CheckResult;
  readonly rows: readonly unknown[];
}

/** Signs in and reads a row or two of every list that a read needs. What Google says is a result, never thrown. */
export async function checkAccount(parts: CheckParts): Promise<readonly CheckResult[]> {
  const token = await checkToken(parts);
  if (token.verdict === 'failed') return [token];
  const { customer } = parts.options;
  const people = await tryList(parts, 'users', '/users', { ...peopleQuery(parts.options), maxResults: '1' });
  const groups = await tryList(parts, 'groups', '/groups', { customer, maxResults: '1' });
  const group = idOf(groups.rows[0]);
  const members =
    group === null ? [] : [await tryList(parts, 'members', `/groups/${group}/members`, { maxResults: '1' })];
  return [token, judgePeople(people), groups.result, ...members.map(({ result }) => result)];
}

async function checkToken({ source, tokens, use }: CheckParts): Promise<CheckResult> {
  const subject = `${source}: token`;
  try {
    await tokens.current(use.signal);
    return { subject, verdict: 'ok', text: 'Google gives a token.' };
  } catch (error) {
    return failed(subject, error, use);
  }
}

function judgePeople({ result, rows: [row] }: Tried): CheckResult {
  if (row === undefined) return result;
  const person = personOf(row);
  const remedy = 'Let auth.subject be an administrator: others see less of people.';
  return person.state === 'rejected'
    ? { subject: result.subject, verdict: 'failed', text: person.text, remedy }
    : result;
}

const words: Readonly<Record<ListName, string>> = { users: 'people', groups: 'groups', members: 'members' };

async function tryList(
  { source, client, use }: CheckParts,
  name: ListName,
  path: string,
  query: Query,
): Promise<Tried> {
  const subject = `${source}: ${words[name]}`;
  try {
    const { value: rows = [] } = await client.pages(name, path, query, use).next();
    const found: CheckResult =
      rows.length > 0 || name === 'members'
        ? { subject, verdict: 'ok', text: 'They can be read.' }
        : { subject, verdict: 'warning', text: 'There are none.', remedy: 'Check customer and query.' };
    return { result: found, rows };
  } catch (error) {
    return { result: failed(subject, error, use), rows: [] };
  }
}

function failed(subject: string, error: unknown, { signal }: CallUse): CheckResult {
  const told = explained(error);
  if (signal.aborted) throw error;
  if (told instanceof BridgeError) return failedCheck(subject, told);
  throw error;
}
