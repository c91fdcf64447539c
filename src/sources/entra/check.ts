import type { AccessTokens } from '../../http/access-tokens.ts';
import { BridgeError } from '../../model/errors.ts';
import { failedCheck, type CheckResult } from '../../model/source.ts';
import type { CallUse, EntraClient } from './client.ts';
import { idOf, personOf } from './convert.ts';
import { explained } from './failures.ts';
import { AppRoleAssignment, type EntraScope } from './schema.ts';

export interface CheckParts {
  readonly source: string;
  readonly scope: EntraScope;
  readonly client: EntraClient;
  readonly tokens: AccessTokens;
  readonly use: CallUse;
}

type Finding = Pick<CheckResult, 'verdict' | 'text' | 'remedy'>;

/** One list that was tried, with the rows of its first page; none when it could not be read. */
interface Tried {
  readonly result: CheckResult;
  readonly rows: readonly unknown[];
}

/** Signs in and reads a few rows of every list that the scope needs. What the tenant says is a result, never thrown. */
export async function checkTenant(parts: CheckParts): Promise<readonly CheckResult[]> {
  const token = await checkToken(parts);
  if (token.verdict === 'failed') return [token];
  const { enterpriseApp } = parts.scope;
  const tried = enterpriseApp === undefined ? await tryGroups(parts) : await tryApp(enterpriseApp, parts);
  const people = await tryList(parts, 'people', '/users?$top=1&$select=id,accountEnabled', judgePeople);
  return [token, ...tried.map(({ result }) => result), people.result];
}

async function checkToken({ source, tokens, use }: CheckParts): Promise<CheckResult> {
  const subject = `${source}: token`;
  try {
    await tokens.current(use.signal);
    return { subject, verdict: 'ok', text: 'Entra gives a token.' };
  } catch (error) {
    return failed(subject, error, use);
  }
}

async function tryGroups(parts: CheckParts): Promise<readonly Tried[]> {
  const groups = await tryList(parts, 'groups', '/groups?$top=1&$select=id', (rows) =>
    rows.length === 0
      ? { verdict: 'warning', text: 'The tenant has none.', remedy: 'Is tenantId the tenant you mean?' }
      : readable,
  );
  return [groups, ...(await tryMembers(idOf(groups.rows[0]), parts))];
}

async function tryApp(app: string, parts: CheckParts): Promise<readonly Tried[]> {
  const path = `/servicePrincipals/${app}/appRoleAssignedTo?$top=20`;
  const assignments = await tryList(parts, 'assignments', path, (rows) =>
    rows.length === 0
      ? {
          verdict: 'warning',
          text: 'Nobody is assigned to the application.',
          remedy: 'Assign people or groups to it, or scope by groups.',
        }
      : readable,
  );
  const known = assignments.rows.flatMap((row) => AppRoleAssignment.safeParse(row).data ?? []);
  const group = known.find(({ principalType }) => principalType === 'Group');
  return [assignments, ...(await tryMembers(group?.principalId ?? null, parts))];
}

/** Members can be tried where there is a group. */
async function tryMembers(group: string | null, parts: CheckParts): Promise<readonly Tried[]> {
  if (group === null) return [];
  const list = parts.scope.nested === true ? 'transitiveMembers' : 'members';
  return [await tryList(parts, 'members', `/groups/${group}/${list}?$top=1&$select=id`, () => readable)];
}

const readable: Finding = { verdict: 'ok', text: 'They can be read.' };
const remedy = 'Give the app the application permission User.Read.All and grant admin consent.';

/** Without the permission Graph may show people without their properties. */
function judgePeople([row]: readonly unknown[]): Finding {
  if (row === undefined) return { verdict: 'failed', text: 'The tenant shows nobody.', remedy };
  const person = personOf(row, 'include');
  return person.state === 'rejected' ? { verdict: 'failed', text: person.text, remedy } : readable;
}

async function tryList(
  { source, client, use }: CheckParts,
  what: string,
  path: string,
  judge: (rows: readonly unknown[]) => Finding,
): Promise<Tried> {
  const subject = `${source}: ${what}`;
  try {
    const { value: rows = [] } = await client.pages(path, use).next();
    return { result: { subject, ...judge(rows) }, rows };
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
