import { applyOperations, type ApplyParts, type ApplyRequest } from '../../../src/apply/apply.ts';
import {
  allVisible,
  type CurrentGroup,
  type CurrentState,
  type CurrentUser,
} from '../../../src/model/current-state.ts';
import { BridgeError } from '../../../src/model/errors.ts';
import type { Operation, OperationOf, Reason } from '../../../src/model/operation.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { Clock, Logger } from '../../../src/model/ports.ts';
import type { PerformContext, Reply, Sink } from '../../../src/model/sink.ts';
import type { Store } from '../../../src/model/store.ts';
import { createMemoryStore } from '../../../src/state/memory.ts';
import { carryOutPurely } from '../../support/pure-target.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts';

export const settleMs = 30_000;
export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
export const uninterrupted = new AbortController().signal;

const because: Reason = {
  code: 'changed',
  rule: 'groups[0]',
  source: 'okta',
  externalId: '00u1',
  text: 'differs',
};

export function user(email: string, more: Partial<CurrentUser> = {}): CurrentUser {
  return {
    id: idOf(email),
    email,
    firstName: 'Ada',
    lastName: 'Byron',
    active: true,
    isAdmin: false,
    userType: 'default',
    metadata: {},
    lastActive: null,
    ...more,
  };
}

/** The id that {@link user} and the fake target give the account of an address. */
export function idOf(email: string): string {
  return `user_${email.toLowerCase().replace(/[^a-z0-9]/g, '')}`;
}

export function group(id: string, name: string, members: readonly string[] = []): CurrentGroup {
  const access = { apps: 'use', resources: 'use', workflows: 'none', queryLibrary: 'none' } as const;
  return { id, name, members: new Map(members.map((email) => [idOf(email), { groupAdmin: false }])), access };
}

export function stateOf(users: readonly CurrentUser[], groups: readonly CurrentGroup[] = []): CurrentState {
  return { visible: allVisible, users, groups, invites: [], attributes: [], readAt: { began: 0, ended: 0 } };
}

function base(id: string, dependsOn: readonly string[]) {
  return { id, reason: because, dependsOn };
}

export function createUser(
  email: string,
  dependsOn: readonly string[] = [],
  externalId = `00u-${email}`,
): OperationOf<'createUser'> {
  return {
    ...base(`createUser:${email}`, dependsOn),
    kind: 'createUser',
    subject: { type: 'user', key: email, id: null },
    before: null,
    after: {
      email,
      first_name: 'Ada',
      last_name: 'Byron',
      user_type: 'default',
      metadata: { department: 'Ops' },
      links: [{ source: 'okta', externalId }],
      sources: { department: 'okta' },
    },
  };
}

export function updateUser(
  email: string,
  [before, after]: readonly [string, string] = ['Ada', 'Ida'],
  dependsOn: readonly string[] = [],
): OperationOf<'updateUser'> {
  return {
    ...base(`updateUser:${email}`, dependsOn),
    kind: 'updateUser',
    subject: { type: 'user', key: email, id: idOf(email) },
    before: { first_name: before },
    after: { first_name: after, sources: {} },
  };
}

export function setDepartment(
  email: string,
  before: string | null,
  after: string | null,
): OperationOf<'setAttributes'> | OperationOf<'clearAttributes'> {
  const kind = after === null ? 'clearAttributes' : 'setAttributes';
  return {
    ...base(`${kind}:${email}`, []),
    kind,
    subject: { type: 'user', key: email, id: idOf(email) },
    before: { metadata: { department: before } },
    after: { metadata: { department: after }, sources: { department: 'okta' } },
  };
}

export function deactivateUser(email: string): OperationOf<'deactivateUser'> {
  return {
    ...base(`deactivateUser:${email}`, []),
    kind: 'deactivateUser',
    subject: { type: 'user', key: email, id: idOf(email) },
    before: { active: true },
    after: { active: false },
  };
}

export function reactivateUser(
  email: string,
  dependsOn: readonly string[] = [],
): OperationOf<'reactivateUser'> {
  return {
    ...base(`reactivateUser:${email}`, dependsOn),
    kind: 'reactivateUser',
    subject: { type: 'user', key: email, id: idOf(email) },
    before: { active: false },
    after: { active: true, sources: {} },
  };
}

export function adoptUser(
  email: string,
  attributes: OperationOf<'adopt'>['after'] & object = { links: [], attributes: {}, active: true },
): OperationOf<'adopt'> {
  return {
    ...base(`adopt:${email}`, []),
    kind: 'adopt',
    subject: { type: 'user', key: email, id: idOf(email) },
    before: { id: idOf(email), managed: false },
    after: attributes,
  };
}

export function releaseGroup(id: string, name: string): OperationOf<'release'> {
  return {
    ...base(`release:${name}`, []),
    kind: 'release',
    subject: { type: 'group', key: name, id },
    before: { name, fedBy: [] },
    after: null,
  };
}

