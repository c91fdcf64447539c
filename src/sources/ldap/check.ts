import { BridgeError } from '../../model/errors.ts';
import { failedCheck, type CheckResult } from '../../model/source.ts';
import type { CallUse, LdapClient, Search } from './client.ts';
import { groupAttributes, groupOf, peopleAttributes, personOf, schemaOf, usualFilters } from './convert.ts';
import type { LdapEntry } from './entry.ts';
import { explained } from './failures.ts';
import { kindOf } from './read.ts';
import type { LdapOptions } from './schema.ts';

export interface CheckParts {
  readonly source: string;
  readonly options: LdapOptions;
  readonly open: (signal: AbortSignal) => Promise<LdapClient>;
  readonly use: CallUse;
}

/** Signs in and reads a page of people and of groups. What the directory says is a result, never thrown. */
export async function checkDirectory(parts: CheckParts): Promise<readonly CheckResult[]> {
  const { source, options, use } = parts;
  const subject = `${source}: bind`;
  let client: LdapClient | null = null;
  try {
    client = await parts.open(use.signal);
    const found = await kindOf(client, use);
    const kind = options.kind ?? found;
    const schema = schemaOf(options, kind);
    const told = found === 'activeDirectory' ? 'Active Directory' : 'no Active Directory';
    const signedIn: CheckResult =
      kind === found
        ? { subject, verdict: 'ok', text: `The directory takes the password; it is ${told}.` }
        : {
            subject,
            verdict: 'warning',
            text: `The server says of itself that it is ${told}.`,
            remedy: 'Correct kind, or leave it out.',
          };
    const { base, filter = usualFilters[kind].people, groups = {} } = options;
    const people = { base, scope: 'sub', filter, attributes: peopleAttributes(schema) } as const;
    const { filter: groupFilter = usualFilters[kind].groups, base: groupBase = base } = groups;
    const listOfGroups = {
      base: groupBase,
      scope: 'sub',
      filter: groupFilter,
      attributes: groupAttributes(schema, 'withoutMembers'),
    } as const;
    return [
      signedIn,
      await tryList(client, people, {
        subject: `${source}: people`,
        use,
        fault: (entry) => faultIn(personOf(entry, schema)),
      }),
      await tryList(client, listOfGroups, {
        subject: `${source}: groups`,
        use,
        fault: (entry) => faultIn(groupOf(entry, schema)),
      }),
    ];
  } catch (error) {
    return [failed(subject, error, use)];
  } finally {
    client?.close();
  }
}

function faultIn(row: { readonly state: string; readonly text?: string }): string | null {
  return row.state === 'rejected' ? (row.text ?? '') : null;
}

interface Trial {
  readonly subject: string;
  readonly use: CallUse;
  /** What is wrong with an entry; null when nothing is. */
  readonly fault: (entry: LdapEntry) => string | null;
}

async function tryList(
  client: LdapClient,
  search: Search,
  { subject, use, fault }: Trial,
): Promise<CheckResult> {
  try {
    const { value } = await client.pages(search, use).next();
    const entries: readonly LdapEntry[] = value?.entries ?? [];
    if (entries.length === 0)
      return { subject, verdict: 'warning', text: 'There are none.', remedy: 'Check base and filter.' };
    const faults = entries.flatMap((entry) => fault(entry) ?? []);
    if (faults.length === 0) return { subject, verdict: 'ok', text: 'They can be read.' };
    return {
      subject,
      verdict: 'warning',
      text: `${faults.length} of the first ${entries.length} can't be used, one because of ${faults[0]}`,
      remedy:
        'Correct these entries, narrow the filter, or name other attributes; until then nobody loses access because of them.',
    };
  } catch (error) {
    return failed(subject, error, use);
  }
}

function failed(subject: string, error: unknown, { signal }: CallUse): CheckResult {
  const told = explained(error);
  if (signal.aborted) throw error;
  if (told instanceof BridgeError) return failedCheck(subject, told);
  throw error;
}
