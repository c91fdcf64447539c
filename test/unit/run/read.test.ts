import { expect, test } from 'vitest';
import { BridgeError } from '../../../src/model/errors.ts';
import type { Source } from '../../../src/model/source.ts';
import { noProgress } from '../../../src/run/parts.ts';
import { readSources } from '../../../src/run/read.ts';

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
