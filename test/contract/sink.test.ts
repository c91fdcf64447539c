import { describe, expect, test } from 'vitest';
import type { CurrentState } from '../../src/model/current-state.ts';
import { provedByAnswer, type Operation } from '../../src/model/operation.ts';
import type { Reply, Sink } from '../../src/model/sink.ts';
import { Secret } from '../../src/model/secret.ts';
import { compare, viewOf } from '../../src/apply/compare.ts';
import { listen } from '../../src/sandbox/listen.ts';
import { createRetoolSandbox, type RetoolSandbox } from '../../src/sandbox/retool/index.ts';
import { createRetoolSink } from '../../src/sink-retool/index.ts';
import { preflightResults } from '../../src/run/check-target.ts';
import { createMemoryStore } from '../../src/state/memory.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { contextWith, createWorld, never, silent, token } from './sink-harness.ts';
import { caseNames, extrasIn, making, operationFor, organisation, type CaseName } from './sink-operations.ts';

/** The sink over a stand-in in this process, and over one behind real sockets: the same must hold. */
const ways = { 'over a handler': overHandler, 'over loopback sockets': overSockets } as const;

interface Way {
  readonly sandbox: RetoolSandbox;
  readonly sink: Sink;
  close(): Promise<void>;
}

async function overHandler(): Promise<Way> {
  const { sandbox, sink } = createWorld({ seed: organisation });
  return { sandbox, sink, close: async () => undefined };
}

async function overSockets(): Promise<Way> {
  const clock = systemClock();
  const sandbox = createRetoolSandbox({
    token,
    now: clock.now,
    requestsPerMinute: 'unlimited',
    seed: organisation,
  });
  const listener = await listen(sandbox.fetch, { host: '127.0.0.1', port: 0 });
  const sink = createRetoolSink({
    baseUrl: listener.url,
    token: new Secret(token, 'a test'),
    requestsPerMinute: 10_000,
    window: createMemoryStore().window,
    clock,
    random: Math.random,
    fetch: (input, init) => fetch(input, init),
    logger: silent,
  });
  return { sandbox, sink, close: () => listener.close() };
}

/** Performs with the metadata that `read` gave. */
function perform(sink: Sink, operation: Operation, read: CurrentState): Promise<Reply> {
  const metadataOf = (id: string) => read.users.find((user) => user.id === id)?.metadata ?? null;
  return sink.perform(operation, contextWith({ metadataOf }), never);
}

