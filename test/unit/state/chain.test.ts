import { expect, test } from 'vitest';
import { type AuditRecord, headText, parseHead, personalEntry } from '../../../src/model/audit.ts';
import { emptyHead, hashOf, linkOf, verifyChain } from '../../../src/state/chain.ts';

/** A chain of approvals, and where it ends. */
function chainOf(length: number): readonly AuditRecord[] {
  const records: AuditRecord[] = [];
  for (let at = 1; at <= length; at += 1)
    records.push(
      linkOf(records.at(-1) ?? emptyHead, personalEntry('approval', { digest: `d${at}` }), at).record,
    );
  return records;
}

function verdictOf(records: readonly AuditRecord[], whole: readonly AuditRecord[]): object {
  const last = whole.at(-1) ?? emptyHead;
  return verifyChain(records, { start: emptyHead, end: { seq: last.seq, hash: last.hash }, noted: null });
}

test('a record that was changed and hashed anew breaks the chain at the one after it', () => {
  const records = chainOf(4);
  const forged = records.map((record) => {
    if (record.seq !== 2) return record;
    const changed = { ...record, digest: 'forged' };
    return { ...changed, hash: hashOf(changed) };
  });

  expect(verdictOf(records, records)).toMatchObject({ state: 'whole', records: 4 });
  expect(verdictOf(forged, records)).toMatchObject({ state: 'broken', seq: 3 });
});

test('a chain that was written anew from the middle does not end where it was written to end', () => {
  const records = chainOf(3);
  const forged = linkOf(records[1] ?? emptyHead, personalEntry('resume', {}), 3).record;

  expect(verdictOf([...records.slice(0, 2), forged], records)).toMatchObject({ state: 'broken', seq: 3 });
});

test.each(['seq', 'at', 'event', 'run', 'kind', 'state', 'code', 'digest', 'group', 'accounts'] as const)(
  'the hash covers %s',
  (field) => {
    const [record] = chainOf(1);
    if (record === undefined) throw new Error('no record');

    expect(hashOf({ ...record, [field]: 'other' })).not.toBe(record.hash);
  },
);

test.each(['rule', 'source', 'approval', 'by', 'note', 'previous'] as const)(
  'the hash covers %s',
  (field) => {
    const [record] = chainOf(1);
    if (record === undefined) throw new Error('no record');

    expect(hashOf({ ...record, [field]: 'other' })).not.toBe(record.hash);
  },
);

test('a field that was renamed breaks the chain, though an absent one hashes like null', () => {
  const records = chainOf(1);
  const renamed = records.map(({ kind, ...rest }) => ({ ...rest, iind: kind }) as unknown as AuditRecord);

  expect(verdictOf(renamed, records)).toMatchObject({ state: 'broken', seq: 1 });
});

test('a head is read back as it is printed, and nothing else is a head', () => {
  const head = { seq: 12, hash: 'ab'.repeat(32) };
  expect(parseHead(headText(head))).toEqual(head);
  expect(['', '12', `x:${head.hash}`, `12:${head.hash}0`, `-1:${head.hash}`].map(parseHead)).toEqual(
    Array(5).fill(null),
  );
});