export function createGroup(name: string, dependsOn: readonly string[] = []): OperationOf<'createGroup'> {
  return {
    ...base(`createGroup:${name}`, dependsOn),
    kind: 'createGroup',
    subject: { type: 'group', key: name, id: null },
    before: null,
    after: { name, fedBy: [{ source: 'okta', externalId: `00g-${name}` }] },
  };
}

export function renameGroup(id: string, before: string, after: string): OperationOf<'updateGroup'> {
  return {
    ...base(`updateGroup:${before}`, []),
    kind: 'updateGroup',
    subject: { type: 'group', key: before, id },
    before: { name: before },
    after: { name: after },
  };
}

/** `members`: addresses; one that starts with `+` waits for its account to be made. */
export function addMembers(
  id: string | null,
  name: string,
  members: readonly string[],
): OperationOf<'addMembers'> {
  return {
    ...base(`addMembers:${name}`, id === null ? [`createGroup:${name}`] : []),
    kind: 'addMembers',
    subject: { type: 'group', key: name, id },
    before: { members: [] },
    after: {
      members: members.map((text) => {
        const key = text.replace(/^\+/, '');
        const waits = text !== key;
        return {
          key,
          id: waits ? null : idOf(key),
          is_group_admin: false,
          waitsFor: waits ? `createUser:${key}` : null,
          reason: because,
        };
      }),
    },
  };
}

export function removeMember(id: string, name: string, email: string): OperationOf<'removeMember'> {
  const membership = { group: { key: name, id }, user: { key: email, id: idOf(email) } };
  return {
    ...base(`removeMember:${email} in ${name}`, []),
    kind: 'removeMember',
    subject: { type: 'membership', key: `${email} in ${name}`, id: null },
    before: { member: true, ...membership },
    after: { member: false, ...membership },
  };
}

export function makeGroupAdmin(id: string, name: string, email: string): OperationOf<'setGroupAdmin'> {
  const membership = { member: true, group: { key: name, id }, user: { key: email, id: idOf(email) } };
  return {
    ...base(`setGroupAdmin:${email} in ${name}`, []),
    kind: 'setGroupAdmin',
    subject: { type: 'membership', key: `${email} in ${name}`, id: null },
    before: { ...membership, is_group_admin: false },
    after: { ...membership, is_group_admin: true },
  };
}

/**
 * What the fake target does with one sending. `done` and `ignored` answer alike, but `ignored` changes
 * nothing; `lost` is carried out and its answer lost, `dropped` is lost on its way; `conflict` says that an
 * earlier sending took effect late; `hangs` waits to be aborted.
 */
export type Behaviour =
  | 'done'
  | 'ignored'
  | 'lost'
  | 'dropped'
  | 'refused'
  | 'conflict'
  | 'unauthorized'
  | 'hangs'
  | { readonly takesAllBut: readonly string[] };

export interface FakeTarget {
  readonly sink: Sink;
  state(): CurrentState;
  /** Ids of the operations that were sent, in order. */
  readonly sends: readonly string[];
  /** When each of them left, on the monotonic clock. */
  readonly sentAt: readonly number[];
  /** When the target was read, on the wall clock. */
  readonly reads: readonly number[];
  /** Makes every further read fail. */
  breakReads(): void;
  /** Somebody else changes the target. */
  edit(change: (state: CurrentState) => CurrentState): void;
}

