import { describe, expect, test } from 'vitest';
import { recover, settleWait } from '../../../src/apply/recover.ts';
import type { CurrentState } from '../../../src/model/current-state.ts';
import type { Operation } from '../../../src/model/operation.ts';
import type { Memory, Store } from '../../../src/model/store.ts';
import { createMemoryStore } from '../../../src/state/memory.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import {
  addMembers,
  createGroup,
  createUser,
  deactivateUser,
  group,
  idOf,
  removeMember,
  setDepartment,
  stateOf,
  updateUser,
  user,
} from './support.ts';

function storeWith(operation: Operation, sent: 'sent' | 'notSent' = 'sent'): Store {
  const store = createMemoryStore();
  store.intend('run 1', operation, 1000);
  if (sent === 'sent') store.sent('run 1', operation.id, 1001);
  return store;
}

function recovered(store: Store, current: CurrentState): { readonly found: number; readonly memory: Memory } {
  const settled = recover(store, store.openIntents(), current, createVirtualClock());
  const found = settled.filter(({ outcome }) => outcome.state === 'applied').length;
  expect(store.openIntents()).toEqual([]);
  return { found, memory: store.memory(0) };
}

describe('what an interrupted run left open', () => {
  test('is ours when it is in effect: an account', () => {
    const { found, memory } = recovered(
      storeWith(createUser('new@acme.com')),
      stateOf([user('new@acme.com')]),
    );

    expect(found).toBe(1);
    expect(memory.links).toMatchObject([{ targetId: idOf('new@acme.com') }]);
    expect(memory.accounts.get(idOf('new@acme.com'))).toMatchObject({ origin: 'created' });
    expect(memory.isNew).toBe(false);
  });

  test('is ours when it is in effect: a group, an attribute, a deactivation', () => {
    expect(
      recovered(storeWith(createGroup('Data')), stateOf([], [group('9', 'Data')])).memory.groups.get('9'),
    ).toMatchObject({ origin: 'created' });
    expect(
      recovered(
        storeWith(setDepartment('ann@acme.com', null, 'Ops')),
        stateOf([user('ann@acme.com', { metadata: { department: 'Ops' } })]),
      ).found,
    ).toBe(1);
    expect(
      recovered(storeWith(deactivateUser('ann@acme.com')), stateOf([user('ann@acme.com', { active: false })]))
        .memory.takenAway,
    ).toMatchObject([{ class: 'disables' }]);
    expect(
      recovered(
        storeWith(removeMember('7', 'Finance', 'ann@acme.com')),
        stateOf([user('ann@acme.com')], [group('7', 'Finance')]),
      ).memory.takenAway,
    ).toMatchObject([{ class: 'removals' }]);
  });

  test('is ours as far as it went: the members of an addition who are in the group', () => {
    const store = storeWith(addMembers('7', 'ops@acme', ['ann@acme.com', 'ben@acme.com']));
    const { memory } = recovered(store, stateOf([], [group('7', 'ops@acme', ['ben@acme.com'])]));
    const membership = { kind: 'group', id: '7', name: 'ops@acme', origin: 'used' } as const;
    store.settle('run 2', outcomeOf(updateUser('x@acme.com')), [membership], 1);

    expect(memory.isNew).toBe(false);
    expect(store.memory(0).groups.get('7')?.members).toEqual(new Set([idOf('ben@acme.com')]));
  });

  test('is forgotten when it is not in effect', () => {
    const { found, memory } = recovered(storeWith(createUser('new@acme.com')), stateOf([]));

    expect(found).toBe(0);
    expect(memory).toMatchObject({ isNew: true, links: [] });
  });

  test('is not ours when it was never sent: then somebody else did it', () => {
    const { found, memory } = recovered(
      storeWith(createUser('new@acme.com'), 'notSent'),
      stateOf([user('new@acme.com')]),
    );

    expect(found).toBe(0);
    expect(memory.links).toEqual([]);
  });
});

describe('the target', () => {
  const operation = createUser('new@acme.com');
  const open = (sentAt: number | null) => [{ run: 'run 1', operation, sentAt }];

  test.each<readonly [string, ReturnType<typeof open>, number]>([
    ['at once when nothing is open', [], 0],
    ['at once when nothing was sent', open(null), 0],
    ['when the settle time has passed since the last send', [...open(9_000), ...open(4_000)], 29_000],
    ['at once when that was long ago', open(-50_000), 0],
    ['after the settle time at most when the clock was set back', open(3_600_000), 30_000],
  ])('is read %s', (_, intents, wait) => {
    expect(settleWait(intents, null, 30_000, 10_000)).toBe(wait);
  });

  test('is read a settle time after the last send of a run that was cut short, though all is answered', () => {
    expect(settleWait([], 9_000, 30_000, 10_000)).toBe(29_000);
    expect(settleWait(open(5_000), -50_000, 30_000, 10_000)).toBe(25_000);
  });
});

function outcomeOf({ id, kind, subject }: Operation) {
  return { operation: id, kind, subject, state: 'applied', code: null, text: null, items: [] } as const;
}
