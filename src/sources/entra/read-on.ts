import { createCollection } from '../../model/collection.ts';
import type { Content } from '../../model/collection.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { begin, isWorthWhile } from './begin.ts';
import { cursorAt, positionIn, type Position } from './cursor.ts';
import { CannotGoOn } from './delta.ts';
import { goOn } from './go-on.ts';
import { readScope } from './read.ts';
import type { ReadParts } from './reading.ts';
import type { EntraScope } from './schema.ts';
import type { Told } from './told.ts';

/** How long it stays settled that deltas are not worth while, or not to be had. */
const settledMs = 24 * 60 * 60 * 1_000;

export interface ReadOnParts extends ReadParts {
  readonly scope: EntraScope;
  /** Tells positions of other options apart. */
  readonly options: string;
  /** When this read began, ISO 8601 in UTC. */
  readonly takenAt: string;
  /** The calls that were made so far. */
  readonly calls: () => number;
}

/** What a read says, with the cursor for the next one when there is one. */
export type Read = Content & Pick<Snapshot, 'cursor'>;

/**
 * Reads in the least laborious way that the baseline allows: changes only, or all lists. It takes three reads to get
 * there: the first reads all lists, the second reads the tenant as the first round of its deltas, and from the third
 * on only changes are read. Whatever stands in the way leads back to the lists.
 */
export async function readOn(baseline: Snapshot | null, parts: ReadOnParts): Promise<Read> {
  const position = positionIn(baseline, parts.options);
  if (baseline === null || position === null) return readAll(parts, 'listed');
  try {
    switch (position.stage) {
      case 'delta':
        return finished(
          await goOn(baseline, position, parts.scope, started(parts)),
          baseline.cursor?.fullReadAt,
          parts,
        );
      case 'lists':
        if (isSettled(position.since, parts)) return await readAll(parts, 'lists', position.since);
        return await beginIf(baseline, position, parts);
      case 'listed':
        return await beginIf(baseline, position, parts);
    }
  } catch (error) {
    if (!(error instanceof CannotGoOn)) throw error;
    parts.logger.info(
      { source: parts.source, because: error.message },
      'Everything is read instead of changes',
    );
    return readAll(parts, position.stage === 'delta' ? 'listed' : 'lists');
  }
}

async function beginIf(baseline: Snapshot, position: Position, parts: ReadOnParts): Promise<Read> {
  const before = parts.calls();
  if (!(await isWorthWhile(parts.scope, baseline.users.length, parts))) return readAll(parts, 'lists');
  const { content, position: begun } = await begin(parts.scope, position, started(parts));
  const anewCalls = position.anewCalls + parts.calls() - before;
  return finished(
    { content, position: begun === null ? null : { ...begun, anewCalls } },
    parts.takenAt,
    parts,
  );
}

function started(parts: ReadOnParts) {
  return { ...parts, collection: createCollection() };
}

function isSettled(since: string, { takenAt }: ReadOnParts): boolean {
  const age = Date.parse(takenAt) - Date.parse(since);
  return age >= 0 && age < settledMs;
}

/** Reads all lists; `since` says since when it is settled that there is no better way. */
async function readAll(
  parts: ReadOnParts,
  stage: 'listed' | 'lists',
  since: string = parts.takenAt,
): Promise<Read> {
  const before = parts.calls();
  const content = await readScope(parts.scope, parts);
  const known = { version: 1, options: parts.options, anewCalls: parts.calls() - before } as const;
  const position: Position = stage === 'listed' ? { ...known, stage } : { ...known, stage, since };
  return finished({ content, position }, parts.takenAt, parts);
}

/** Only what is whole can be gone on from. */
function finished(
  { content, position }: Told,
  fullReadAt: string | undefined,
  { takenAt }: ReadOnParts,
): Read {
  const { users, groups, partialGroups } = content.completeness;
  const isWhole = users.state === 'complete' && groups.state === 'complete' && partialGroups.size === 0;
  if (!isWhole || position === null || content.rejected.length > 0) return content;
  return { ...content, cursor: cursorAt(position, fullReadAt ?? takenAt) };
}
