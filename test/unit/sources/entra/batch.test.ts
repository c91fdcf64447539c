import { describe, expect, test } from 'vitest';
import { complete } from '../../../../src/model/snapshot.ts';
import { generateWorld, type World } from '../../../../src/sandbox/index.ts';
import { answer, changed, hang, reset, times, where, type Fault } from '../../../contract/source-faults.ts';
import { graphCalls, never, pagesOf, setUp } from './support.ts';

/** 90 groups at Entra, most of them small, and one that everybody is in. */
const world = generateWorld({ users: 2_400, groups: 300, seed: 5 });
const sizes = world.entra.groups.map(
  ({ users, groups, devices }) => users.length + groups.length + devices.length,
);
const scopes = { everything: { everything: true }, groups: { groups: ['*'] } } as const;
const atBatch = (fault: Fault): Fault => where(({ pathname }) => pathname.endsWith('/$batch'), fault);

interface Step {
  status: number;
  headers?: Record<string, string>;
  body: unknown;
}

/** Spoils the step at a place of the first batch. */
function spoiling(place: number, step: Partial<Step>): Fault {
  const spoil = changed((body) => {
    const { responses } = body as { responses: Step[] };
    return { responses: responses.map((one, index) => (index === place ? { ...one, ...step } : one)) };
  });
  return atBatch(times(1, spoil));
}

function contentOf(
  fault?: Fault,
  setting: { world: World; scope: object } = { world, scope: scopes.groups },
) {
  const bench = setUp({
    world: setting.world,
    options: { scope: setting.scope },
    ...(fault === undefined ? {} : { fault }),
  });
  return bench.source
    .read(never)
    .then(({ users, groups, completeness }) => ({ users, groups, completeness }));
}

describe('many groups', () => {
  test('are read twenty at a time: of everything, ids in pages of 999', async () => {
    const bench = setUp({ world, options: { scope: scopes.everything, guests: 'include' } });
    const { calls, completeness, groups } = await bench.source.read(never);
    const people = world.people.filter(({ entra }) => entra !== null).length;
    const laterPages = sizes.reduce((sum, size) => sum + pagesOf(size) - 1, 0);
    expect(groups.length).toBeGreaterThan(80);
    expect(calls).toBe(pagesOf(people) + pagesOf(groups.length) + Math.ceil(groups.length / 20) + laterPages);
    expect(graphCalls(bench)).toBe(calls);
    expect(completeness.users).toEqual(complete);
  });

  test('by name are read twenty at a time, and those of 200 and more alone', async () => {
    const bench = setUp({ world, options: { scope: scopes.groups } });
    const { calls, groups } = await bench.source.read(never);
    const large = sizes.filter((size) => size >= 200);
    expect(large.length).toBeGreaterThan(0);
    expect(calls).toBe(
      pagesOf(groups.length) +
        Math.ceil(groups.length / 20) +
        large.reduce((sum, size) => sum + pagesOf(size), 0),
    );
  });

  test('hold what they hold when they are read one by one', async () => {
    const oneByOne = await contentOf(
      atBatch(answer(200, '{"responses":[]}', { 'content-type': 'application/json' })),
    );
    expect(await contentOf()).toEqual(oneByOne);
    expect(oneByOne.completeness.users).toEqual(complete);
  });

  test.each<readonly [string, Fault]>([
    [
      'throttled',
      spoiling(3, {
        status: 429,
        headers: { 'Retry-After': '10' },
        body: { error: { code: 'TooManyRequests' } },
      }),
    ],
    ['a server error', spoiling(3, { status: 503, body: {} })],
    ['not found for once', spoiling(3, { status: 404, body: {} })],
  ])('in which one is %s lose nothing', async (_, fault) => {
    expect(await contentOf(fault)).toEqual(await contentOf());
  });

  test.each<readonly [string, Fault]>([
    ['a connection reset', atBatch(times(2, reset))],
    ['silence', atBatch(times(1, hang))],
  ])('lose nothing to %s of the batch', async (_, fault) => {
    expect(await contentOf(fault)).toEqual(await contentOf());
  });

  test.each<readonly [string, string, Fault]>([
    ['that holds no page', 'sourceInvalid', spoiling(3, { body: {} })],
    ['that is no batch', 'sourceInvalid', atBatch(answer(200, '{}', { 'content-type': 'application/json' }))],
    ['that never comes', 'sourceUnreadable', atBatch(answer(503))],
  ])('fail with an answer %s', async (_, code, fault) => {
    await expect(contentOf(fault)).rejects.toMatchObject({ code });
  });

  test('wait as long as one of them was told to', async () => {
    const fault = spoiling(3, { status: 429, headers: { 'Retry-After': '10' }, body: {} });
    const { source, clock } = setUp({ world, options: { scope: scopes.groups }, fault });
    await source.read(never);
    expect(clock.elapsed()).toBe(10_000);
  });
});

test('a few groups are asked for one by one', async () => {
  const bench = setUp();
  await bench.source.read(never);
  expect(bench.seen.filter(({ url }) => url.endsWith('/$batch'))).toEqual([]);
});