describe.each(Object.entries(ways))('the sink %s', (_way, start) => {
  test.each(caseNames)('%s: what was performed is what the next read shows', async (name) => {
    const { sandbox, sink, close } = await start();
    const before = await readWhole(sandbox, sink);
    const operation = operationFor(name, sandbox.state());
    expect(compare(operation, viewOf(before))).toEqual({ state: 'asPlanned' });

    const calls = sandbox.log.calls.length;
    const reply = await perform(sink, operation, before);
    expect(reply).toMatchObject({ state: 'done' });
    expect(sandbox.log.calls.length - calls).toBe(sink.costs.costOf(operation));

    const made = sandbox.log.calls.length;
    const after = await sink.reread(before, [operation], never);
    const extra = provedByAnswer.has(name) ? sandbox.log.calls.length - made : 0;
    expect(sandbox.log.calls.length - made - extra).toBe(sink.costs.verify([operation]));
    expect(compare(operation, viewOf(after))).toEqual({ state: 'inEffect' });
    await close();
  });

  test.each(caseNames)('%s: performing it again does nothing more, or is refused', async (name) => {
    const { sandbox, sink, close } = await start();
    const before = await readWhole(sandbox, sink);
    const operation = operationFor(name, sandbox.state());
    await perform(sink, operation, before);
    const after = await sink.reread(before, [operation], never);
    const state = JSON.stringify(sandbox.state());

    const again = await perform(sink, operation, after);
    expect(withoutTimes(JSON.stringify(sandbox.state()))).toBe(withoutTimes(state));
    expect(again).toMatchObject(expectedAgain(name));
    await close();
  });

  test('a read shows what the organisation holds', async () => {
    const { sandbox, sink, close } = await start();
    const state = await sink.read(never);
    const held = sandbox.state();
    expect(state.users.map(({ id }) => id).toSorted()).toEqual(held.users.map(({ id }) => id).toSorted());
    expect(state.users.filter(({ isAdmin }) => isAdmin).map(({ email }) => email)).toEqual([
      'owner@acme.test',
    ]);
    for (const group of held.groups) {
      const read = state.groups.find(({ id }) => id === String(group.id));
      expect(read?.name).toBe(group.name);
      expect([...(read?.members.keys() ?? [])].toSorted()).toEqual([...group.memberIds].toSorted());
      const admins = [...(read?.members ?? [])].filter(([, { groupAdmin }]) => groupAdmin).map(([id]) => id);
      expect(admins).toEqual(group.adminIds);
    }
    expect(state.invites.map(({ email }) => email)).toEqual(['invited@acme.test', 'late@acme.test']);
    const finance = state.groups.find(({ name }) => name === 'Finance')?.id ?? '';
    expect(state.invites.map(({ groups }) => [...groups])).toEqual([[finance], []]);
    expect(state.attributes.map(({ name }) => name).toSorted()).toEqual(['department', 'floor', 'team']);
    await close();
  });

  test('an attribute that somebody else wrote survives a change of several of ours', async () => {
    const { sandbox, sink, close } = await start();
    const before = await sink.read(never);
    const operation = operationFor('updateUser', sandbox.state());
    const id = operation.subject.id ?? '';
    sandbox.hand.updateUser(id, { metadata: { theirs: 'kept', team: 'core' } });
    // The read is too old to merge into, so the context has none and the account is read again.
    const calls = sandbox.log.calls.length;
    expect(await sink.perform(operation, contextWith(), never)).toMatchObject({ state: 'done' });
    expect(sandbox.log.calls.length - calls).toBe(2);
    const user = sandbox.state().users.find((each) => each.id === id);
    expect(user?.metadata).toMatchObject({ theirs: 'kept', team: 'platform', floor: '4' });
    expect(before.users.find((each) => each.id === id)?.metadata).not.toHaveProperty('theirs');
    await close();
  });
});

/** The four lists, and what the operations on grants and access requests need beside them. */
async function readWhole(sandbox: RetoolSandbox, sink: Sink): Promise<CurrentState> {
  return sink.readExtras(await sink.read(never), extrasIn(sandbox.state()), never);
}

/** What is there already is not made again, and an access request is answered once. */
function expectedAgain(name: CaseName): object {
  if (making.has(name)) return { state: 'refused', code: 'conflict', fatal: false };
  if (name === 'decideAccessRequest') return { state: 'refused', code: 'invalid', fatal: false };
  // Its old invite is gone, so that only a read can tell that the new one is there.
  return { state: name === 'reissueInvite' ? 'unknown' : 'done' };
}

/** `updated_at` of a group moves with every write that is accepted; nothing of the bridge looks at it. */
function withoutTimes(state: string): string {
  return state.replace(/"updated_at":"[^"]*"/g, '');
}

test('every kind of operation that makes a call is among the cases', () => {
  const kinds: Readonly<Record<Exclude<Operation['kind'], 'adopt' | 'release'>, true>> = {
    createUser: true,
    updateUser: true,
    deactivateUser: true,
    reactivateUser: true,
    setAttributes: true,
    clearAttributes: true,
    createGroup: true,
    updateGroup: true,
    addMembers: true,
    removeMember: true,
    setGroupAdmin: true,
    deleteGroup: true,
    inviteUser: true,
    reissueInvite: true,
    revokeInvite: true,
    addInvitesToGroup: true,
    removeInviteFromGroup: true,
    createAttribute: true,
    grantAccess: true,
    revokeAccess: true,
    decideAccessRequest: true,
  };
  const covered: readonly CaseName[] = caseNames;
  expect([...covered].toSorted()).toEqual(Object.keys(kinds).toSorted());
});

