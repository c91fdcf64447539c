import { describe, expect, test } from 'vitest';
import { allVisible } from '../../../src/model/current-state.ts';
import { BridgeError } from '../../../src/model/errors.ts';
import { complete, type Snapshot } from '../../../src/model/snapshot.ts';
import type { Source } from '../../../src/model/source.ts';
import type { Memory } from '../../../src/model/store.ts';
import { noProgress } from '../../../src/run/parts.ts';
import { baselines, readSources, type KeptReads } from '../../../src/run/read.ts';
import { createMemoryStore } from '../../../src/state/memory.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const snapshotOf = (source: string, more: Partial<Snapshot> = {}): Snapshot => ({
  source,
  takenAt: '2026-01-01T02:00:00.000Z',
  users: [{ externalId: 'u', active: true, extra: {} }],
  groups: [],
  completeness: { users: complete, groups: complete, partialGroups: new Map() },
  rejected: [],
  calls: 2,
  ...more,
});

function sourceOf(id: string, read: Source['read']): Source {
  return {
    id,
    type: 'file',
    absence: 'provenByList',
    covers: 'everybody',
    read,
    find: () => Promise.resolve({ state: 'absent' }),
    check: () => Promise.resolve([]),
  };
}

const unreadable = new BridgeError('sourceUnreadable', 'Nobody answers.', {
  remedy: 'Wait.',
  retryable: true,
});
const failing = (id: string, error: unknown = unreadable) => sourceOf(id, () => Promise.reject(error));
const working = (id: string, more: Partial<Snapshot> = {}) =>
  sourceOf(id, () => Promise.resolve(snapshotOf(id, more)));

/** Reads with what is kept of the last reads, or without. */
function read(
  sources: readonly Source[],
  kept: KeptReads | null = { baselineOf: () => null, lastOf: () => null },
  before: Memory['snapshots'] = new Map(),
) {
  const parts = { sources, progress: noProgress, logger: silentLogger, clock: createVirtualClock() };
  return readSources(parts, { snapshots: before }, new AbortController().signal, kept);
}

describe('a read that fails', () => {
  test('says which source it was, with code and remedy as the adapter gave them', async () => {
    await expect(read([failing('hr')])).rejects.toMatchObject({
      code: 'sourceUnreadable',
      message: 'hr: Nobody answers.',
      remedy: 'Wait.',
      retryable: true,
    });
  });

  test('does not stop the others: its last read stands in, marked, partial and without a cursor', async () => {
    const cursor = { position: 1, fullReadAt: '2026-01-01T00:00:00Z' };
    const last = snapshotOf('hr', { cursor, rejected: [{ type: 'user', externalId: 'x', text: 'y' }] });
    const kept = { baselineOf: () => null, lastOf: (source: string) => (source === 'hr' ? last : null) };
    const because = { state: 'partial', because: 'Nobody answers.' };
    const { users, groups, takenAt } = last;
    expect(await read([failing('hr'), working('okta')], kept)).toEqual([
      {
        source: 'hr',
        takenAt,
        users,
        groups,
        completeness: { users: because, groups: because, partialGroups: new Map() },
        rejected: [],
        calls: 0,
        unread: 'Nobody answers.',
      },
      snapshotOf('okta'),
    ]);
  });

  test('of every source fails the run', async () => {
    await expect(read([failing('hr'), failing('okta')])).rejects.toMatchObject({
      message: 'hr: Nobody answers.',
    });
  });

  test('fails the run of somebody who keeps no reads', async () => {
    await expect(read([working('hr'), failing('okta')], null)).rejects.toMatchObject({
      message: 'okta: Nobody answers.',
    });
  });

  test.each([new BridgeError('interrupted', 'SIGTERM'), new TypeError('a mistake of ours')])(
    'because of something else than the source fails the run: %s',
    async (error) => {
      await expect(read([working('hr'), failing('okta', error)])).rejects.toBe(error);
    },
  );

  test('is one that shows no groups at all where there were some', async () => {
    const before = new Map([
      ['okta', { source: 'okta', takenAt: '2026-01-01T00:00:00Z', users: 1, groups: 2 }],
    ]);
    const [, okta] = await read([working('hr'), working('okta')], undefined, before);
    expect(okta?.unread).toBe('It shows no groups at all, while its last complete read showed 2.');
    await expect(read([working('okta')], undefined, before)).rejects.toMatchObject({ code: 'sourceEmpty' });
  });
});

describe('a source goes on from its last snapshot', () => {
  const fullReadAt = '2026-01-01T00:00:00.000Z';
  const hour = 3_600_000;
  const last: Snapshot = {
    source: 'okta',
    takenAt: '2026-01-01T02:00:00.000Z',
    users: [],
    groups: [],
    completeness: { users: complete, groups: complete, partialGroups: new Map() },
    rejected: [],
    calls: 2,
    cursor: { position: { since: '2026-01-01T01:55:00Z' }, fullReadAt },
  };
  const { cursor: _, ...withoutCursor } = last;
  const current = {
    visible: allVisible,
    users: [],
    groups: [],
    invites: [],
    attributes: [],
    readAt: { began: 0, ended: 0 },
  };

  test.each([
    { why: 'while its last full read is young enough', ageHours: 23, saved: last, expected: last },
    { why: 'but not when that is due again', ageHours: 24, saved: last, expected: null },
    { why: 'but not when that lies in the future', ageHours: -1, saved: last, expected: null },
    { why: 'but not without a cursor', ageHours: 1, saved: withoutCursor, expected: null },
    {
      why: 'but not when it shows much less than before',
      ageHours: 1,
      before: 4,
      saved: last,
      expected: null,
    },
    { why: 'also when it shows a little less', ageHours: 1, before: 3, saved: last, expected: last },
  ])('$why', ({ ageHours, before = 0, saved, expected }) => {
    const store = createMemoryStore();
    store.saveReads({ snapshots: [saved], current, at: 0 });
    const clock = createVirtualClock({ now: Date.parse(fullReadAt) + ageHours * hour });

    const size = { source: 'okta', takenAt: last.takenAt, users: before, groups: 0 };
    const memory = { snapshots: new Map([['okta', size]]) };
    const parts = { store, clock, fullReadEveryMs: 24 * hour };

    expect(baselines(parts, memory)('okta')).toEqual(expected);
    expect(baselines({ store, clock }, memory)('okta')).toBeNull();
    expect(baselines(parts, memory)('entra')).toBeNull();
  });
});
