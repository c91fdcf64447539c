import type { Group } from '../../../src/model/group.ts';
import type { RunRecord } from '../../../src/model/outcome.ts';
import type { Fetch } from '../../../src/model/ports.ts';
import type { GuardLimits } from '../../../src/model/rules.ts';
import { Secret } from '../../../src/model/secret.ts';
import { complete } from '../../../src/model/snapshot.ts';
import type { Source } from '../../../src/model/source.ts';
import type { Fact, Memory, Store } from '../../../src/model/store.ts';
import type { User } from '../../../src/model/user.ts';
import { noProgress, type ReconcileParts, type RunRequest } from '../../../src/run/parts.ts';
import { reconcile } from '../../../src/run/reconcile.ts';
import {
  createRetoolSandbox,
  type RetoolSandbox,
  type RetoolSeed,
} from '../../../src/sandbox/retool/index.ts';
import { createRetoolSink } from '../../../src/sink-retool/index.ts';
import { createMemoryStore } from '../../../src/state/memory.ts';
import { plainPolicy, plainRules } from '../../support/rules.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts';
import { settleMs, silent, uninterrupted } from './support.ts';

/*
 * One small organisation that is taken through a run with every kind of operation. It can be disturbed at
 * each single call of a port: there, the process dies, is told to stop, or loses an answer.
 */

const token = 'retool_01test7f3a';
const limitless = { count: 1000, percent: 100 };
const guard: GuardLimits = {
  disables: { ...limitless, most: 1000 },
  removals: { ...limitless, perGroupCount: 1000, perGroupPercent: 100 },
  creates: limitless,
  invites: { count: 1000 },
  updates: limitless,
  windows: [],
};

const mapping = plainRules({
  attributes: new Map([
    ['department', 'user.enterprise.department'],
    ['title', 'user.title'],
  ]),
  groups: [
    {
      name: 'groups[0]',
      select: { by: 'pattern', pattern: 'retool-(?P<team>[a-z]+)' },
      source: null,
      to: '${team}',
      create: true,
      access: { apps: 'use', resources: 'use', workflows: 'none', queryLibrary: 'none' },
      admins: 'retool-${team}-owners',
    },
  ],
  precedence: ['okta'],
});

interface PersonSays {
  readonly family?: string;
  readonly department?: string;
  readonly title?: string;
  readonly active?: boolean;
}

