import { describe, expect, test } from 'vitest';
import { allVisible, type Visibility } from '../../../src/model/current-state.ts';
import type { Sink } from '../../../src/model/sink.ts';
import type { MappingRules } from '../../../src/model/rules.ts';
import type { Fact } from '../../../src/model/store.ts';
import { readWholeTarget } from '../../../src/run/whole-target.ts';
import { createMemoryStore } from '../../../src/state/memory.ts';
import { current } from '../plan/support.ts';

const never = new AbortController().signal;

const makesAccounts: Pick<MappingRules, 'provision' | 'groups'> = { groups: [] };
const invites: Pick<MappingRules, 'provision' | 'groups'> = { provision: 'invites', groups: [] };
const hidden: Visibility = { users: 'hidden', groups: 'hidden' };

function partsSeeing(
  visible: Visibility,
  mapping: Pick<MappingRules, 'provision' | 'groups'>,
  ...facts: Fact[]
) {
  const store = createMemoryStore();
  store.settle('run', outcome, facts, 0);
  return {
    sink: { read: async () => ({ ...current(), visible }) } as unknown as Sink,
    mapping: mapping as MappingRules,
    store,
  };
}

const outcome = {
  operation: 'any',
  kind: 'adopt',
  subject: { type: 'user', key: 'ann@acme.com', id: 'user_1' },
  state: 'applied',
  code: null,
  text: null,
  items: [],
} as const;

test('a target of which all is visible is read', async () => {
  await expect(readWholeTarget(partsSeeing(allVisible, makesAccounts), never)).resolves.toEqual(current());
});

test.each([
  [hidden, 'users and groups'],
  [{ users: 'hidden', groups: 'visible' }, 'include users in'],
  [{ users: 'visible', groups: 'hidden' }, 'include groups in'],
] as const)('what is hidden is named, and nothing takes it for empty', async (visible, named) => {
  await expect(readWholeTarget(partsSeeing(visible, makesAccounts), never)).rejects.toMatchObject({
    code: 'targetUnauthorized',
    message: expect.stringContaining(named),
  });
});

describe('where accounts and groups are hidden', () => {
  test('people can be invited', async () => {
    const read = readWholeTarget(partsSeeing(hidden, invites), never);
    await expect(read).resolves.toEqual({ ...current(), visible: hidden });
  });

  test('one rule that makes accounts is too many', async () => {
    const rule = { provision: 'users' } as MappingRules['groups'][number];
    const read = readWholeTarget(partsSeeing(hidden, { ...invites, groups: [rule] }), never);
    await expect(read).rejects.toMatchObject({ code: 'targetUnauthorized' });
  });

  test.each([
    { kind: 'account', id: 'user_1', email: 'ann@acme.com', origin: 'created' },
    { kind: 'group', id: '7', name: 'Finance', origin: 'used' },
  ] as const)('what the state manages is not taken for gone: $kind', async (fact) => {
    await expect(readWholeTarget(partsSeeing(hidden, invites, fact), never)).rejects.toMatchObject({
      code: 'targetUnauthorized',
      message: expect.stringContaining('this state manages some of them'),
    });
  });

  test('groups alone being hidden is no state that any plan of Retool has', async () => {
    const visible = { users: 'visible', groups: 'hidden' } as const;
    await expect(readWholeTarget(partsSeeing(visible, invites), never)).rejects.toMatchObject({
      code: 'targetUnauthorized',
    });
  });
});
