import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type AuditEntry, personalEntry } from '../../src/model/audit.ts';
import type { CurrentState } from '../../src/model/current-state.ts';
import { complete, partial, type Snapshot } from '../../src/model/snapshot.ts';
import type { Known } from '../../src/model/preflight.ts';
import type { Store } from '../../src/model/store.ts';
import { createMemoryStore } from '../../src/state/memory.ts';
import { openSqliteStore } from '../../src/state/sqlite/index.ts';
import { begunRun, deactivation, outcomeOf, recordOf, temporaryFolder } from '../unit/state/support.ts';

interface Implementation {
  readonly name: string;
  open(): { readonly store: Store; again(): Store };
}

const implementations: readonly Implementation[] = [
  {
    name: 'sqlite',
    open() {
      const path = join(temporaryFolder(), 'bridge.db');
      const openOne = (): Store => {
        const store = openSqliteStore(path, { mode: 'write' });
        onTestFinished(() => store.close());
        return store;
      };
      return { store: openOne(), again: openOne };
    },
  },
  {
    name: 'memory',
    open() {
      const store = createMemoryStore();
      return { store, again: () => store };
    },
  },
];

const current: CurrentState = {
  visible: { users: 'visible', groups: 'hidden' },
  users: [
    {
      id: 'user_1',
      email: 'zoë@acme.com',
      firstName: 'Zoë\u2028',
      lastName: null,
      active: true,
      isAdmin: false,
      userType: 'default',
      metadata: { phone: '1\n2' },
      lastActive: null,
    },
  ],
  groups: [{ id: '7', name: 'Finance', members: new Map([['user_1', { groupAdmin: true }]]), access: null }],
  invites: [],
  attributes: [{ name: 'department', dataType: 'string', defaultValue: null }],
  readAt: { began: 1000, ended: 1500 },
};

function snapshot(source: string, people = 1): Snapshot {
  return {
    source,
    takenAt: '2026-03-01T10:00:00.000Z',
    users: Array.from({ length: people }, (_, number) => ({
      externalId: `00u${number}`,
      active: true,
      email: `person${number}@acme.com`,
      extra: { note: 'x'.repeat(300) },
    })),
    groups: [{ externalId: 'g1', displayName: 'Finance', members: ['00u0'], extra: {} }],
    completeness: { users: complete, groups: partial('late'), partialGroups: new Map([['g1', 'late']]) },
    rejected: [{ type: 'user', externalId: null, text: 'id: missing' }],
    calls: 3,
  };
}

function entry(facts: Partial<AuditEntry> = {}): AuditEntry {
  return {
    ...personalEntry('link', {}),
    event: 'operation',
    run: 'r1',
    kind: 'deactivateUser',
    state: 'applied',
    digest: 'd1',
    accounts: ['user_1'],
    names: new Map([['user_1', 'zoë@acme.com']]),
    ...facts,
  };
}

function settled(store: Store, at: number, facts: Partial<AuditEntry> = {}): void {
  store.settle('r1', outcomeOf('zoë@acme.com', 'applied'), [], at, entry(facts));
}

