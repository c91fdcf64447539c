import { createHash } from 'node:crypto';
import type { AuditEntry, AuditHead, AuditRecord, AuditVerdict } from '../model/audit.ts';

/** The head of an empty chain. */
export const emptyHead: AuditHead = { seq: 0, hash: '0'.repeat(64) };

/** What the table of names keeps of one entry: a token that stands in the record, and what it stands for. */
export type NamedToken = readonly [token: string, text: string];

/** The next link of a chain, and the names that are kept beside it. */
export function linkOf(
  head: AuditHead,
  { names, by, note, ...facts }: AuditEntry,
  at: number,
): { readonly record: AuditRecord; readonly names: readonly NamedToken[] } {
  const seq = head.seq + 1;
  const byToken = by === null ? null : `by:${seq}`;
  const noteToken = note === null ? null : `note:${seq}`;
  const unhashed = { ...facts, seq, at, by: byToken, note: noteToken, previous: head.hash };
  const kept: NamedToken[] = [...names];
  if (by !== null && byToken !== null) kept.push([byToken, by]);
  if (note !== null && noteToken !== null) kept.push([noteToken, note]);
  return { record: { ...unhashed, hash: hashOf(unhashed) }, names: kept };
}

/** sha256, in hex, over the record's values in a fixed order. */
export function hashOf(record: Omit<AuditRecord, 'hash'>): string {
  const { seq, at, event, run, kind, state, code, digest } = record;
  const { group, accounts, rule, source, approval, by, note, previous } = record;
  const what = [seq, at, event, run, kind, state, code, digest];
  const values = [...what, group, accounts, rule, source, approval, by, note, previous];
  return createHash('sha256').update(JSON.stringify(values), 'utf8').digest('hex');
}

/** What a chain is verified against. */
export interface ChainEnds {
  /** The last record that left the chain from its beginning; {@link emptyHead} when none did. */
  readonly start: AuditHead;
  /** Where the state says that the chain ends. */
  readonly end: AuditHead;
  /** A head that was noted outside, when there is one. */
  readonly noted: AuditHead | null;
}

/** Follows a chain from its beginning to its end and names the first record that is not as it was written. */
export function verifyChain(records: Iterable<AuditRecord>, { start, end, noted }: ChainEnds): AuditVerdict {
  let head = start;
  let count = 0;
  for (const record of records) {
    const fault = faultOf(record, head, noted);
    if (fault !== null) return { state: 'broken', seq: head.seq + 1, text: fault };
    head = { seq: record.seq, hash: record.hash };
    count += 1;
  }
  const cut = { state: 'broken', seq: head.seq + 1 } as const;
  if (head.seq < end.seq)
    return { ...cut, text: `the chain ends at record ${head.seq}, but ${end.seq} were written` };
  if (head.hash !== end.hash)
    return { ...cut, seq: head.seq, text: 'the last record is not the one that was written last' };
  if (noted !== null && noted.seq > head.seq)
    return {
      ...cut,
      text: `the chain ends at record ${head.seq}, but the noted head is record ${noted.seq}`,
    };
  return { state: 'whole', records: count, head };
}

const fields =
  'seq at event run kind state code digest group accounts rule source approval by note previous hash'.split(
    ' ',
  );

/** A value that is missing hashes like one that is null. */
function hasAllFields(record: AuditRecord): boolean {
  return fields.every((field) => Object.hasOwn(record, field));
}

function faultOf(record: AuditRecord, head: AuditHead, noted: AuditHead | null): string | null {
  if (record.seq !== head.seq + 1) return `record ${head.seq + 1} is missing`;
  if (record.previous !== head.hash) return 'it does not follow the record before it';
  if (!hasAllFields(record) || hashOf(record) !== record.hash) return 'it is not as it was written';
  if (noted?.seq === record.seq && noted.hash !== record.hash)
    return 'it is not the record that the noted head names';
  return null;
}