/** What the source says: people by local part, members by group. */
interface Says {
  readonly people: Readonly<Record<string, PersonSays>>;
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

const atFirst: Says = {
  people: {
    ann: { department: 'Ops' },
    ben: {},
    cat: { department: 'Ops' },
    dan: { department: 'Ops' },
    eve: {},
  },
  groups: {
    'retool-fin': ['ann', 'ben', 'dan'],
    'retool-ops': ['cat', 'dan', 'eve'],
    'retool-tmp': ['ann'],
    'retool-fin-owners': ['ann'],
  },
};

const whileEveIsAway: Says = { ...atFirst, people: { ...atFirst.people, eve: { active: false } } };

const atLast: Says = {
  people: {
    ann: { department: 'Ops', family: 'Lovelace', title: 'Countess' },
    ben: { active: false },
    cat: { department: 'HR' },
    dan: {},
    eve: {},
    fay: { department: 'Ops' },
    gus: {},
    old: { family: 'Hand' },
  },
  groups: {
    'retool-fin': ['ann', 'ben', 'dan', 'gus', 'old'],
    'retool-ops': ['dan'],
    'retool-data': ['ann', 'fay'],
    'retool-fin-owners': ['dan'],
  },
};

function userOf(name: string, { family = 'Doe', department, title, active = true }: PersonSays): User {
  return {
    externalId: `00u-${name}`,
    active,
    email: `${name}@acme.test`,
    name: { givenName: name, familyName: family },
    ...(title === undefined ? {} : { title }),
    ...(department === undefined ? {} : { enterprise: { department } }),
    extra: {},
  };
}

function groupOf(displayName: string, members: readonly string[]): Group {
  const externalIds = members.map((name) => `00u-${name}`);
  return { externalId: `00g-${displayName}`, displayName, members: externalIds, extra: {} };
}

function sourceOf(says: Says): Source {
  return {
    id: 'okta',
    type: 'okta',
    absence: 'provenByList',
    covers: 'everybody',
    read: async () => ({
      source: 'okta',
      takenAt: '2026-03-01T09:00:00.000Z',
      users: Object.entries(says.people).map(([name, person]) => userOf(name, person)),
      groups: Object.entries(says.groups).map(([name, members]) => groupOf(name, members)),
      completeness: { users: complete, groups: complete, partialGroups: new Map() },
      rejected: [],
      calls: 1,
    }),
    find: async () => ({ state: 'absent' }),
    check: async () => [],
  };
}

/** Called before and after each call of a port; what it throws, the port throws. */
export type Disturbance = (port: string, moment: 'before' | 'after') => void;

const undisturbed: Disturbance = () => undefined;

/** Where the state lies: each `open` is another process's. */
export interface StatePlace {
  open(): Store;
}

export function inMemory(): StatePlace {
  const store = createMemoryStore();
  return { open: () => ({ ...store, close: () => undefined }) };
}

export interface World {
  readonly clock: VirtualClock;
  readonly sandbox: RetoolSandbox;
  /** One process that does one run. Its ports are disturbed as told. */
  run(
    request: RunRequest,
    how?: { readonly disturb?: Disturbance; readonly signal?: AbortSignal },
  ): Promise<RunRecord>;
  /** What both sides hold in the end, without ids and times. */
  holdings(): object;
}

/** Both sides directly before the run with every kind of operation. */
export interface Beginning {
  readonly seed: RetoolSeed;
  readonly memory: Memory;
}

const emptySeed: RetoolSeed = {
  users: [
    { email: 'root@acme.test', firstName: 'Root', lastName: 'Root', admin: true },
    { email: 'old@acme.test', firstName: 'old', lastName: 'Boy' },
  ],
  userAttributes: ['department', 'title'].map((name) => ({ name, label: name, dataType: 'string' })),
};

/** Two earlier runs, after which somebody changes a group by hand. */
export async function createBeginning(): Promise<Beginning> {
  const place = inMemory();
  const first = worldOf(emptySeed, place, atFirst);
  await first.run(sync);
  const second = worldOf(seedFrom(first.sandbox), place, whileEveIsAway);
  await second.run(sync);
  changeByHand(second.sandbox);
  return { seed: seedFrom(second.sandbox), memory: place.open().memory(0) };
}

export function createWorld({ seed, memory }: Beginning, place: StatePlace): World {
  const world = worldOf(seed, place, atLast);
  const store = place.open();
  const outcome = {
    operation: 'earlier',
    kind: 'createUser',
    subject: { type: 'user', key: 'earlier', id: null },
    state: 'applied',
    code: null,
    text: null,
    items: [],
  } as const;
  store.settle('earlier', outcome, factsIn(memory), 0);
  if (memory.appliedConfig !== null) store.saveAppliedConfig(memory.appliedConfig);
  store.saveSnapshots([...memory.snapshots.values()]);
  store.close();
  return world;
}

function worldOf(seed: RetoolSeed, place: StatePlace, says: Says): World {
  const clock = createVirtualClock();
  const now = (): number => clock.now();
  const sandbox = createRetoolSandbox({ token, now, requestsPerMinute: 'unlimited', seed });
  return {
    clock,
    sandbox,
    run: (request, { disturb = undisturbed, signal = uninterrupted } = {}) =>
      within(place, (store) =>
        reconcile(partsOf(clock, sandbox, sourceOf(says), store, disturb), request, signal),
      ),
    holdings: () => ({ target: targetHoldings(sandbox), state: stateHoldings(sandbox, place.open()) }),
  };
}

async function within<Result>(place: StatePlace, work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = place.open();
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

/** An organisation like the one that `sandbox` is now, with the same ids. */
function seedFrom(sandbox: RetoolSandbox): RetoolSeed {
  const { users, groups } = sandbox.state();
  const emailsOf = (ids: readonly string[]): string[] =>
    users.filter(({ id }) => ids.includes(id)).map(({ email }) => email);
  return {
    ...emptySeed,
    users: users.map(({ id, email, first_name, last_name, active, metadata, is_admin }) => ({
      id,
      email,
      firstName: first_name,
      lastName: last_name,
      active,
      metadata,
      admin: is_admin,
    })),
    groups: groups
      .filter(({ name }) => /^[a-z]{3}$/.test(name))
      .map(({ id: _id, memberIds, adminIds, inviteIds: _invites, ...group }) => ({
        ...group,
        members: emailsOf(memberIds),
        admins: emailsOf(adminIds),
      })),
  };
}

function factsIn({ links, accounts, groups }: Memory): Fact[] {
  return [
    ...links.map((link): Fact => ({ kind: 'link', link })),
    ...[...accounts.values()].flatMap(({ id, email, origin, disabledByUs, attributes }): Fact[] => [
      { kind: 'account', id, email, origin },
      { kind: 'accountDisabledByUs', id, disabledByUs },
      ...[...attributes].map(([name, own]): Fact => ({ kind: 'attribute', id, name, ...own })),
    ]),
    ...[...groups.values()].flatMap(({ id, name, origin, members }): Fact[] => [
      { kind: 'group', id, name, origin },
      ...[...members].map((user): Fact => ({ kind: 'membership', group: id, user })),
    ]),
  ];
}

export const sync: RunRequest = { kind: 'sync', target: 'mustMatch' };
export const dryRun: RunRequest = { kind: 'dryRun', target: 'mustMatch' };

function changeByHand({ hand, state }: RetoolSandbox): void {
  const idOf = (name: string): number => {
    const found = state().groups.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no group ${name}`);
    return found.id;
  };
  hand.updateGroup(idOf('ops'), { universal_app_access: 'edit' });
}

/** Makes the run release a group too, which the guard holds until it is approved. */
export function deleteGroupByHand({ hand, state }: RetoolSandbox): void {
  const found = state().groups.find((one) => one.name === 'tmp');
  if (found !== undefined) hand.deleteGroup(found.id);
}

function partsOf(
  clock: VirtualClock,
  sandbox: RetoolSandbox,
  source: Source,
  opened: Store,
  disturb: Disturbance,
): ReconcileParts {
  const store = disturbedStore(opened, disturb);
  const fetch: Fetch = (input, init) => clock.during(exchange(new Request(input, init)));
  async function exchange(request: Request): Promise<Response> {
    const port = `fetch ${request.method} ${new URL(request.url).pathname}`;
    disturb(port, 'before');
    const response = await sandbox.fetch(request);
    const text = await response.text();
    disturb(port, 'after');
    const { status, headers } = response;
    return new Response(status === 204 ? null : text, { status, headers });
  }
  return {
    sources: [source],
    sink: createRetoolSink({
      baseUrl: 'https://acme.retool.example',
      token: new Secret(token, 'the test'),
      requestsPerMinute: 100_000,
      window: store.window,
      clock,
      random: () => 0.5,
      fetch,
      logger: silent,
    }),
    store,
    mapping,
    policy: plainPolicy,
    guard,
    requestsPerMinute: 100_000,
    seats: null,
    settleMs,
    clock,
    logger: silent,
    newRunId: () => `run-${clock.elapsed()}-${sandbox.log.calls.length}`,
    progress: noProgress,
  };
}

/** Every call that writes, disturbed; `lock` and `close` stand for what the operating system does for the dead. */
function disturbedStore(store: Store, disturb: Disturbance): Store {
  function around<Args extends readonly unknown[], Result>(port: string, call: (...args: Args) => Result) {
    return (...args: Args): Result => {
      disturb(port, 'before');
      const result = call(...args);
      disturb(port, 'after');
      return result;
    };
  }
  return {
    ...store,
    window: {
      ...store.window,
      admit: around('window.admit', store.window.admit),
      slowDown: around('window.slowDown', store.window.slowDown),
    },
    bindTarget: around('bindTarget', store.bindTarget),
    intend: around('intend', store.intend),
    sent: around('sent', store.sent),
    settle: around('settle', store.settle),
    saveSnapshots: around('saveSnapshots', store.saveSnapshots),
    saveAppliedConfig: around('saveAppliedConfig', store.saveAppliedConfig),
    saveRun: around('saveRun', store.saveRun),
  };
}

function targetHoldings(sandbox: RetoolSandbox): object {
  const { users, groups } = sandbox.state();
  const emailOf = new Map(users.map(({ id, email }) => [id, email]));
  return {
    users: users.map(({ email, first_name, last_name, active, metadata, user_type }) => ({
      email,
      first_name,
      last_name,
      active,
      metadata,
      user_type,
    })),
    groups: groups
      .map(({ id: _id, memberIds, adminIds, inviteIds: _invites, ...settings }) => ({
        ...settings,
        members: memberIds.map((id) => emailOf.get(id)).toSorted(),
        admins: adminIds.map((id) => emailOf.get(id)).toSorted(),
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function stateHoldings(sandbox: RetoolSandbox, store: Store): object {
  const { users, groups } = sandbox.state();
  const nameOf = new Map<string, string>([
    ...users.map(({ id, email }) => [id, email] as const),
    ...groups.map(({ id, name }) => [String(id), name] as const),
  ]);
  const named = (id: string): string => nameOf.get(id) ?? 'gone';
  const memory = store.memory(0);
  return {
    open: store.openIntents().map(({ operation }) => operation.id),
    links: memory.links
      .map(({ source, externalId, targetId }) => `${source}:${externalId} ${named(targetId)}`)
      .toSorted(),
    accounts: Object.fromEntries(
      [...memory.accounts.values()].map(({ id, origin, disabledByUs, attributes }) => [
        named(id),
        { origin, disabledByUs, attributes: Object.fromEntries(attributes) },
      ]),
    ),
    groups: Object.fromEntries(
      [...memory.groups.values()].map(({ id, name, origin, members }) => [
        named(id),
        { name, origin, members: [...members].map(named).toSorted() },
      ]),
    ),
  };
}
