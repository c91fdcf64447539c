import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { OutcomeState } from '../../src/model/outcome.ts';
import {
  inviteHolder,
  type Fact,
  type ManagedInvite,
  type Memory,
  type Store,
} from '../../src/model/store.ts';
import { createMemoryStore } from '../../src/state/memory.ts';
import { openSqliteStore } from '../../src/state/sqlite/index.ts';
import {
  deactivation,
  failureOf,
  outcomeOf,
  recordOf,
  temporaryFolder,
  unordered,
} from '../unit/state/support.ts';

/** Opens one state twice in a row: what must last is read through the second store. */
interface Implementation {
  readonly name: string;
  open(): { readonly store: Store; again(): Store };
}

const sqlite: Implementation = {
  name: 'sqlite',
  open() {
    const path = join(temporaryFolder(), 'bridge.db');
    const openOne = () => {
      const store = openSqliteStore(path, { mode: 'write' });
      onTestFinished(() => store.close());
      return store;
    };
    return { store: openOne(), again: openOne };
  },
};

const inMemory: Implementation = {
  name: 'memory',
  open() {
    const store = createMemoryStore();
    return { store, again: () => store };
  },
};

const everyKindOfFact: readonly Fact[] = [
  { kind: 'link', link: { type: 'user', source: 'okta', externalId: '00u1', targetId: 'user_1' } },
  { kind: 'link', link: { type: 'user', source: 'entra', externalId: '00u1', targetId: 'user_1' } },
  { kind: 'link', link: { type: 'group', source: 'okta', externalId: '00u1', targetId: '7' } },
  { kind: 'account', id: 'user_1', email: 'zoë@acme.com', origin: 'created' },
  { kind: 'account', id: 'user_2', email: 'adam@acme.com', origin: 'adopted' },
  { kind: 'accountDisabledByUs', id: 'user_2', disabledByUs: true },
  { kind: 'attribute', id: 'user_1', name: 'department', value: 'Ops', source: 'okta' },
  { kind: 'attribute', id: 'user_1', name: '__proto__', value: '', source: 'entra' },
  { kind: 'attribute', id: 'user_1', name: 'cleared', value: null, source: 'okta' },
  { kind: 'group', id: '7', name: 'Finance', origin: 'used' },
  { kind: 'group', id: '8', name: 'Data', origin: 'created' },
  { kind: 'membership', group: '7', user: 'user_1' },
  { kind: 'membership', group: '7', user: 'user_2' },
  { kind: 'grant', group: '8', object: 'folder app_7', level: 'use' },
  { kind: 'invite', id: '41', email: 'eve@acme.com', origin: 'created', reissues: 1 },
  { kind: 'link', link: { type: 'invite', source: 'okta', externalId: '00u3', targetId: '41' } },
  { kind: 'attribute', id: inviteHolder('41'), name: 'department', value: 'Ops', source: 'okta' },
  { kind: 'membership', group: '7', user: inviteHolder('41') },
  { kind: 'takenAway', class: 'disables', at: 1000 },
  { kind: 'takenAway', class: 'removals', at: 1000 },
];

const openInvite: ManagedInvite = {
  id: '41',
  email: 'eve@acme.com',
  origin: 'created',
  state: 'open',
  reissues: 1,
  attributes: new Map([['department', { value: 'Ops', source: 'okta' }]]),
  groups: new Set(['7']),
};

function learn(store: Store, ...facts: readonly Fact[]): void {
  store.settle('run', outcomeOf('any@acme.com', 'applied'), facts, 1);
}

function openIds(store: Store): readonly (readonly [string, string, number | null])[] {
  return store.openIntents().map(({ run, operation, sentAt }) => [run, operation.subject.key, sentAt]);
}

