import { describe, expect, test } from 'vitest';
import { allVisible } from '../../../src/model/current-state.ts';
import { BridgeError } from '../../../src/model/errors.ts';
import { complete, type Snapshot } from '../../../src/model/snapshot.ts';
import type { Source } from '../../../src/model/source.ts';
import { noProgress } from '../../../src/run/parts.ts';
import { baselines, readSources } from '../../../src/run/read.ts';
import { createMemoryStore } from '../../../src/state/memory.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

test('a read that fails says which source it was, with code and remedy as the adapter gave them', async () => {
  const error = new BridgeError('sourceUnreadable', 'Nobody answers.', { remedy: 'Wait.', retryable: true });
  const source: Source = {
    id: 'hr',
    type: 'file',
    absence: 'provenByList',
    covers: 'everybody',
    read: () => Promise.reject(error),
    find: () => Promise.resolve({ state: 'absent' }),
    check: () => Promise.resolve([]),
  };
  const reading = readSources(
    { sources: [source], progress: noProgress },
    { snapshots: new Map() },
    new AbortController().signal,
  );
  await expect(reading).rejects.toMatchObject({
    code: 'sourceUnreadable',
    message: 'hr: Nobody answers.',
    remedy: 'Wait.',
    retryable: true,
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
