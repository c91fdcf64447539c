import { expect, test } from 'vitest';
import { allVisible, type Visibility } from '../../../src/model/current-state.ts';
import { readWholeTarget } from '../../../src/run/whole-target.ts';
import { current } from '../plan/support.ts';

const never = new AbortController().signal;

function sinkSeeing(visible: Visibility) {
  return { read: async () => ({ ...current(), visible }) };
}

test('a target of which all is visible is read', async () => {
  await expect(readWholeTarget(sinkSeeing(allVisible), never)).resolves.toEqual(current());
});

test.each([
  [{ users: 'hidden', groups: 'hidden' }, 'users and groups'],
  [{ users: 'hidden', groups: 'visible' }, 'include users in'],
  [{ users: 'visible', groups: 'hidden' }, 'include groups in'],
] as const)('what is hidden is named, and nothing takes it for empty', async (visible, named) => {
  await expect(readWholeTarget(sinkSeeing(visible), never)).rejects.toMatchObject({
    code: 'targetUnauthorized',
    message: expect.stringContaining(named),
  });
});
