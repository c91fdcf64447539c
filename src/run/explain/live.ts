import type { SourceKey } from '../../model/desired-state.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Source } from '../../model/source.ts';
import type { Memory } from '../../model/store.ts';
import type { User } from '../../model/user.ts';
import { mapSnapshots } from '../../mapping/map.ts';
import type { Absence } from '../../plan/input.ts';
import { keyText } from '../../model/desired-state.ts';
import { findWho, recordsHolding } from '../../plan/who.ts';
import type { ReconcileParts } from '../parts.ts';
import { readWholeTarget } from '../whole-target.ts';
import type { AnsweredFrom } from './answered-from.ts';

/** Calls that asking about one person may take; Retool's four lists are among them. */
export const mostLiveCalls = 10;

interface Asking {
  readonly parts: ReconcileParts;
  readonly signal: AbortSignal;
  readonly notes: string[];
  readonly absences: Map<string, Absence>;
  callsLeft: number;
}

/**
 * Asks both sides anew about one person: Retool's lists, which come whole in four calls, each file, and each record
 * that is known of the person by its id. What is known of the others is what the last run has read, and so are the
 * source groups of a directory.
 */
export async function askAgain(
  parts: ReconcileParts,
  { asked, last, memory }: { readonly asked: string; readonly last: AnsweredFrom; readonly memory: Memory },
  signal: AbortSignal,
): Promise<AnsweredFrom> {
  const known = { people: mapSnapshots(last.snapshots, parts.mapping).people, memory };
  const current = await readWholeTarget(parts, signal);
  const who = findWho(asked, { ...known, current }, recordsHolding(asked, last.snapshots));
  const linked = known.memory.links.filter((link) => link.type === 'user' && who.accounts.has(link.targetId));
  const keys = new Map([...who.keys.values(), ...linked].map((key) => [keyText(key), key]));
  const asking: Asking = {
    parts,
    signal,
    notes: ['Retool: users, groups and invites'],
    absences: new Map(last.absences),
    callsLeft: mostLiveCalls - parts.sink.costs.read,
  };
  const snapshots: Snapshot[] = [];
  for (const snapshot of last.snapshots) {
    const theirs = [...keys.values()].filter(({ source }) => source === snapshot.source);
    snapshots.push(await askSource(asking, snapshot, theirs));
  }
  return { ...last, snapshots, current, absences: asking.absences, live: asking.notes };
}

async function askSource(asking: Asking, snapshot: Snapshot, keys: readonly SourceKey[]): Promise<Snapshot> {
  const source = asking.parts.sources.find(({ id }) => id === snapshot.source);
  if (source === undefined) return snapshot;
  if (source.absence === 'provenByList') {
    asking.notes.push(`${source.id}: the whole file`);
    return source.read(asking.signal);
  }
  if (keys.length === 0) {
    asking.notes.push(
      `${source.id}: not asked, since it knows no such person by id and is not asked by address`,
    );
    return snapshot;
  }
  let patched = snapshot;
  for (const key of keys) patched = await askFor(asking, source, patched, key);
  return patched;
}

async function askFor(asking: Asking, source: Source, snapshot: Snapshot, key: SourceKey): Promise<Snapshot> {
  const name = keyText(key);
  if (asking.callsLeft === 0) {
    asking.notes.push(`${name}: not asked, ${mostLiveCalls} calls are spent`);
    return snapshot;
  }
  asking.callsLeft -= 1;
  const answer = await source.find(key.externalId, asking.signal);
  if (answer.state === 'unknown') {
    asking.notes.push(`${name}: could not say (${answer.because}); as in the last run`);
    return snapshot;
  }
  const wasRead = snapshot.users.some(({ externalId }) => externalId === key.externalId);
  if (answer.state === 'absent') {
    asking.notes.push(`${name}: there is no such person any more`);
    asking.absences.set(name, 'gone');
    return withUser(snapshot, key.externalId, null);
  }
  asking.notes.push(`${name}: the record; its groups as in the last run`);
  if (wasRead) return withUser(snapshot, key.externalId, answer.user);
  // As a run judges somebody whom its list lacks and the source finds by id.
  if (answer.user.unjudged !== undefined) asking.absences.set(name, 'unknown');
  else if (!answer.user.active) asking.absences.set(name, 'inactive');
  else if (source.covers === 'scope') asking.absences.set(name, 'outOfScope');
  return snapshot;
}

function withUser(snapshot: Snapshot, externalId: string, user: User | null): Snapshot {
  const others = snapshot.users.filter((one) => one.externalId !== externalId);
  return { ...snapshot, users: user === null ? others : [...others, user] };
}