/** A target of values that follows a script: the behaviours by operation id, one per sending, then `done`. */
export function fakeTarget(
  initial: CurrentState,
  clock: Clock,
  script: Readonly<Record<string, readonly Behaviour[]>> = {},
): FakeTarget {
  let state = initial;
  let readable = true;
  const sends: string[] = [];
  const sentAt: number[] = [];
  const reads: number[] = [];
  const left = new Map(Object.entries(script).map(([id, behaviours]) => [id, [...behaviours]]));

  function carryOut(operation: Operation): string | null {
    const before = new Set([...state.users, ...state.groups].map(({ id }) => id));
    const { memory } = emptyWorld();
    state = carryOutPurely({ current: state, memory }, [operation]).current;
    return [...state.users, ...state.groups].find(({ id }) => !before.has(id))?.id ?? null;
  }

  async function perform(operation: Operation, context: PerformContext, signal: AbortSignal): Promise<Reply> {
    signal.throwIfAborted();
    context.onSend(clock.now());
    sends.push(operation.id);
    sentAt.push(clock.monotonic());
    const behaviour = left.get(operation.id)?.shift() ?? 'done';
    await clock.sleep(10, signal);
    try {
      return await answer(operation, behaviour, signal);
    } catch (error) {
      const [, status] = /^(404|409): /.exec(String(Object(error).message)) ?? [];
      if (status === undefined) throw error;
      const code = status === '404' ? 'notFound' : 'conflict';
      return { state: 'refused', code, text: `HTTP ${status}`, fatal: false };
    }
  }

  async function answer(operation: Operation, behaviour: Behaviour, signal: AbortSignal): Promise<Reply> {
    if (typeof behaviour === 'object') return takeSome(operation, behaviour.takesAllBut);
    switch (behaviour) {
      case 'done':
        return { state: 'done', id: carryOut(operation) };
      case 'ignored':
        return { state: 'done', id: operation.kind.startsWith('create') ? 'lost-in-space' : null };
      case 'lost':
        carryOut(operation);
        return { state: 'unknown', text: 'connection reset' };
      case 'dropped':
        return { state: 'unknown', text: 'connection reset' };
      case 'refused':
        return { state: 'refused', code: 'invalid', text: 'HTTP 400', fatal: false };
      case 'conflict':
        carryOut(operation);
        return { state: 'refused', code: 'conflict', text: 'HTTP 409', fatal: false };
      case 'unauthorized':
        return { state: 'refused', code: 'unauthorized', text: 'HTTP 401', fatal: true };
      case 'hangs':
        await clock.sleep(3_600_000, signal);
        return { state: 'unknown', text: 'timeout' };
    }
  }

  function takeSome(operation: Operation, refusedKeys: readonly string[]): Reply {
    if (operation.kind !== 'addMembers') throw new Error('only additions can be taken in part');
    const members = operation.after.members.filter(({ key }) => !refusedKeys.includes(key));
    carryOut({ ...operation, after: { members } });
    return { state: 'done', id: null, refused: refusedKeys.map((key) => ({ key, text: 'no such user' })) };
  }

  async function read(signal: AbortSignal): Promise<CurrentState> {
    signal.throwIfAborted();
    if (!readable) throw new BridgeError('targetUnreadable', 'HTTP 503');
    reads.push(clock.now());
    return { ...state, readAt: { began: clock.now(), ended: clock.now() } };
  }

  const sink: Sink = {
    target: 'https://acme.retool.com/api/v2',
    costs: { read: 4, extra: () => 0, verify: () => 2, costOf: () => 1 },
    read,
    readExtras: (current) => Promise.resolve(current),
    reread: (_, _operations, signal) => read(signal),
    perform,
    preflight: () => Promise.reject(new Error('nobody asks')),
    callsMade: () => sends.length + reads.length,
  };
  return {
    sink,
    state: () => state,
    sends,
    sentAt,
    reads,
    breakReads: () => void (readable = false),
    edit: (change) => void (state = change(state)),
  };
}

function emptyWorld() {
  return { memory: createMemoryStore().memory(0) };
}

/** A store that says what was written to it: `intend x`, `sent x`, `settle x state`. */
export function listening(store: Store, log: string[]): Store {
  return {
    ...store,
    intend(run, operation, at) {
      store.intend(run, operation, at);
      log.push(`intend ${operation.id}`);
    },
    sent(run, id, at) {
      store.sent(run, id, at);
      log.push(`sent ${id}`);
    },
    settle(run, outcome, facts, at) {
      store.settle(run, outcome, facts, at);
      log.push(`settle ${outcome.operation} ${outcome.state}`);
    },
  };
}

export interface Bench {
  readonly clock: VirtualClock;
  readonly target: FakeTarget;
  readonly store: Store;
  /** What was written to the store, in order. */
  readonly log: readonly string[];
  apply(
    levels: readonly (readonly Operation[])[],
    more?: Partial<ApplyRequest & ApplyParts> & { readonly signal?: AbortSignal },
  ): Promise<readonly Outcome[]>;
}

/** A fake target, a store in memory and a virtual clock, ready to apply operations that were planned from `initial`. */
export function benchOf(
  initial: CurrentState,
  script: Readonly<Record<string, readonly Behaviour[]>> = {},
): Bench {
  const clock = createVirtualClock();
  const target = fakeTarget(initial, clock, script);
  const log: string[] = [];
  const store = listening(createMemoryStore(), log);
  let runs = 0;
  return {
    clock,
    target,
    store,
    log,
    async apply(levels, { signal = uninterrupted, ...more } = {}) {
      runs += 1;
      const current = await target.sink.read(signal);
      const request = {
        run: `run ${runs}`,
        levels,
        held: new Set<string>(),
        memory: store.memory(0),
        current,
      };
      const parts = {
        sink: target.sink,
        store,
        clock,
        logger: silent,
        settleMs,
        onProgress: () => undefined,
      };
      return applyOperations({ ...request, ...more }, { ...parts, ...more }, signal);
    },
  };
}

/** Outcomes in short: `id state` and the code, when there is one. */
export function told(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(({ operation, state, code }) =>
    code === null ? `${operation} ${state}` : `${operation} ${state} ${code}`,
  );
}
