import { keyText } from '../../model/desired-state.ts';
import type { LinkRow } from '../../model/links.ts';
import type { Link, Memory, Store } from '../../model/store.ts';
import { compareText, folded } from '../../model/text.ts';

/**
 * The links that the state holds, by name: all of them, or those of one account or group, asked for by address, name,
 * `SOURCE:EXTERNALID` or Retool id. Sends nothing.
 */
export function linksOf(
  store: Pick<Store, 'memory' | 'lastReads'>,
  sources: readonly string[],
  asked: string | null,
): readonly LinkRow[] {
  const memory = store.memory(Number.MAX_SAFE_INTEGER);
  const read = recordsRead(store);
  return memory.links
    .map((link) => ({ ...link, name: nameOf(link, memory), record: recordOf(link, sources, read) }))
    .filter((row) => asked === null || isAsked(row, asked))
    .toSorted(
      (a, b) =>
        compareText(a.type, b.type) || compareText(a.name, b.name) || compareText(keyText(a), keyText(b)),
    );
}

function isAsked(row: LinkRow, asked: string): boolean {
  return folded(row.name) === folded(asked) || row.targetId === asked || keyText(row) === asked;
}

/** What people call the other end of a link: an address, or a group's name. */
export function nameOf({ type, targetId }: Link, { accounts, groups, invites }: Memory): string {
  if (type === 'group') return groups.get(targetId)?.name ?? targetId;
  return (type === 'user' ? accounts : invites).get(targetId)?.email ?? targetId;
}

/** What the last read of each source shows, by type and id; sources that no run has read are not in it. */
function recordsRead(store: Pick<Store, 'lastReads'>): ReadonlyMap<string, ReadonlySet<string>> {
  const snapshots = store.lastReads()?.snapshots ?? [];
  return new Map(
    snapshots.map(({ source, users, groups }) => [
      source,
      new Set([
        ...users.map(({ externalId }) => `user ${externalId}`),
        ...groups.map(({ externalId }) => `group ${externalId}`),
      ]),
    ]),
  );
}

function recordOf(
  { source, type, externalId }: Link,
  sources: readonly string[],
  read: ReadonlyMap<string, ReadonlySet<string>>,
): LinkRow['record'] {
  if (!sources.includes(source)) return 'sourceNotConfigured';
  const records = read.get(source);
  if (records === undefined) return 'unknown';
  return records.has(`${type === 'group' ? 'group' : 'user'} ${externalId}`) ? 'read' : 'notRead';
}