describe('pages', () => {
  test('are followed where the server cuts the list, and everybody is there', async () => {
    const users = Array.from({ length: 250 }, (_, index) => ({
      email: `user${index}@acme.test`,
      firstName: 'A',
      lastName: 'B',
    }));
    const { sandbox, sink } = createWorld({ seed: { users }, sandbox: { pageLimit: 100 } });
    expect((await sink.read(never)).users).toHaveLength(250);
    expect(sandbox.log.count('GET', /\/users$/)).toBe(3);
  });

  test('are not asked for when the list comes whole', async () => {
    const { sandbox, sink } = createWorld({ seed: organisation });
    await sink.read(never);
    expect(sandbox.log.calls).toHaveLength(4);
    expect(sandbox.log.calls.every(({ query }) => query === '')).toBe(true);
  });
});

describe('preflight', () => {
  const check = async (sink: Sink) =>
    preflightResults(await sink.preflight(never), { features: [], provision: 'users' });

  test('finds a fresh organisation in order', async () => {
    const { sink } = createWorld({ seed: organisation });
    expect((await check(sink)).map(({ verdict }) => verdict)).toEqual(Array(6).fill('ok'));
  });

  test('tells the plan gate, the other writer and a token that is not accepted', async () => {
    const gated = createWorld({ seed: organisation, sandbox: { plan: 'business' } });
    expect(await check(gated.sink)).toContainEqual(
      expect.objectContaining({
        subject: 'retool: users',
        verdict: 'failed',
        remedy: expect.stringContaining('Enterprise'),
      }),
    );
    const flapping = createWorld({
      seed: { ...organisation, ssoConfig: { config_type: 'saml', saml_sync_group_claims: true } },
    });
    const config = await check(flapping.sink);
    expect(config.at(-1)).toMatchObject({ subject: 'retool: single sign-on', verdict: 'warning' });
    const wrong = createWorld({
      seed: organisation,
      sink: { token: new Secret('retool_01other', 'a test') },
    });
    expect(await check(wrong.sink)).toContainEqual(
      expect.objectContaining({ subject: 'retool: token', verdict: 'failed' }),
    );
  });

  test('a gated plan hides users and groups, and never looks like an empty organisation', async () => {
    const { sink, sandbox } = createWorld({
      seed: { ...organisation, invites: [{ email: 'new@acme.test' }] },
      sandbox: { plan: 'business' },
    });
    const current = await sink.read(never);
    expect(current).toMatchObject({
      visible: { users: 'hidden', groups: 'hidden' },
      users: [],
      groups: [],
      invites: [{ email: 'new@acme.test' }],
      attributes: expect.arrayContaining([expect.objectContaining({ name: 'department' })]),
    });
    sandbox.log.clear();
    expect((await sink.reread(current, [], never)).visible).toEqual(current.visible);
    expect(sandbox.log.calls).toEqual([]);
  });

  test.each([
    ['a refused scope', 403, 'Forbidden: API token is missing one of "users:read"'],
    ['an unknown route', 404, 'Cannot GET /api/v2/users'],
  ])('%s hides nothing: the read fails', async (_, status, message) => {
    const world = createWorld({ seed: organisation });
    const { sandbox } = world;
    const sink = world.another({
      fetch: (input, init) =>
        new URL(input).pathname.endsWith('/users')
          ? Promise.resolve(Response.json({ success: false, message }, { status }))
          : sandbox.fetch(new Request(input, init)),
    });
    await expect(sink.read(never)).rejects.toMatchObject({
      code: status === 403 ? 'targetUnauthorized' : 'targetUnreadable',
    });
  });
});