describe.each(implementations)('the history of the store over $name', ({ open }) => {
  describe('the last reads', () => {
    test('are found again as they were, whatever their size', () => {
      const { store, again } = open();
      const snapshots = [snapshot('entra'), snapshot('okta', 5000)];
      expect(store.lastReads()).toBeNull();
      store.saveReads({ snapshots, current, at: 2000 });

      expect(again().lastReads()).toEqual({ snapshots, current, at: 2000 });
    });

    test('take the place of those before, source by source', () => {
      const { store } = open();
      store.saveReads({ snapshots: [snapshot('okta', 3000), snapshot('entra')], current, at: 2000 });
      store.saveReads({ snapshots: [snapshot('okta')], current, at: 3000 });

      expect(store.lastReads()?.snapshots).toEqual([snapshot('okta')]);
    });

    test('are found by source, with the cursor to go on from', () => {
      const { store, again } = open();
      const cursor = {
        position: { link: 'https://graph.example/delta?token=1' },
        fullReadAt: '2026-01-01T00:00:00Z',
      };
      const entra = { ...snapshot('entra'), cursor };
      expect(store.lastSnapshot('entra')).toBeNull();
      store.saveReads({ snapshots: [entra, snapshot('okta')], current, at: 2000 });

      expect(again().lastSnapshot('entra')).toEqual(entra);
      expect(again().lastSnapshot('staff')).toBeNull();
    });

    test('give back attributes under any name, and none that nobody wrote', () => {
      const { store, again } = open();
      const extra = Object.assign(Object.create(null), { constructor: 'x', nested: { toString: 1 } });
      const users = [{ externalId: 'u', active: true, extra }];
      store.saveReads({ snapshots: [{ ...snapshot('okta'), users }], current, at: 2000 });

      const kept = again().lastSnapshot('okta')?.users[0]?.extra;
      expect(kept).toEqual(extra);
      expect(Object.getPrototypeOf(kept)).toBeNull();
    });

    test('of a run that read no source keep the snapshots of the one before', () => {
      const { store } = open();
      store.saveReads({ snapshots: [snapshot('okta')], current, at: 2000 });
      store.saveReads({ snapshots: null, current: { ...current, users: [] }, at: 3000 });

      expect(store.lastReads()).toEqual({
        snapshots: [snapshot('okta')],
        current: { ...current, users: [] },
        at: 3000,
      });
    });
  });

  describe('observations', () => {
    test('remember since when somebody has been out of scope, from the first time on', () => {
      const { store, again } = open();
      store.startGrace({ source: 'okta', externalId: '00u1' }, 1000);
      store.startGrace({ source: 'okta', externalId: '00u1' }, 2000);
      store.startGrace({ source: 'entra', externalId: 'a:b' }, 3000);
      store.endGrace({ source: 'entra', externalId: 'unknown' });

      expect(again().grace()).toEqual(
        new Map([
          ['okta:00u1', 1000],
          ['entra:a:b', 3000],
        ]),
      );
      store.endGrace({ source: 'okta', externalId: '00u1' });
      expect([...store.grace().keys()]).toEqual(['entra:a:b']);
    });

    test('remember each change by hand once, oldest first', () => {
      const { store, again } = open();
      for (const at of [3000, 1000, 3000]) store.addDrift({ subject: 'a@acme.com', field: 'first_name', at });
      store.addDrift({ subject: 'a@acme.com', field: 'department', at: 2000 });

      expect(
        again()
          .drifts(1000)
          .map(({ field, at }) => [field, at]),
      ).toEqual([
        ['first_name', 1000],
        ['department', 2000],
        ['first_name', 3000],
      ]);
      expect(store.drifts(3000)).toHaveLength(1);
      store.forgetDrifts('a@acme.com', 'first_name');
      expect(store.drifts(0).map(({ field }) => field)).toEqual(['department']);
    });

    test('undo a link, and nothing else of the account', () => {
      const { store } = open();
      const links = ['00u1', '00u2'].map((externalId) => ({
        kind: 'link' as const,
        link: { type: 'user' as const, source: 'okta', externalId, targetId: 'user_1' },
      }));
      store.settle('r', outcomeOf('a@acme.com', 'applied'), links, 1);
      store.settle(
        'r',
        outcomeOf('a@acme.com', 'applied'),
        [{ kind: 'unlinked', type: 'user', source: 'okta', externalId: '00u1' }],
        2,
      );

      expect(store.memory(0).links.map(({ externalId }) => externalId)).toEqual(['00u2']);
    });
  });

  describe('approvals', () => {
    const { plan } = recordOf('r1');
    const held = new Map([['deactivateUser:zoë@acme.com', 'd1']]);

    test('a plan that is held again keeps its key and when it was held first', () => {
      const { store, again } = open();
      store.saveHeld({ key: 'k1', plan, held }, 1000);
      store.saveHeld({ key: 'k2', plan, held }, 1500);
      store.saveHeld({ key: 'k1', plan: { ...plan, fingerprint: 'beef' }, held }, 2000);

      expect(again().heldPlans()).toEqual([
        { key: 'k1', plan: { ...plan, fingerprint: 'beef' }, held, firstAt: 1000, lastAt: 2000 },
        { key: 'k2', plan, held, firstAt: 1500, lastAt: 1500 },
      ]);
    });

    test('stand until they expire, and each operation is used up by being applied', () => {
      const { store, again } = open();
      store.approve({ key: 'k1', operations: new Set(['d1', 'd2']), at: 1000, expiresAt: 5000, by: 'ann' });
      store.settle('r1', outcomeOf('a@acme.com', 'failed'), [], 1100, entry({ state: 'failed' }));
      expect(store.approvals(4999)[0]?.operations).toEqual(new Set(['d1', 'd2']));
      expect(store.approvals(5000)).toEqual([]);

      settled(store, 1200);
      expect(again().approvals(2000)).toEqual([
        { key: 'k1', operations: new Set(['d2']), at: 1000, expiresAt: 5000, by: 'ann' },
      ]);
      settled(store, 1300, { digest: 'd2' });
      expect(store.approvals(2000)).toEqual([]);
      expect([...store.auditRecords()].map(({ event, approval }) => [event, approval])).toEqual([
        ['approval', null],
        ['operation', null],
        ['operation', 'k1'],
        ['operation', 'k1'],
      ]);
    });

    test('a pause lasts until it is ended, for whoever opens the state', () => {
      const { store, again } = open();
      expect(store.paused()).toBeNull();
      store.pause({ reason: 'audit week', at: 1000, by: 'ann' });
      expect(again().paused()).toEqual({ reason: 'audit week', at: 1000, by: 'ann' });

      store.resume(2000, 'ben');
      expect(again().paused()).toBeNull();
      const names = store.auditNames();
      expect(
        [...store.auditRecords()].map(({ event, by, note }) => [event, names.get(by ?? ''), note]),
      ).toEqual([
        ['pause', 'ann', 'note:1'],
        ['resume', 'ben', null],
      ]);
    });
  });

  describe('the audit chain', () => {
    test('is whole as it was written, and holds neither names nor addresses', () => {
      const { store, again } = open();
      expect(store.verifyAudit(null)).toMatchObject({ state: 'whole', records: 0 });
      store.audit(personalEntry('approval', { digest: 'k1', by: 'ann' }), 1000);
      settled(store, 2000);
      const head = store.auditHead();
      settled(store, 3000);

      const reopened = again();
      expect(reopened.verifyAudit(head)).toEqual({ state: 'whole', records: 3, head: reopened.auditHead() });
      expect(JSON.stringify([...reopened.auditRecords()])).not.toMatch(/zoë|acme|ann/);
      expect(reopened.auditNames()).toEqual(
        new Map([
          ['user_1', 'zoë@acme.com'],
          ['by:1', 'ann'],
        ]),
      );
    });

    test('is broken against a head that it never had', () => {
      const { store } = open();
      settled(store, 1000);
      const head = store.auditHead();

      expect(store.verifyAudit({ ...head, hash: 'f'.repeat(64) })).toMatchObject({ state: 'broken', seq: 1 });
      expect(store.verifyAudit({ ...head, seq: 2 })).toMatchObject({ state: 'broken', seq: 2 });
    });

    test('goes on from where it was pruned', () => {
      const { store, again } = open();
      for (const at of [1000, 2000, 3000]) settled(store, at);
      const head = store.auditHead();

      expect(store.prune({ people: null, runs: null, audit: 2500 }).audit).toBe(2);
      expect(again().verifyAudit(head)).toMatchObject({ state: 'whole', records: 1 });
      settled(store, 4000);
      expect(again().verifyAudit(head)).toMatchObject({ state: 'whole', records: 2 });
      store.prune({ people: null, runs: null, audit: 9000 });
      expect(store.verifyAudit(null)).toMatchObject({ state: 'whole', records: 0, head: { seq: 4 } });
    });
  });

  describe('a run that goes on', () => {
    test('is kept with what became of its operations, until its record is saved', () => {
      const { store, again } = open();
      expect(store.unrecordedRun()).toBeNull();
      store.beginRun(begunRun('r1'));
      expect(store.unrecordedRun()).toEqual({ ...begunRun('r1'), outcomes: [], sent: 0, lastAt: 500 });
      for (const email of ['ann@acme.com', 'ben@acme.com', 'cut@acme.com'])
        store.intend('r1', deactivation(email), 1000);
      store.sent('r1', 'deactivateUser:ann@acme.com', 1500);
      store.settle('r1', outcomeOf('ann@acme.com', 'unknown'), [], 1600);
      store.settle('r1', outcomeOf('ann@acme.com', 'applied'), [], 2600);
      store.settle('r1', outcomeOf('ben@acme.com', 'failed'), [], 1600);
      store.settle('r0', outcomeOf('other@acme.com', 'applied'), [], 1600);

      const { outcomes = [], ...run } = again().unrecordedRun() ?? {};
      expect(run).toEqual({ ...begunRun('r1'), sent: 1, lastAt: 1500 });
      expect(new Map(outcomes.map((one) => [one.operation, one]))).toEqual(
        new Map([
          ['deactivateUser:ann@acme.com', outcomeOf('ann@acme.com', 'applied')],
          ['deactivateUser:ben@acme.com', outcomeOf('ben@acme.com', 'failed')],
        ]),
      );
      store.saveRun(recordOf('r0'));
      expect(again().unrecordedRun()).toMatchObject({ id: 'r1' });
      store.saveRun(recordOf('r1'));
      expect(again().unrecordedRun()).toBeNull();
      store.beginRun(begunRun('r1'));
      expect(store.unrecordedRun()?.outcomes).toEqual([]);
    });

    test('is the only one: whoever begins takes the place of the one before', () => {
      const { store, again } = open();
      store.beginRun(begunRun('r1'));
      store.settle('r1', outcomeOf('ann@acme.com', 'applied'), [], 1);
      store.beginRun(begunRun('r2'));

      expect(again().unrecordedRun()).toMatchObject({ id: 'r2', outcomes: [] });
    });

    test('forgets one person as the history does', () => {
      const { store, again } = open();
      store.beginRun(begunRun('r1'));
      store.intend('r1', deactivation('zoë@acme.com'), 1);
      store.settle('r1', outcomeOf('zoë@acme.com', 'applied'), [], 1);
      store.settle('r1', outcomeOf('ann@acme.com', 'applied'), [], 1);
      expect(JSON.stringify(store.unrecordedRun()?.plan)).toContain('zoë@acme.com');

      // The plan, the outcome and the settled intent.
      expect(store.forget('zoë@acme.com', 2, 'ann').rows).toBe(3);
      const left = again().unrecordedRun();
      expect(JSON.stringify(left)).not.toContain('zoë@acme.com');
      expect(left?.outcomes).toEqual([outcomeOf('ann@acme.com', 'applied')]);
    });
  });

  describe('what is known of the target', () => {
    const found: Known = {
      tokenOwner: { state: 'known', userId: 'user_1' },
      release: null,
      logins: { state: 'unseen', because: 'HTTP 403: "Forbidden"\u2028', lacksScope: true },
    };

    test('is kept for one token, and the next one takes its place', () => {
      const { store, again } = open();
      expect(store.known('t1')).toBeNull();
      store.saveKnown('t1', found);
      expect(again().known('t1')).toEqual(found);
      expect(again().known('t2')).toBeNull();
      again().saveKnown('t2', { ...found, tokenOwner: null });
      expect([again().known('t1'), again().known('t2')]).toEqual([null, { ...found, tokenOwner: null }]);
    });
  });

  describe('retention', () => {
    test('removes what is older, and nothing that is open or managed', () => {
      const { store } = open();
      store.saveRun(recordOf('r1'));
      store.intend('r1', deactivation('open@acme.com'), 1000);
      store.intend('r1', deactivation('done@acme.com'), 1000);
      store.settle('r1', outcomeOf('done@acme.com', 'applied'), [], 1100);
      store.settle(
        'r1',
        outcomeOf('zoë@acme.com', 'applied'),
        [{ kind: 'account', id: 'user_1', email: 'zoë@acme.com', origin: 'created' }],
        1200,
        entry({
          names: new Map([
            ['user_1', 'zoë@acme.com'],
            ['user_9', 'gone@acme.com'],
          ]),
        }),
      );
      const before = Date.parse('2026-04-01T00:00:00Z');

      expect(store.prune({ people: null, runs: null, audit: null })).toEqual({
        runs: 0,
        journal: 0,
        audit: 0,
      });
      expect(store.prune({ people: before, runs: before, audit: null }).runs).toBe(1);
      expect(store.runs(9)).toEqual([]);
      expect(store.openIntents().map(({ operation }) => operation.subject.key)).toEqual(['open@acme.com']);
      expect(store.auditNames()).toEqual(new Map([['user_1', 'zoë@acme.com']]));
      expect(store.verifyAudit(null).state).toBe('whole');
    });
  });

  describe('forgetting', () => {
    function withHistory(): Store {
      const { store } = open();
      store.settle(
        'r1',
        outcomeOf('zoë@acme.com', 'applied'),
        [
          { kind: 'account', id: 'user_1', email: 'zoë@acme.com', origin: 'created' },
          { kind: 'link', link: { type: 'user', source: 'okta', externalId: '00u1', targetId: 'user_1' } },
        ],
        1000,
        entry(),
      );
      store.saveRun(recordOf('r1'));
      store.saveHeld({ key: 'k1', plan: recordOf('r1').plan, held: new Map() }, 1000);
      store.saveReads({ snapshots: [], current, at: 1000 });
      store.intend('r1', deactivation('zoë@acme.com'), 1000);
      store.settle('r1', outcomeOf('zoë@acme.com', 'applied'), [], 1001);
      store.addDrift({ subject: 'zoë@acme.com', field: 'first_name', at: 1000 });
      return store;
    }

    test('takes a person out of all history, and keeps what manages the account', () => {
      const store = withHistory();
      expect(store.forget('zoë@acme.com', 2000, 'ann')).toMatchObject({ stays: true });

      const left = [
        store.run('r1'),
        store.heldPlans(),
        store.lastReads(),
        store.drifts(0),
        [...store.auditNames()],
      ];
      expect(JSON.stringify(left)).not.toContain('zoë@acme.com');
      expect(store.runs(9)).toHaveLength(1);
      expect(store.verifyAudit(null)).toMatchObject({ state: 'whole' });
      expect([...store.auditRecords()].at(-1)).toMatchObject({ event: 'forget', accounts: [] });
      expect(store.memory(0).links).toHaveLength(1);
    });

    test('releases an account that was switched off by a run', () => {
      const store = withHistory();
      store.settle(
        'r2',
        outcomeOf('zoë@acme.com', 'applied'),
        [{ kind: 'accountDisabledByUs', id: 'user_1', disabledByUs: true }],
        1500,
      );

      expect(store.forget('zoë@acme.com', 2000, 'ann')).toMatchObject({ stays: false });
      expect(store.memory(0)).toMatchObject({ links: [], accounts: new Map() });
    });

    test('leaves people alone whose address only ends or begins alike', () => {
      const { store } = open();
      const others = 'x.ann@acme.com, ëann@acme.com, ann@acme.com.au, ann@acme.company';
      const other = { ...recordOf('r1'), plan: { ...recordOf('r1').plan, incomplete: [others] } };
      store.saveRun(other);

      expect(store.forget('ann@acme.com', 2000, 'ben').rows).toBe(0);
      expect(store.run('r1')).toEqual(other);
    });
  });
});

describe('a backup of a state in SQLite', () => {
  test('is the whole state, readable by its owner only, and never overwrites a file', async () => {
    const folder = temporaryFolder();
    const store = openSqliteStore(join(folder, 'bridge.db'), { mode: 'write' });
    onTestFinished(() => store.close());
    settled(store, 1000);
    const copy = join(folder, 'copy.db');
    await store.backup(copy);

    const restored = openSqliteStore(copy, { mode: 'read' });
    onTestFinished(() => restored.close());
    expect(restored.auditHead()).toEqual(store.auditHead());
    await expect(store.backup(copy)).rejects.toMatchObject({ code: 'stateUnwritable' });
    await expect(store.backup(join(folder, 'missing', 'copy.db'))).rejects.toMatchObject({
      code: 'stateUnwritable',
    });
  });
});

test('a state in memory has no file to copy', async () => {
  await expect(createMemoryStore().backup('copy.db')).rejects.toMatchObject({ code: 'internal' });
});
