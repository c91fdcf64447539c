import type { CurrentState } from '../model/current-state.ts';
import { keyText, type SourceKey } from '../model/desired-state.ts';
import { BridgeError, messageOf } from '../model/errors.ts';
import { partial, type Snapshot } from '../model/snapshot.ts';
import type { Lookup, ReadProgress, Source } from '../model/source.ts';
import type { Link, Memory } from '../model/store.ts';
import { folded } from '../model/text.ts';
import type { Absence } from '../plan/input.ts';
import { shrinkagesOf } from '../plan/shrinkage.ts';
import type { ReconcileParts } from './parts.ts';
import { sizesOf } from './reads-summary.ts';

/** More missing people than this are not asked for one by one: a read that short is not believed anyway. */
const mostLookups = 1000;

/** What the state keeps of the sources' last reads. */
export interface KeptReads {
  /** From where a source may go on; null: it reads everything. */
  readonly baselineOf: (source: string) => Snapshot | null;
  /** What a source said last; it stands in for one that cannot be read. */
  readonly lastOf: (source: string) => Snapshot | null;
}

/**
 * Reads every source, side by side. An error never looks like an absence: one that cannot be read is `unread` in its
 * snapshot, so that its people are frozen and the other sources go on. When no source can be read, or nothing is kept
 * that could stand in, the first failure is thrown.
 */
export async function readSources(
  parts: Pick<ReconcileParts, 'sources' | 'progress' | 'logger' | 'clock'>,
  memory: Pick<Memory, 'snapshots'>,
  signal: AbortSignal,
  kept: KeptReads | null = null,
): Promise<Snapshot[]> {
  const outcomes = await Promise.all(
    parts.sources.map((source) => attempt(source, { parts, memory, signal, kept })),
  );
  const failures = outcomes.filter((outcome) => outcome.state === 'failed');
  const unforeseen = failures.find(({ error }) => !isOfSource(error));
  if (unforeseen !== undefined) throw unforeseen.error;
  const [first] = failures;
  if (first !== undefined && (kept === null || failures.length === outcomes.length))
    throw namingSource(first.error, first.source);
  return outcomes.map((outcome) =>
    outcome.state === 'read'
      ? outcome.snapshot
      : standIn(outcome, parts, kept?.lastOf(outcome.source) ?? null),
  );
}

/** What became of one source's read. */
type Outcome =
  | { readonly state: 'read'; readonly snapshot: Snapshot }
  | { readonly state: 'failed'; readonly source: string; readonly error: unknown };

async function attempt(
  source: Source,
  {
    parts,
    memory,
    signal,
    kept,
  }: {
    readonly parts: Pick<ReconcileParts, 'progress'>;
    readonly memory: Pick<Memory, 'snapshots'>;
    readonly signal: AbortSignal;
    readonly kept: KeptReads | null;
  },
): Promise<Outcome> {
  const earlier = memory.snapshots.get(source.id);
  const tell = (seen: ReadProgress): void =>
    parts.progress.reading({ ...seen, expected: earlier?.users ?? null });
  try {
    const snapshot = await source.read(signal, tell, kept?.baselineOf(source.id) ?? null);
    refuseLostGroups(snapshot, earlier?.groups ?? 0);
    return { state: 'read', snapshot };
  } catch (error) {
    return { state: 'failed', source: source.id, error };
  }
}

/** No groups at all where there were some is a scope or a role that went wrong, not a read. */
function refuseLostGroups({ groups, completeness }: Snapshot, before: number): void {
  if (before === 0 || groups.length > 0 || completeness.groups.state === 'partial') return;
  throw new BridgeError(
    'sourceEmpty',
    `It shows no groups at all, while its last complete read showed ${before}.`,
    {
      remedy: 'Look at its scope and permissions; nothing was changed.',
      retryable: true,
    },
  );
}

const codesOfSources = ['sourceUnauthorized', 'sourceUnreadable', 'sourceInvalid', 'sourceEmpty'];

/** Whether it says that a source cannot be read, and nothing of the run itself, such as that it was interrupted. */
function isOfSource(error: unknown): error is BridgeError {
  return error instanceof BridgeError && codesOfSources.includes(error.code);
}

/** What a source said last, marked as not read. Without a cursor: the next read is one of everything. */
function standIn(
  { source, error }: Extract<Outcome, { readonly state: 'failed' }>,
  { logger, clock }: Pick<ReconcileParts, 'logger' | 'clock'>,
  last: Snapshot | null,
): Snapshot {
  const unread = messageOf(error);
  const remedy = error instanceof BridgeError ? error.remedy : null;
  logger.warn({ source, error: unread, remedy }, 'A source cannot be read: its people stay as they are');
  const gap = partial(unread);
  return {
    source,
    takenAt: last?.takenAt ?? new Date(clock.now()).toISOString(),
    users: last?.users ?? [],
    groups: last?.groups ?? [],
    completeness: { users: gap, groups: gap, partialGroups: new Map() },
    rejected: [],
    calls: 0,
    unread,
  };
}

