import { gunzipSync, gzipSync } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import { messageOf } from '../../model/errors.ts';
import type { ReadsMemory } from '../../model/reads.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { wholeMs } from '../rules.ts';
import { Damage } from './errors.ts';
import { currentOf, linesOfCurrent, linesOfSnapshot, snapshotOf } from './reads-lines.ts';

/** Characters of one part before it is compressed: large enough to compress well, small enough not to be felt. */
const partLength = 512 * 1024;

/** Fast rather than small: it is written by every run. */
const compression = { level: 1 };

const target = 'target';
const sourcePrefix = 'source:';

/** The last reads, in compressed parts whose own checksums seal them; a side is the target or a source. */
export function readsOf(db: Database): ReadsMemory {
  const write = db.prepare<[string, number, number, Buffer]>(
    'INSERT INTO reads (side, part, at, body) VALUES (?, ?, ?, ?)',
  );
  const remove = db.prepare<[string]>('DELETE FROM reads WHERE side = ?');
  const removeSources = db.prepare<[]>("DELETE FROM reads WHERE side <> 'target'");
  const sides = db.prepare<[], { readonly side: string; readonly at: number }>(
    'SELECT side, at FROM reads WHERE part = 0 ORDER BY side',
  );
  const parts = db.prepare<[string], { readonly body: Buffer }>(
    'SELECT body FROM reads WHERE side = ? ORDER BY part',
  );

  function saveSide(side: string, at: number, lines: Iterable<string>): void {
    remove.run(side);
    let part = 0;
    for (const text of inParts(lines)) {
      write.run(side, part, wholeMs(at), gzipSync(text, compression));
      part += 1;
    }
  }

  function* linesOfSide(side: string): Generator<string> {
    for (const { body } of parts.iterate(side)) yield* unpack(body).split('\n');
  }

  const save = db.transaction(({ snapshots, current, at }: Parameters<ReadsMemory['saveReads']>[0]) => {
    if (snapshots !== null) removeSources.run();
    for (const snapshot of snapshots ?? [])
      saveSide(sourcePrefix + snapshot.source, at, linesOfSnapshot(snapshot));
    saveSide(target, at, linesOfCurrent(current));
  });

  return {
    saveReads: (reads) => save.immediate(reads),
    lastReads: db.transaction(() => {
      const rows = sides.all();
      const whole = rows.find(({ side }) => side === target);
      if (whole === undefined) return null;
      const snapshots = rows
        .filter(({ side }) => side !== target)
        .map(({ side }): Snapshot => snapshotOf(linesOfSide(side)));
      return { snapshots, current: currentOf(linesOfSide(target)), at: whole.at };
    }),
    lastSnapshot: db.transaction((source: string) => {
      const side = sourcePrefix + source;
      return sides.all().some((row) => row.side === side) ? snapshotOf(linesOfSide(side)) : null;
    }),
  };
}

/** Lines joined to texts of about {@link partLength}. */
function* inParts(lines: Iterable<string>): Generator<string> {
  let part: string[] = [];
  let length = 0;
  for (const line of lines) {
    part.push(line);
    length += line.length;
    if (length < partLength) continue;
    yield part.join('\n');
    part = [];
    length = 0;
  }
  if (part.length > 0) yield part.join('\n');
}

function unpack(body: Buffer): string {
  try {
    return gunzipSync(body).toString('utf8');
  } catch (error) {
    throw new Damage(`the last reads cannot be unpacked: ${messageOf(error)}`, { cause: error });
  }
}
