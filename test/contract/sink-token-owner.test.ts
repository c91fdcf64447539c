import { describe, expect, test } from 'vitest';
import { nothingKnown, type TargetKnowledge } from '../../src/model/preflight.ts';
import { Secret } from '../../src/model/secret.ts';
import type { RetoolSandbox, RetoolSeed } from '../../src/sandbox/retool/index.ts';
import { createKnowledge } from '../../src/state/knowledge.ts';
import { createMemoryStore } from '../../src/state/memory.ts';
import { createWorld, never, token } from './sink-harness.ts';

const seed: RetoolSeed = {
  users: [
    { email: 'owner@acme.test', firstName: 'Robin', lastName: 'Owner', admin: true },
    { email: 'maker@acme.test', firstName: 'May', lastName: 'Kerr' },
  ],
  tokenOwner: 'maker@acme.test',
};

function countOf({ log }: RetoolSandbox): number {
  return log.count('GET', /\/access_tokens$/);
}

/** A sink that remembers in a state, over a stand-in whose answer to `GET /access_tokens` may be replaced. */
function remembering(answer: () => Response | null = () => null) {
  const { sandbox, another } = createWorld({ seed });
  const store = createMemoryStore();
  const knowledge = createKnowledge(store, new Secret(token, 'a test'));
  const fetch = async (input: string | URL, init?: RequestInit): Promise<Response> => {
    const own = new URL(input).pathname.endsWith('/access_tokens') ? answer() : null;
    return own ?? sandbox.fetch(new Request(input, init));
  };
  const open = (known: TargetKnowledge = knowledge) => another({ fetch, knowledge: known });
  return { sandbox, store, knowledge, open };
}

function tokens(...rows: readonly object[]): Response {
  return Response.json({
    success: true,
    data: rows,
    total_count: rows.length,
    next_token: null,
    has_more: false,
  });
}

describe('the account that the token belongs to', () => {
  test('is marked in every read, and asked for in the first one alone', async () => {
    const { sandbox, open } = remembering();
    const first = await open().read(never);
    expect(sandbox.log.calls).toHaveLength(5);
    const maker = first.users.find(({ email }) => email === 'maker@acme.test');
    expect(maker?.ownsToken).toBe(true);
    expect(first.tokenOwner).toEqual({ state: 'known', userId: maker?.id });
    expect(first.users.filter(({ ownsToken }) => ownsToken === true)).toHaveLength(1);
    const sink = open();
    const second = await sink.read(never);
    expect(second.users).toEqual(first.users);
    expect((await sink.reread(second, [], never)).users).toEqual(first.users);
    expect([countOf(sandbox), sandbox.log.calls.length]).toEqual([1, 5 + 4 + 2]);
  });

  test('is asked for again with another token', async () => {
    const { sandbox, store, open } = remembering();
    await open().read(never);
    await open(createKnowledge(store, new Secret('retool_01another', 'a test'))).read(never);
    expect(countOf(sandbox)).toBe(2);
  });

  test('is not asked for where nobody remembers it', async () => {
    const { sandbox, another } = createWorld({ seed });
    const current = await another().read(never);
    expect(countOf(sandbox)).toBe(0);
    expect(current).not.toHaveProperty('tokenOwner');
  });

  test('is not asked for where accounts are hidden', async () => {
    const { sandbox, another } = createWorld({ seed, sandbox: { plan: 'business' } });
    const knowledge = createKnowledge(createMemoryStore(), new Secret(token, 'a test'));
    expect((await another({ knowledge }).read(never)).visible.users).toBe('hidden');
    expect(sandbox.log.calls).toHaveLength(4);
    expect(knowledge.recall()).toEqual(nothingKnown);
  });

  const row = { last4: token.slice(-4), owner_legacy_id: 1 };
  test.each([
    ['a refused scope', () => Response.json({ success: false, message: 'Forbidden' }, { status: 403 })],
    ['an unknown route', () => Response.json({ success: false, message: 'Cannot GET' }, { status: 404 })],
    ['no such token', () => tokens({ ...row, last4: 'zzzz' })],
    ['tokens of two accounts that end alike', () => tokens(row, { ...row, owner_legacy_id: 2 })],
    ['an account that is not there', () => tokens({ ...row, owner_legacy_id: 99 })],
    ['rows of another shape', () => tokens({ token: 'x' })],
    ['another object', () => Response.json({ success: true, data: 'x' })],
  ])('that cannot be told (%s) is remembered as such, and fails nothing', async (_, answer) => {
    let asked = 0;
    const { open, knowledge } = remembering(() => {
      asked += 1;
      return answer();
    });
    const current = await open().read(never);
    expect(current.users).toHaveLength(2);
    expect(current.tokenOwner?.state).toBe('unseen');
    expect(current.users.some(({ ownsToken }) => ownsToken)).toBe(false);
    expect(knowledge.recall().tokenOwner?.state).toBe('unseen');
    await open().read(never);
    expect(asked).toBe(1);
  });

  test('two tokens of one account that end alike are one answer', async () => {
    const { open } = remembering(() => tokens(row, row));
    expect((await open().read(never)).tokenOwner?.state).toBe('known');
  });

  test('a number that is told as text is the same number', async () => {
    const { open } = remembering(() => tokens({ ...row, owner_legacy_id: '1' }));
    expect((await open().read(never)).tokenOwner?.state).toBe('known');
  });

  test('an answer that says nothing is worth asking again', async () => {
    let lost = true;
    const { open, knowledge } = remembering(() => (lost ? new Response('<html>') : null));
    const current = await open().read(never);
    expect(current.users).toHaveLength(2);
    expect(current).not.toHaveProperty('tokenOwner');
    expect(knowledge.recall().tokenOwner).toBeNull();
    lost = false;
    expect((await open().read(never)).tokenOwner?.state).toBe('known');
  });

  test('the state keeps no part of the token', () => {
    const saved: unknown[] = [];
    const memory = { known: () => null, saveKnown: (...args: unknown[]) => void saved.push(args) };
    createKnowledge(memory, new Secret(token, 'a test')).remember({ tokenOwner: null });
    expect(saved).toHaveLength(1);
    expect(JSON.stringify(saved)).not.toContain(token.slice(-4));
  });
});