describe.each([sqlite, inMemory])('the store over $name', ({ open }) => {
  describe('memory', () => {
    test('is empty and new at first', () => {
      const { store } = open();

      expect(store.target()).toBeNull();
      expect(store.memory(0)).toEqual({
        isNew: true,
        links: [],
        accounts: new Map(),
        groups: new Map(),
        invites: new Map(),
        appliedConfig: null,
        takenAway: [],
        snapshots: new Map(),
      } satisfies Memory);
    });

    test('holds every fact for whoever opens the state next', () => {
      const { store, again } = open();
      learn(store, ...everyKindOfFact);

      expect(unordered(again().memory(0))).toEqual(
        unordered({
          isNew: false,
          links: [
            { type: 'user', source: 'okta', externalId: '00u1', targetId: 'user_1' },
            { type: 'user', source: 'entra', externalId: '00u1', targetId: 'user_1' },
            { type: 'group', source: 'okta', externalId: '00u1', targetId: '7' },
            { type: 'invite', source: 'okta', externalId: '00u3', targetId: '41' },
          ],
          accounts: new Map([
            [
              'user_1',
              {
                id: 'user_1',
                email: 'zoë@acme.com',
                origin: 'created',
                disabledByUs: false,
                attributes: new Map([
                  ['department', { value: 'Ops', source: 'okta' }],
                  ['__proto__', { value: '', source: 'entra' }],
                  ['cleared', { value: null, source: 'okta' }],
                ]),
              },
            ],
            [
              'user_2',
              {
                id: 'user_2',
                email: 'adam@acme.com',
                origin: 'adopted',
                disabledByUs: true,
                attributes: new Map(),
              },
            ],
          ]),
          groups: new Map([
            ['7', { id: '7', name: 'Finance', origin: 'used', members: new Set(['user_1', 'user_2']) }],
            [
              '8',
              {
                id: '8',
                name: 'Data',
                origin: 'created',
                members: new Set(),
                grants: new Map([['folder app_7', 'use']]),
              },
            ],
          ]),
          invites: new Map([['41', openInvite]]),
          appliedConfig: null,
          takenAway: [
            { class: 'disables', at: 1000 },
            { class: 'removals', at: 1000 },
          ],
          snapshots: new Map(),
        }),
      );
    });

    test('passes what an invite held on to the account that claims it', () => {
      const { store, again } = open();
      learn(store, ...everyKindOfFact, { kind: 'inviteClaimed', id: '41', user: 'user_9' });
      learn(store, { kind: 'account', id: 'user_9', email: 'eve@acme.com', origin: 'adopted' });

      const { links, accounts, groups, invites } = again().memory(0);
      expect(invites.size).toBe(0);
      expect(links.filter(({ externalId }) => externalId === '00u3')).toEqual([
        { type: 'user', source: 'okta', externalId: '00u3', targetId: 'user_9' },
      ]);
      expect(accounts.get('user_9')?.attributes).toEqual(openInvite.attributes);
      expect(groups.get('7')?.members).toEqual(new Set(['user_1', 'user_2', 'user_9']));
    });

    test('keeps the links of an invite that has ended, and forgets what it held', () => {
      const { store, again } = open();
      learn(store, ...everyKindOfFact, { kind: 'inviteEnded', id: '41' });

      const { links, invites } = again().memory(0);
      expect(invites.get('41')).toEqual({
        ...openInvite,
        state: 'ended',
        attributes: new Map(),
        groups: new Set(),
      });
      expect(links.some(({ type }) => type === 'invite')).toBe(true);
    });

    test('remembers nothing of an invite or a grant that is released', () => {
      const { store, again } = open();
      learn(
        store,
        ...everyKindOfFact,
        { kind: 'inviteReleased', id: '41' },
        { kind: 'grantReleased', group: '8', object: 'folder app_7' },
      );

      const { links, invites, groups } = again().memory(0);
      expect([invites.size, links.some(({ type }) => type === 'invite')]).toEqual([0, false]);
      expect(groups.get('8')?.grants).toBeUndefined();
      learn(store, { kind: 'invite', id: '41', email: 'eve@acme.com', origin: 'adopted', reissues: 0 });
      expect(again().memory(0).invites.get('41')).toMatchObject({ attributes: new Map(), groups: new Set() });
    });

    test('does not change when the same facts are written again', () => {
      const { store } = open();
      learn(store, ...everyKindOfFact);
      const once = unordered(store.memory(0));
      learn(store, ...everyKindOfFact);

      expect(unordered(store.memory(0))).toEqual(once);
    });

    test('does not depend on the order of facts', () => {
      const { store } = open();
      const { store: other } = open();
      learn(store, ...everyKindOfFact);
      for (const fact of everyKindOfFact.toReversed()) {
        if (fact.kind !== 'takenAway') learn(other, fact);
      }

      expect(unordered({ ...other.memory(0), takenAway: [] })).toEqual(
        unordered({ ...store.memory(0), takenAway: [] }),
      );
    });

    test('keeps what is told of an account or group until that is managed', () => {
      const { store } = open();
      learn(
        store,
        { kind: 'accountDisabledByUs', id: 'user_1', disabledByUs: true },
        { kind: 'attribute', id: 'user_1', name: 'team', value: 'A', source: 'okta' },
        { kind: 'membership', group: '7', user: 'user_1' },
      );
      expect(store.memory(0).accounts.size + store.memory(0).groups.size).toBe(0);

      learn(
        store,
        { kind: 'account', id: 'user_1', email: 'a@acme.com', origin: 'created' },
        { kind: 'group', id: '7', name: 'F', origin: 'used' },
      );
      expect(store.memory(0).accounts.get('user_1')).toMatchObject({
        disabledByUs: true,
        attributes: new Map([['team', { value: 'A', source: 'okta' }]]),
      });
      expect(store.memory(0).groups.get('7')?.members).toEqual(new Set(['user_1']));
    });

    test('is read anew after every way of changing it', () => {
      const { store } = open();
      const sizes = () => {
        const { accounts, appliedConfig, snapshots } = store.memory(0);
        return [accounts.size, appliedConfig, snapshots.size];
      };
      expect(sizes()).toEqual([0, null, 0]);
      learn(store, { kind: 'account', id: 'user_1', email: 'a@acme.com', origin: 'created' });
      expect(sizes()).toEqual([1, null, 0]);
      store.saveAppliedConfig('first');
      expect(sizes()).toEqual([1, 'first', 0]);
      store.saveSnapshots([{ source: 'okta', takenAt: '2026-03-01T10:00:00.000Z', users: 2, groups: 1 }]);
      expect(sizes()).toEqual([1, 'first', 1]);
      learn(store, { kind: 'accountReleased', id: 'user_1' });
      expect(sizes()).toEqual([0, 'first', 1]);
    });

    test('takes the last word of facts about the same thing', () => {
      const { store } = open();
      learn(store, ...everyKindOfFact);
      learn(
        store,
        { kind: 'link', link: { type: 'user', source: 'okta', externalId: '00u1', targetId: 'user_9' } },
        { kind: 'account', id: 'user_1', email: 'new@acme.com', origin: 'adopted' },
        { kind: 'accountDisabledByUs', id: 'user_2', disabledByUs: false },
        { kind: 'attribute', id: 'user_1', name: 'department', value: 'Sales', source: 'entra' },
        { kind: 'attributeReleased', id: 'user_1', name: 'cleared' },
        { kind: 'group', id: '7', name: 'Money', origin: 'created' },
        { kind: 'membershipReleased', group: '7', user: 'user_1' },
      );

      const memory = store.memory(0);
      expect(memory.links).toContainEqual({
        type: 'user',
        source: 'okta',
        externalId: '00u1',
        targetId: 'user_9',
      });
      expect(memory.links).toHaveLength(4);
      expect(memory.accounts.get('user_1')).toMatchObject({ email: 'new@acme.com', origin: 'adopted' });
      expect(memory.accounts.get('user_1')?.attributes).toEqual(
        new Map([
          ['department', { value: 'Sales', source: 'entra' }],
          ['__proto__', { value: '', source: 'entra' }],
        ]),
      );
      expect(memory.accounts.get('user_2')?.disabledByUs).toBe(false);
      expect(memory.groups.get('7')).toEqual({
        id: '7',
        name: 'Money',
        origin: 'created',
        members: new Set(['user_2']),
      });
    });

    test('releases what was never ours without complaint', () => {
      const { store } = open();
      learn(
        store,
        { kind: 'attributeReleased', id: 'user_1', name: 'team' },
        { kind: 'membershipReleased', group: '7', user: 'user_1' },
        { kind: 'accountDisabledByUs', id: 'user_1', disabledByUs: false },
        { kind: 'accountReleased', id: 'user_1' },
        { kind: 'groupReleased', id: '7' },
      );

      expect(store.memory(0).accounts.size + store.memory(0).groups.size).toBe(0);
    });

    test('forgets all of a group that is released, and nothing else', () => {
      const { store, again } = open();
      learn(store, ...everyKindOfFact);
      learn(store, {
        kind: 'link',
        link: { type: 'user', source: 'okta', externalId: '00u7', targetId: '7' },
      });
      learn(store, { kind: 'groupReleased', id: '7' });

      const memory = again().memory(0);
      expect(memory.links.map(({ type, targetId }) => [type, targetId]).toSorted()).toEqual([
        ['invite', '41'],
        ['user', '7'],
        ['user', 'user_1'],
        ['user', 'user_1'],
      ]);
      expect([...memory.groups.keys()]).toEqual(['8']);
      expect(memory.accounts.size).toBe(2);
      learn(store, { kind: 'group', id: '7', name: 'Finance', origin: 'used' });
      expect(again().memory(0).groups.get('7')?.members).toEqual(new Set());
    });

    test('forgets all of an account that is released, and nothing else', () => {
      const { store, again } = open();
      learn(store, ...everyKindOfFact, { kind: 'accountDisabledByUs', id: 'user_1', disabledByUs: true });
      learn(store, { kind: 'accountReleased', id: 'user_1' });

      const memory = again().memory(0);
      expect(memory.links.map(({ type, targetId }) => [type, targetId]).toSorted()).toEqual([
        ['group', '7'],
        ['invite', '41'],
      ]);
      expect([...memory.accounts.keys()]).toEqual(['user_2']);
      expect(memory.groups.get('7')?.members).toEqual(new Set(['user_2']));
      learn(store, { kind: 'account', id: 'user_1', email: 'zoë@acme.com', origin: 'adopted' });
      expect(again().memory(0).accounts.get('user_1')).toMatchObject({
        disabledByUs: false,
        attributes: new Map(),
      });
    });

    test('once read, is not changed by what is written later', () => {
      const { store } = open();
      learn(store, ...everyKindOfFact);
      const read = store.memory(0);
      const before = structuredClone(read);
      learn(
        store,
        { kind: 'membershipReleased', group: '7', user: 'user_1' },
        { kind: 'attributeReleased', id: 'user_1', name: 'department' },
      );
      store.saveSnapshots([{ source: 'okta', takenAt: '2026-03-01T10:00:00.000Z', users: 2, groups: 1 }]);

      expect(read).toEqual(before);
    });

    test('counts what one operation took away once per run, and from the time asked for', () => {
      const { store } = open();
      const taken = (at: number): Fact => ({ kind: 'takenAway', class: 'removals', at });
      store.settle('run 1', outcomeOf('a@acme.com', 'applied'), [taken(1000)], 1);
      store.settle(
        'run 1',
        outcomeOf('a@acme.com', 'applied'),
        [{ kind: 'membershipReleased', group: '7', user: 'user_1' }, taken(1001)],
        2,
      );
      store.settle('run 1', outcomeOf('b@acme.com', 'applied'), [taken(2000), taken(2000)], 3);
      store.settle('run 2', outcomeOf('a@acme.com', 'applied'), [taken(3000)], 4);

      const times = (since: number) => store.memory(since).takenAway.map(({ at }) => at);
      expect(times(0).toSorted()).toEqual([1000, 2000, 2000, 3000]);
      expect(times(2000).toSorted()).toEqual([2000, 2000, 3000]);
      expect(times(3001)).toEqual([]);
    });

    test.each<[OutcomeState, boolean]>([
      ['applied', false],
      ['failed', true],
      ['skipped', true],
      ['notAttempted', true],
      ['unknown', true],
    ])('after an outcome "%s", isNew is %s', (state, isNew) => {
      const { store, again } = open();
      store.settle('run', outcomeOf('a@acme.com', state), [], 1);

      expect(again().memory(0).isNew).toBe(isNew);
    });

    test('keeps the target, the applied configuration and the last snapshot of each source', () => {
      const { store, again } = open();
      store.bindTarget('https://old.retool.com/api/v2');
      store.bindTarget('https://acme.retool.com/api/v2');
      store.saveAppliedConfig('first');
      store.saveAppliedConfig('second');
      const okta = { source: 'okta', takenAt: '2026-03-01T10:00:00.000Z', users: 2, groups: 1 };
      const entra = { source: 'entra', takenAt: '2026-03-01T10:00:02.000Z', users: 0, groups: 0 };
      store.saveSnapshots([okta, entra]);
      store.saveSnapshots([{ ...okta, users: 3 }]);

      expect(again().target()).toBe('https://acme.retool.com/api/v2');
      expect(again().memory(0).appliedConfig).toBe('second');
      expect(again().memory(0).snapshots).toEqual(
        new Map([
          ['okta', { ...okta, users: 3 }],
          ['entra', entra],
        ]),
      );
    });
  });

  describe('journal', () => {
    test('gives an intent back as it was made, until it is settled', () => {
      const { store, again } = open();
      const operation = {
        ...deactivation('a@acme.com'),
        reason: { ...deactivation('a@acme.com').reason, text: 'quote " \u2028 ü 😀' },
      };
      store.intend('run', operation, 1000);
      expect(again().openIntents()).toEqual([{ run: 'run', operation, sentAt: null }]);

      store.sent('run', operation.id, 2000);
      store.sent('run', operation.id, 2500);
      expect(again().openIntents()).toEqual([{ run: 'run', operation, sentAt: 2500 }]);

      store.settle('run', outcomeOf('a@acme.com', 'applied'), [], 3000);
      expect(again().openIntents()).toEqual([]);
    });

    test('tells when the last run sent last, until that run leaves a record', () => {
      const { store, again } = open();
      expect(store.cutShortAt()).toBeNull();
      store.intend('r1', deactivation('a@acme.com'), 1000);
      expect(store.cutShortAt()).toBeNull();
      store.intend('r1', deactivation('b@acme.com'), 1000);
      store.sent('r1', deactivation('b@acme.com').id, 2000);
      store.sent('r1', deactivation('a@acme.com').id, 2500);
      store.settle('r1', outcomeOf('a@acme.com', 'applied'), [], 3000);
      store.settle('r1', outcomeOf('b@acme.com', 'applied'), [], 3000);
      expect(again().cutShortAt()).toBe(2500);

      store.saveRun(recordOf('r1'));
      expect(again().cutShortAt()).toBeNull();
      store.intend('r2', deactivation('c@acme.com'), 4000);
      store.sent('r2', deactivation('c@acme.com').id, 5000);
      expect(again().cutShortAt()).toBe(5000);
    });

    test('lists open intents with the last one made first', () => {
      const { store } = open();
      store.intend('run 1', deactivation('a@acme.com'), 3000);
      store.intend('run 1', deactivation('b@acme.com'), 2000);
      store.intend('run 2', deactivation('c@acme.com'), 1000);

      expect(openIds(store).map(([, key]) => key)).toEqual(['c@acme.com', 'b@acme.com', 'a@acme.com']);
    });

    test('keeps an unknown outcome open', () => {
      const { store } = open();
      store.intend('run', deactivation('a@acme.com'), 1000);
      store.sent('run', deactivation('a@acme.com').id, 1001);
      store.settle('run', outcomeOf('a@acme.com', 'unknown'), [], 2000);

      expect(openIds(store)).toEqual([['run', 'a@acme.com', 1001]]);
    });

    test.each<OutcomeState>(['applied', 'failed', 'skipped', 'notAttempted'])(
      'closes every older intent of an operation when any run settles it as "%s"',
      (state) => {
        const { store } = open();
        store.intend('run 1', deactivation('a@acme.com'), 1000);
        store.intend('run 1', deactivation('b@acme.com'), 1000);
        store.settle('run 1', outcomeOf('a@acme.com', 'unknown'), [], 1001);
        store.intend('run 2', deactivation('a@acme.com'), 2000);
        store.settle('run 3', outcomeOf('a@acme.com', state), [], 3000);

        expect(openIds(store)).toEqual([['run 1', 'b@acme.com', null]]);
      },
    );

    test('does not close an older intent with a later outcome that is unknown too', () => {
      const { store } = open();
      for (const run of ['run 1', 'run 2']) {
        store.intend(run, deactivation('a@acme.com'), 1000);
        store.settle(run, outcomeOf('a@acme.com', 'unknown'), [], 1001);
      }

      expect(openIds(store).map(([run]) => run)).toEqual(['run 2', 'run 1']);
    });

    test('does not let an earlier outcome close an intent made after it', () => {
      const { store } = open();
      store.settle('run 1', outcomeOf('a@acme.com', 'applied'), [], 1000);
      store.intend('run 2', deactivation('a@acme.com'), 2000);

      expect(openIds(store)).toEqual([['run 2', 'a@acme.com', null]]);
    });

    test('opens an intent made again in the same run, at the top and with the time of its last send', () => {
      const { store } = open();
      store.intend('run', deactivation('a@acme.com'), 1000);
      store.sent('run', deactivation('a@acme.com').id, 1001);
      store.settle('run', outcomeOf('a@acme.com', 'failed'), [], 1002);
      store.intend('run', deactivation('b@acme.com'), 1003);
      store.intend('run', deactivation('a@acme.com'), 1004);

      expect(openIds(store)).toEqual([
        ['run', 'a@acme.com', 1001],
        ['run', 'b@acme.com', null],
      ]);
    });

    test('opens what is sent once more after it was settled', () => {
      const { store } = open();
      store.intend('run', deactivation('a@acme.com'), 1000);
      store.settle('run', outcomeOf('a@acme.com', 'failed'), [], 1001);
      store.sent('run', deactivation('a@acme.com').id, 1002);

      expect(openIds(store)).toEqual([['run', 'a@acme.com', 1002]]);
    });

    test('remembers a send as no earlier than it was', () => {
      const { store } = open();
      store.intend('run', deactivation('a@acme.com'), 1000.2);
      store.sent('run', deactivation('a@acme.com').id, 1000.2);

      expect(openIds(store)).toEqual([['run', 'a@acme.com', 1001]]);
    });

    test('refuses a send without an intent', () => {
      const { store } = open();
      store.intend('run 1', deactivation('a@acme.com'), 1000);
      store.settle('run 2', outcomeOf('a@acme.com', 'notAttempted'), [], 1001);

      expect(failureOf(() => store.sent('run 2', deactivation('a@acme.com').id, 1002))).toMatchObject({
        code: 'internal',
        audience: 'developer',
      });
    });

    test('settles what was never intended, which leaves nothing open', () => {
      const { store } = open();
      store.settle('run', outcomeOf('a@acme.com', 'unknown'), [], 1000);

      expect(store.openIntents()).toEqual([]);
    });
  });

  describe('runs', () => {
    test('are found again exactly, the last one saved first', () => {
      const { store, again } = open();
      for (const id of ['r1', 'r3', 'r2']) store.saveRun(recordOf(id));

      const reopened = again();
      expect(reopened.run('r3')).toEqual(recordOf('r3'));
      expect(reopened.run('r4')).toBeNull();
      expect(reopened.runs(2)).toEqual([
        {
          id: 'r2',
          kind: 'sync',
          status: 'changed',
          startedAt: '2026-03-01T10:00:00.000Z',
          finishedAt: '2026-03-01T10:00:09.000Z',
          fingerprint: 'f00d',
          operations: 1,
        },
        expect.objectContaining({ id: 'r3' }),
      ]);
    });

    test('saved again are replaced in their place', () => {
      const { store } = open();
      store.saveRun(recordOf('r1'));
      store.saveRun(recordOf('r2'));
      store.saveRun({ ...recordOf('r1'), status: 'partial' });

      expect(store.runs(9).map(({ id, status }) => [id, status])).toEqual([
        ['r2', 'changed'],
        ['r1', 'partial'],
      ]);
      expect(store.run('r1')?.status).toBe('partial');
    });
  });

  describe('lock', () => {
    test('is held by one at a time', () => {
      const { store, again } = open();
      const other = again();
      const lock = store.lock();
      expect(failureOf(() => other.lock())).toMatchObject({ code: 'stateLocked', retryable: true });
      expect(failureOf(() => store.lock())).toMatchObject({ code: 'stateLocked' });

      lock.release();
      const next = other.lock();
      lock.release();
      expect(failureOf(() => store.lock())).toMatchObject({ code: 'stateLocked' });
      next.release();
    });
  });

  describe('window', () => {
    const windowMs = 61_000;

    test('admits the limit and then says when the oldest leaves', () => {
      const { window } = open().store;
      for (const now of [1000, 1500, 2000])
        expect(window.admit({ now, limit: 3, windowMs })).toEqual({ admitted: true });

      expect(window.admit({ now: 2000, limit: 3, windowMs })).toEqual({ admitted: false, waitMs: 60_000 });
      expect(window.admit({ now: 61_999, limit: 3, windowMs })).toEqual({ admitted: false, waitMs: 1 });
      expect(window.admit({ now: 62_000, limit: 3, windowMs })).toEqual({ admitted: true });
      expect(window.admit({ now: 62_000, limit: 3, windowMs })).toEqual({ admitted: false, waitMs: 500 });
    });

    test('is one window for all who open the state', () => {
      const { store, again } = open();
      store.window.admit({ now: 1000, limit: 1, windowMs });

      expect(again().window.admit({ now: 1001, limit: 1, windowMs })).toEqual({
        admitted: false,
        waitMs: 60_999,
      });
    });

    test('looks at the last sends only when the limit was lowered', () => {
      const { window } = open().store;
      for (const now of [1000, 2000, 3000]) window.admit({ now, limit: 3, windowMs });

      expect(window.admit({ now: 3000, limit: 2, windowMs })).toEqual({ admitted: false, waitMs: 60_000 });
    });

    test('waits at least a millisecond', () => {
      const { window } = open().store;
      window.admit({ now: 1000, limit: 1, windowMs });

      expect(window.admit({ now: 61_999.5, limit: 1, windowMs })).toEqual({ admitted: true });
      expect(window.admit({ now: 122_999.5, limit: 1, windowMs: 60_999.5 })).toEqual({ admitted: true });
      expect(window.admit({ now: 122_999.5, limit: 1, windowMs: 0.5 })).toEqual({
        admitted: false,
        waitMs: 1,
      });
    });

    test('counts the sends of a clock that was set back by hours as made just now', () => {
      const { window } = open().store;
      const later = 10_000_000;
      for (const now of [later, later]) window.admit({ now, limit: 2, windowMs });

      expect(window.admit({ now: 1000, limit: 2, windowMs })).toEqual({ admitted: false, waitMs: windowMs });
      expect(window.admit({ now: 1000 + windowMs, limit: 2, windowMs })).toEqual({ admitted: true });
    });

    test('never blocks for longer than two windows, and never breaks the limit, whatever a clock does that is set back', () => {
      const step = fc.record({
        passes: fc.integer({ min: 0, max: 40_000 }),
        setBack: fc.constantFrom(0, 0, 0, 500, 30_000, 3_600_000),
      });
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
          const { store } = open();
          const admittedAt: number[] = [];
          const waits: number[] = [];
          let time = 0;
          let behind = 0;
          for (const { passes, setBack } of steps) {
            time += passes;
            behind += setBack;
            const answer = store.window.admit({ now: 1e12 + time - behind, limit, windowMs });
            if (answer.admitted) admittedAt.push(time);
            else waits.push(answer.waitMs);
          }
          expect(waits.filter((waitMs) => waitMs > 2 * windowMs)).toEqual([]);
          for (const at of admittedAt) {
            expect(
              admittedAt.filter((other) => other > at - windowMs && other <= at).length,
            ).toBeLessThanOrEqual(limit);
          }
          store.close();
        }),
        { numRuns: 60 },
      );
    });

    test('remembers the last slowdown, for all who open the state', () => {
      const { store, again } = open();
      expect(store.window.slowdown()).toBeNull();
      store.window.slowDown({ limit: 31, at: 1000, until: 3500.5 });
      store.window.slowDown({ limit: 21, at: 4000, until: 9000 });

      expect(store.window.slowdown()).toEqual({ limit: 21, at: 4000, until: 9000 });
      expect(again().window.slowdown()).toEqual({ limit: 21, at: 4000, until: 9000 });
    });

    test.each([0, -1, 1.5, Number.NaN])('refuses a limit of %s', (limit) => {
      const { window } = open().store;

      expect(failureOf(() => window.slowDown({ limit, at: 0, until: 0 }))).toMatchObject({
        code: 'internal',
      });

      expect(failureOf(() => window.admit({ now: 1000, limit, windowMs }))).toMatchObject({
        code: 'internal',
      });
    });
  });

  test('is of no use after it was closed, and gives its lock back', () => {
    const { store, again } = open();
    const other = again();
    store.lock();
    store.close();
    store.close();

    expect(failureOf(() => store.memory(0))).toMatchObject({ code: 'internal', audience: 'developer' });
    expect(failureOf(() => store.window.admit({ now: 1, limit: 1, windowMs: 1 }))).toMatchObject({
      code: 'internal',
    });
    if (other !== store) other.lock().release();
  });
});
