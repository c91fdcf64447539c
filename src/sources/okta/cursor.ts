import { z } from 'zod';
import type { Content } from '../../model/collection.ts';
import type { ReadCursor, Snapshot } from '../../model/snapshot.ts';
import { digestOf } from '../../runtime/digest.ts';
import type { OktaOptions } from './schema.ts';

/**
 * How far the lists of changes reach back before the last read began. Okta's stamps are whole seconds, a membership
 * is seen up to some seconds before its stamp, and an answer is dated after it was worked out.
 */
const overlapMs = 5 * 60_000;

/** What the position of a cursor holds. Anything else was written by another version. */
const Position = z.strictObject({
  version: z.literal(1),
  /** Digest of the options that decide what a snapshot holds. */
  options: z.string(),
  /** When the read began by Okta's own clock. */
  since: z.iso.datetime(),
});

/** A snapshot that changes can be laid over. */
export interface Baseline {
  readonly snapshot: Snapshot;
  /** What changed after this may be missing in the snapshot: epoch milliseconds by Okta's clock. */
  readonly since: number;
  /** When the snapshot's own read began, by the same clock. */
  readonly readAt: number;
  readonly fullReadAt: string;
}

/** What can be gone on from, or null when everything has to be read. */
export function baselineOf(snapshot: Snapshot | null, options: OktaOptions): Baseline | null {
  if (snapshot?.cursor === undefined || !isWhole(snapshot)) return null;
  const position = Position.safeParse(snapshot.cursor.position);
  if (!position.success || position.data.options !== digestOfOptions(options)) return null;
  const readAt = Date.parse(position.data.since);
  return { snapshot, since: readAt - overlapMs, readAt, fullReadAt: snapshot.cursor.fullReadAt };
}

/**
 * The cursor of a read; null when nothing can go on from it: it was not whole, or Okta did not tell the time.
 * `began` is Okta's time at its first answer, epoch milliseconds.
 */
export function cursorOf(
  content: Content,
  options: OktaOptions,
  { began, fullReadAt }: { readonly began: number | null; readonly fullReadAt: string },
): ReadCursor | null {
  if (began === null || !isWhole(content)) return null;
  const since = new Date(began).toISOString();
  return { position: { version: 1, options: digestOfOptions(options), since }, fullReadAt };
}

function isWhole({ completeness, rejected }: Pick<Content, 'completeness' | 'rejected'>): boolean {
  const { users, groups, partialGroups } = completeness;
  return (
    users.state === 'complete' &&
    groups.state === 'complete' &&
    partialGroups.size === 0 &&
    rejected.length === 0
  );
}

/** Another org, scope or standing of a status makes another snapshot; how the bridge signs in does not. */
function digestOfOptions({ orgUrl, scope, statuses = {} }: OktaOptions): string {
  return digestOf({ orgUrl: new URL(orgUrl).origin, scope, statuses });
}

/** Okta's time, as its answers are dated. */
export interface ServerClock {
  hear(headers: Headers): void;
  /** Of all answers, epoch milliseconds; null when there was none, or one without a date. */
  earliest(): number | null;
}

export function serverClock(): ServerClock {
  let earliest: number | null = null;
  let isSilent = false;
  return {
    hear(headers) {
      const at = Date.parse(headers.get('date') ?? '');
      if (Number.isNaN(at)) isSilent = true;
      else earliest = Math.min(earliest ?? at, at);
    },
    earliest: () => (isSilent ? null : earliest),
  };
}
