import { describe, expect, test } from 'vitest';
import { applyOperations } from '../../src/apply/apply.ts';
import { compare, viewOf } from '../../src/apply/compare.ts';
import type { Operation } from '../../src/model/operation.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { Fetch } from '../../src/model/ports.ts';
import {
  createWorld,
  faultsOnWrites,
  faultyFetch,
  isRead,
  never,
  origin,
  silent,
  token,
  type Fault,
  type World,
} from './sink-harness.ts';
import { caseNames, extrasIn, operationFor, organisation, type CaseName } from './sink-operations.ts';

/*
 * A write whose answer was lost may be repeated in place when twice is once. A creation may be repeated only when a
 * whole read, begun a settle time after the creation was sent, does not show it. Carried out by the real apply and
 * the real sink, over a target that may show its writes late.
 */

const settleMs = 30_000;

/** What may become of a write: not carried out, carried out without an answer, or refused for now. */
const lost: readonly Fault[] = [
  'resetBefore',
  'resetAfter',
  'http500After',
  'http503Before',
  'hangBefore',
  'hangAfter',
  'htmlAfter',
  'truncatedAfter',
  'throttledBefore',
];

/** How late reads may show a write, milliseconds: at once, and well within the settle time. */
const lags = [0, 20_000];

interface Traced {
  readonly method: string;
  readonly path: string;
  /** When it left and when its answer came, milliseconds from the start; the answer of a hung one never comes. */
  readonly sentAt: number;
  answeredAt: number;
  /** null when there was no answer. */
  status: number | null;
}

interface Applied {
  readonly operation: Operation;
  readonly outcomes: readonly Outcome[];
  readonly world: World;
  /** Requests of the apply, the first whole read not among them. */
  readonly trace: readonly Traced[];
  again(): Promise<readonly Outcome[]>;
}

async function applyUnder(name: CaseName, faults: readonly Fault[], lagMs: number): Promise<Applied> {
  const world = createWorld({ seed: organisation });
  const { clock, sandbox, store } = world;
  const trace: Traced[] = [];
  const answer = lagging(world, faultyFetch(sandbox, faultsOnWrites(faults)), lagMs);
  const fetch: Fetch = async (input, init) => {
    const { pathname } = new URL(input);
    const path = pathname.replace('/api/v2', '');
    const one: Traced = {
      method: init?.method ?? 'GET',
      path,
      sentAt: clock.elapsed(),
      answeredAt: Infinity,
      status: null,
    };
    trace.push(one);
    await clock.sleep(200);
    const response = await answer(input, init);
    Object.assign(one, { answeredAt: clock.elapsed(), status: response.status });
    return response;
  };
  const sink = world.another({ fetch });
  const operation = operationFor(name, sandbox.state());
  const apply = async (run: string): Promise<Outcome[]> => {
    const current = await sink.readExtras(await sink.read(never), extrasIn(sandbox.state()), never);
    const request = { run, levels: [[operation]], held: new Set<string>(), current, memory: store.memory(0) };
    const parts = { sink, store, clock, logger: silent, settleMs, onProgress: () => undefined };
    return applyOperations(request, parts, never);
  };
  const outcomes = await apply('first');
  return {
    operation,
    outcomes,
    world,
    trace: trace.slice(sink.costs.read + sink.costs.extra(extrasIn(sandbox.state()))),
    again: () => apply('second'),
  };
}

/** Reads show a write only some time after it was carried out. */
function lagging({ clock, sandbox }: World, send: Fetch, lagMs: number): Fetch {
  const before = new Map<string, { readonly body: string; readonly until: number }>();
  const show = async (path: string): Promise<string> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await sandbox.fetch(new Request(`${origin}/api/v2${path}`, { headers }))).text();
  };
  return async (input, init) => {
    const path = new URL(input).pathname.replace('/api/v2', '');
    if (lagMs === 0) return send(input, init);
    if (!isRead({ method: init?.method ?? 'GET', url: String(input) })) {
      for (const list of ['/users', '/groups', '/user_invites', '/user_attributes'])
        before.set(list, { body: await show(list), until: clock.elapsed() + lagMs });
      return send(input, init);
    }
    const old = before.get(path);
    return old !== undefined && clock.elapsed() < old.until ? new Response(old.body) : send(input, init);
  };
}

/** A POST to a list makes something new, each time it is carried out; one below an id sets what may be set twice. */
function isCreation({ method, path }: Pick<Traced, 'method' | 'path'>): boolean {
  return method === 'POST' && /^(\/api\/v2)?\/\w+$/.test(path);
}

/** Why each further sending of a creation was allowed, in the words of the rule; `unlawful` when it was not. */
function reasonsToRepeat({ trace }: Applied): readonly string[] {
  const sendings = trace.filter(isCreation);
  return sendings.slice(1).map((sending, index) => {
    const earlier = sendings[index];
    if (earlier?.status === 429) return 'refused';
    const isProved = trace.some(
      ({ method, path, status, sentAt, answeredAt }) =>
        method === 'GET' &&
        path === sending.path &&
        status === 200 &&
        sentAt >= (earlier?.sentAt ?? 0) + settleMs &&
        answeredAt <= sending.sentAt,
    );
    return isProved ? 'proved absent' : 'unlawful';
  });
}

const creations = caseNames.filter((name) => /^(create|invite)/.test(name));

async function stateOf(world: World): Promise<ReturnType<typeof viewOf>> {
  const { sandbox, sink } = world;
  return viewOf(await sink.readExtras(await sink.read(never), extrasIn(sandbox.state()), never));
}

describe.each(lags)('with reads that are %i ms late', (lagMs) => {
  test.each(caseNames.flatMap((name) => lost.map((fault) => [name, fault] as const)))(
    '%s after %s is applied in the same run, once',
    async (name, fault) => {
      const applied = await applyUnder(name, [fault], lagMs);
      expect(applied.outcomes.map(({ state }) => state)).toEqual(['applied']);
      expect(compare(applied.operation, await stateOf(applied.world)).state).toBe('inEffect');
      expect(applied.world.store.openIntents()).toEqual([]);

      const { calls } = applied.world.sandbox.log;
      expect(calls.filter(({ status }) => status === 409)).toEqual([]);
      expect(reasonsToRepeat(applied)).not.toContain('unlawful');
      const created = calls.filter((call) => isCreation(call) && call.status < 300);
      expect(created.length).toBeLessThanOrEqual(1);

      const writes = (): number => calls.filter(({ method, path: url }) => !isRead({ method, url })).length;
      const before = writes();
      // A run whose answers proved everything has not waited for reads to catch up.
      await applied.world.clock.sleep(settleMs);
      await applied.again();
      expect(writes()).toBe(before);
    },
  );

  test.each(creations)(
    '%s that is lost three times is repeated twice, each time on a proof, and stays unknown',
    async (name) => {
      const applied = await applyUnder(name, ['resetBefore', 'http503Before', 'hangBefore'], lagMs);
      expect(applied.outcomes.map(({ state }) => state)).toEqual(['unknown']);
      expect(reasonsToRepeat(applied)).toEqual(['proved absent', 'proved absent']);
      expect(applied.world.store.openIntents()).toHaveLength(1);
    },
  );

  test.each(creations)('%s that was carried out is not repeated, whatever was answered', async (name) => {
    for (const fault of lost.filter((one) => one.endsWith('After'))) {
      const applied = await applyUnder(name, [fault], lagMs);
      expect([fault, reasonsToRepeat(applied)]).toEqual([fault, []]);
    }
  });
});
