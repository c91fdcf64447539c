import { expect, test } from 'vitest';
import type { RunRow } from '../../../src/model/store.ts';
import { runsJson, runsText } from '../../../src/report/runs.ts';

const row: RunRow = {
  id: '20260105T090000-ab12cd',
  kind: 'backfill',
  status: 'partial',
  startedAt: '2026-01-05T09:00:00.000Z',
  finishedAt: '2026-01-05T10:30:00.000Z',
  fingerprint: 'f'.repeat(64),
  operations: 5012,
};

test('the history is a table whose columns line up, newest first as it comes', () => {
  expect(runsText([row, { ...row, id: 'short', kind: 'sync', operations: 0 }], null)).toBe(
    `run                     kind      status   began                 took        operations  plan
20260105T090000-ab12cd  backfill  partial  2026-01-05 09:00 UTC  1 h 30 min  5,012       ffffffffffff
short                   sync      partial  2026-01-05 09:00 UTC  1 h 30 min  0           ffffffffffff
`,
  );
});

test('a state without runs says so', () => {
  expect(runsText([], null)).toBe('This state has no runs yet.\n');
});

test('for machines it is one document', () => {
  expect(JSON.parse(runsJson([row], null))).toEqual({
    format: 'retool-bridge/runs',
    version: 1,
    runs: [
      {
        id: row.id,
        kind: 'backfill',
        status: 'partial',
        startedAt: row.startedAt,
        finishedAt: row.finishedAt,
        plan: { fingerprint: row.fingerprint, operations: 5012 },
      },
    ],
    unrecorded: null,
  });
});

test('a run that left no record is told beside the table', () => {
  const open = { id: 'run-9', kind: 'backfill', startedAt: Date.UTC(2026, 0, 5, 9) } as const;

  expect(runsText([], open)).toMatch(
    /^This state has no runs yet\.\n\nRun run-9 \(backfill\) began 2026-01-05 09:00 UTC\. It left no record/,
  );
  expect(JSON.parse(runsJson([row], open))).toMatchObject({
    runs: [{ id: row.id }],
    unrecorded: { id: 'run-9', kind: 'backfill', startedAt: '2026-01-05T09:00:00.000Z' },
  });
});