/**
 * The snapshots from which sources may go on: none of a source whose last full read is too long ago, or dated ahead,
 * and none that shrank so much that it was not believed.
 */
export function baselines(
  { store, clock, fullReadEveryMs = 0 }: Pick<ReconcileParts, 'store' | 'clock' | 'fullReadEveryMs'>,
  { snapshots }: Pick<Memory, 'snapshots'>,
): (source: string) => Snapshot | null {
  return (source) => {
    if (fullReadEveryMs === 0) return null;
    const last = store.lastSnapshot(source);
    if (last?.cursor === undefined || shrinkagesOf(sizesOf([last]), snapshots).length > 0) return null;
    const age = clock.now() - Date.parse(last.cursor.fullReadAt);
    return age >= 0 && age < fullReadEveryMs ? last : null;
  };
}

/** An adapter says what is wrong; with several sources the reader has to know where. */
function namingSource(error: unknown, source: string): unknown {
  if (!(error instanceof BridgeError)) return error;
  const { code, message, remedy, retryable, audience } = error;
  const details = { retryable, audience, cause: error, ...(remedy === null ? {} : { remedy }) };
  return new BridgeError(code, `${source}: ${message}`, details);
}

/**
 * Asks the sources by id for every linked person with an active account or an open invite that their complete
 * lists lack. Only an answer counts: what cannot be asked is unknown, and keeps its access. Somebody whose account
 * we disabled is asked for when another source has the address now: they may have moved there.
 */
export async function confirmAbsences(
  parts: ReconcileParts,
  snapshots: readonly Snapshot[],
  memory: Memory,
  current: CurrentState,
  signal: AbortSignal,
): Promise<{ readonly absences: ReadonlyMap<string, Absence>; readonly calls: number }> {
  const active = new Set(current.users.filter((user) => user.active).map((user) => user.id));
  // Open ones that were claimed are accounts which nobody linked yet.
  const pending = new Set<string>();
  for (const { id, state } of memory.invites.values()) if (state === 'open') pending.add(id);
  const absences = new Map<string, Absence>();
  const claims = claimsIn(snapshots);
  const isClaimed = ({ targetId, source }: Link): boolean => {
    const managed = memory.accounts.get(targetId);
    return managed?.disabledByUs === true && (claims.get(managed.email) ?? source) !== source;
  };
  let calls = 0;
  for (const snapshot of snapshots) {
    if (snapshot.completeness.users.state === 'partial') continue;
    const source = parts.sources.find((one) => one.id === snapshot.source);
    const seen = new Set(snapshot.users.map((user) => user.externalId));
    const missing = memory.links.filter(
      (link) =>
        link.source === snapshot.source &&
        !seen.has(link.externalId) &&
        (givesAccess(link, active, pending) || isClaimed(link)),
    );
    if (source === undefined) continue;
    for (const [key, absence] of await askFor(source, missing, signal)) absences.set(key, absence);
    if (source.absence === 'needsLookup' && missing.length <= mostLookups) calls += missing.length;
  }
  return { absences, calls };
}

/** Whether somebody can use what the link leads to: an active account, or an invite of ours that has not ended. */
function givesAccess(
  { type, targetId }: Link,
  active: ReadonlySet<string>,
  pending: ReadonlySet<string>,
): boolean {
  return (type === 'user' && active.has(targetId)) || (type === 'invite' && pending.has(targetId));
}

/** Folded addresses, as the sources write them, with the last source that has each. */
function claimsIn(snapshots: readonly Snapshot[]): ReadonlyMap<string, string> {
  const claims = new Map<string, string>();
  if (snapshots.length < 2) return claims;
  for (const { source, users } of snapshots)
    for (const { email } of users) if (email !== undefined) claims.set(folded(email), source);
  return claims;
}

async function askFor(
  source: Source,
  missing: readonly SourceKey[],
  signal: AbortSignal,
): Promise<Map<string, Absence>> {
  const answers = new Map<string, Absence>();
  for (const key of missing) {
    if (source.absence === 'provenByList') answers.set(keyText(key), 'gone');
    else if (missing.length > mostLookups) answers.set(keyText(key), 'unknown');
    else answers.set(keyText(key), absenceOf(await source.find(key.externalId, signal), source));
  }
  return answers;
}

function absenceOf(lookup: Lookup, { covers }: Source): Absence {
  if (lookup.state === 'absent') return 'gone';
  if (lookup.state === 'unknown' || lookup.user.unjudged !== undefined) return 'unknown';
  if (!lookup.user.active) return 'inactive';
  return covers === 'everybody' ? 'unknown' : 'outOfScope';
}
