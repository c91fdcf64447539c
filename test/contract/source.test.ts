import { beforeAll, describe, expect, test } from 'vitest';
import { BridgeError } from '../../src/model/errors.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { benches, httpBenches, openFile, type HttpBench } from './source-benches.ts';
import {
  answer,
  cut,
  hang,
  healthy,
  loginPage,
  redirect,
  reset,
  stall,
  times,
  truncated,
  where,
  type Fault,
} from './source-faults.ts';
import { contentOf, liesOf, never, outcomeOf, told } from './source-outcome.ts';
import { repaged, withEmptyPages, type Paging } from './source-paging.ts';
import { contractWorld, desertedWorld, shownBy } from './source-worlds.ts';

/*
 * What every source must do, whatever stands behind it. A read either gives what is there, or throws, or says
 * that it is partial: never does it give less and claim to be complete, since who is missing loses their access.
 */

const complete = { users: { state: 'complete' }, groups: { state: 'complete' }, partialGroups: new Map() };

describe.each(benches.filter(({ isMissing }) => isMissing !== true))('the source $name', (bench) => {
  const world = contractWorld();

  beforeAll(() => bench.prepare?.());

  test('shows all that the world holds, names to the letter, in the order of ids', async () => {
    const snapshot = await bench.open().source.read(never);
    expect(shownBy(snapshot)).toEqual(bench.shown(world));
    expect(snapshot.completeness).toEqual(complete);
    expect(snapshot.rejected).toEqual([]);
    const odd = snapshot.users.map(({ name }) => name?.givenName ?? '').filter((name) => /[^ -~]/.test(name));
    expect(odd.length).toBeGreaterThan(5);
  });

  test('says whose snapshot it is and when it was begun', async () => {
    const { source, clock } = bench.open();
    const begun = new Date(clock.now()).toISOString();
    const snapshot = await source.read(never);
    expect([snapshot.source, snapshot.takenAt]).toEqual([source.id, begun]);
  });

  test('says the same when it is asked again', async () => {
    const { source } = bench.open();
    const first = await source.read(never);
    expect(contentOf(await source.read(never))).toEqual(contentOf(first));
  });

  test('says the same in whatever order it is told', async () => {
    const usual = await bench.open().source.read(never);
    const other = await bench.open({ order: 'reversed' }).source.read(never);
    expect(JSON.stringify(contentOf(other))).toBe(JSON.stringify(contentOf(usual)));
  });

  test('states nothing as null or as empty text', async () => {
    const { users, groups } = await bench.open().source.read(never);
    expect(JSON.stringify([users, groups])).not.toMatch(/:null|:""|:undefined/);
    for (const { extra } of [...users, ...groups]) expect(Object.getPrototypeOf(extra)).toBeNull();
  });

  test('counts the requests it made, those for tokens left out', async () => {
    const { source, seen } = bench.open();
    const { calls } = await source.read(never);
    expect(calls).toBe(seen.filter(({ method }) => method === 'GET').length);
  });

  test('tells how far it is, and never of less than before', async () => {
    const heard: { readonly users: number; readonly groups: number; readonly calls: number }[] = [];
    const { source } = bench.open();
    const { users, calls } = await source.read(never, (progress) => heard.push(progress));
    expect(heard.at(-1)).toMatchObject({ source: source.id, users: users.length, calls });
    for (const key of ['users', 'groups', 'calls'] as const) {
      const counts = heard.map((progress) => progress[key]);
      expect(counts).toEqual(counts.toSorted((one, other) => one - other));
    }
  });

  test('tells the same of people who are asked for one by one', async () => {
    const { source } = bench.open();
    const { users } = await source.read(never);
    const chosen = users.filter((_user, index) => index % 10 === 0);
    for (const user of chosen)
      expect(await source.find(user.externalId, never)).toEqual({ state: 'found', user });
    expect(await source.find(bench.nobody, never)).toEqual({ state: 'absent' });
  });

  test('with nobody in it fails', async () => {
    const { source } = bench.open({ world: desertedWorld() });
    expect(await outcomeOf(source)).toMatchObject({ state: 'threw', error: { code: 'sourceEmpty' } });
  });

  test('called off rejects with the reason it was given', async () => {
    const reason = new BridgeError('interrupted', 'SIGTERM');
    const { source } = bench.open();
    await expect(source.read(AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(source.check(AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(source.find(bench.nobody, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test('in order has nothing to be checked', async () => {
    const results = await bench.open().source.check(never);
    expect(results.length).toBeGreaterThan(0);
    expect(results.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
    expect(results.every(({ subject }) => subject.includes(bench.open().source.id))).toBe(true);
  });
});

type Place = readonly [name: string, matches: (paging: Paging, url: URL) => boolean];

const places: readonly Place[] = [
  [
    'the first page of people',
    (paging, url) => paging.people.test(url.pathname) && !url.searchParams.has(paging.cursor),
  ],
  [
    'a later page of people',
    (paging, url) => paging.people.test(url.pathname) && url.searchParams.has(paging.cursor),
  ],
  ['the list of groups', (paging, url) => paging.groups.test(url.pathname)],
  ['a list of members', (paging, url) => paging.members.test(url.pathname)],
];

/** What passes by itself: once it is over, the read is as if it had never been. */
const passing: readonly (readonly [name: string, fault: (bench: HttpBench) => Fault])[] = [
  ['a connection reset', () => times(1, reset)],
  ['a connection reset twice', () => times(2, reset)],
  ['a server error', () => times(1, answer(500))],
  ['two server errors', () => times(2, answer(503, '<html>unavailable</html>'))],
  ['a bad gateway', () => times(1, answer(502))],
  ['silence', () => times(1, hang)],
  ['a body that is cut', () => times(1, cut)],
  ['a body that stalls', () => times(1, stall)],
  ['empty pages in between', ({ paging }) => withEmptyPages(paging)],
];

/** What does not pass; `code` is what the read fails with where all people or all groups are concerned. */
const lasting: readonly (readonly [name: string, code: string, fault: (bench: HttpBench) => Fault])[] = [
  ['connections reset', 'sourceUnreadable', () => reset],
  ['silence', 'sourceUnreadable', () => hang],
  ['server errors', 'sourceUnreadable', () => answer(500)],
  ['bodies that are cut', 'sourceUnreadable', () => cut],
  ['throttling', 'sourceUnreadable', () => answer(429)],
  [
    'a place in the list that is known no longer',
    'sourceUnreadable',
    () =>
      answer(400, '{"error":{"code":"Directory_ExpiredPageToken","message":"gone"}}', {
        'content-type': 'application/json',
      }),
  ],
  ['refused credentials', 'sourceUnauthorized', () => answer(401)],
  ['forbidden access', 'sourceUnauthorized', () => answer(403)],
  ['a login page', 'sourceInvalid', () => loginPage],
  ['a redirect', 'sourceInvalid', () => redirect],
  ['JSON that ends too soon', 'sourceInvalid', () => truncated],
  ['null', 'sourceInvalid', () => answer(200, 'null', { 'content-type': 'application/json' })],
  ['an empty object', 'sourceInvalid', () => answer(200, '{}', { 'content-type': 'application/json' })],
  ['nothing', 'sourceInvalid', () => answer(200, '', { 'content-type': 'application/json' })],
  [
    'one row twice',
    'sourceInvalid',
    ({ paging }) => repaged(paging, ({ rows, next }) => ({ rows: [...rows, rows[0]], next })),
  ],
];

/** Where addresses can lead; tokens lead nowhere else. */
const misleading: typeof lasting = [
  [
    'a page that links to itself',
    'sourceInvalid',
    ({ paging }) => repaged(paging, ({ rows }, url) => ({ rows, next: url.href })),
  ],
  [
    'a link to another host',
    'sourceInvalid',
    ({ paging, origin }) =>
      repaged(paging, ({ rows }, url) => ({ rows, next: url.href.replace(origin, 'https://evil.example') })),
  ],
  [
    'a link without encryption',
    'sourceInvalid',
    ({ paging }) => repaged(paging, ({ rows }, url) => ({ rows, next: url.href.replace('https:', 'http:') })),
  ],
];

/** What is wrong with single rows, or with single lists. */
const spoiling: readonly (readonly [name: string, fault: (bench: HttpBench) => Fault])[] = [
  [
    'a row that is null',
    ({ paging }) => repaged(paging, ({ rows, next }) => ({ rows: [null, ...rows.slice(1)], next })),
  ],
  [
    'rows without an id',
    ({ paging }) =>
      repaged(paging, ({ rows, next }) => ({
        rows: rows.map((row) => ({ ...Object(row), id: undefined })),
        next,
      })),
  ],
  [
    'ids that are empty',
    ({ paging }) =>
      repaged(paging, ({ rows, next }) => ({
        rows: rows.map((row) => ({ ...Object(row), id: '' })),
        next,
      })),
  ],
  [
    'ids that are numbers',
    ({ paging }) =>
      repaged(paging, ({ rows, next }) => ({
        rows: rows.map((row, index) => ({ ...Object(row), id: index })),
        next,
      })),
  ],
  ['not found', () => answer(404)],
];

describe.each(httpBenches)('the source $name over a bad line', (bench) => {
  let clean: Snapshot;

  beforeAll(async () => {
    clean = await bench.open().source.read(never);
  });

  const at = (matches: Place[1], fault: Fault): Fault => where((url) => matches(bench.paging, url), fault);

  describe.each(places)('at %s', (place, matches) => {
    test.each(passing)('loses nothing to %s', async (_, fault) => {
      const { source } = bench.open({ fault: at(matches, fault(bench)) });
      expect(contentOf(await source.read(never))).toEqual(contentOf(clean));
    });

    test('waits as long as it is told to when there were too many requests, and loses nothing', async () => {
      const { source, clock } = bench.open({
        fault: at(
          matches,
          times(1, async () => bench.throttled(clock.now())),
        ),
      });
      expect(contentOf(await source.read(never))).toEqual(contentOf(clean));
      expect(clock.elapsed()).toBeGreaterThanOrEqual(20_000);
      expect(clock.elapsed()).toBeLessThan(30_000);
    });

    const unending = bench.paging.next === 'address' ? [...lasting, ...misleading] : lasting;
    test.each(unending)('hides nothing of %s', async (_, code, fault) => {
      const { source, seen } = bench.open({ fault: at(matches, fault(bench)) });
      const outcome = await outcomeOf(source);
      expect(liesOf(outcome, clean)).toEqual([]);
      const allowed = place === 'a list of members' ? [code, 'read'] : [code];
      expect(allowed).toContain(outcome.state === 'read' ? 'read' : outcome.error.code);
      expect(seen.every(({ url }) => url.startsWith(`${bench.origin}/`))).toBe(true);
    });

    test.each(spoiling)('hides nothing of %s', async (_, fault) => {
      const { source } = bench.open({ fault: at(matches, fault(bench)) });
      const outcome = await outcomeOf(source);
      expect(liesOf(outcome, clean)).toEqual([]);
      expect(told(outcome)).not.toEqual(contentOf(clean));
    });
  });

  test('repeats itself when a page comes twice, which is no complete list', async () => {
    let first: Promise<Response> | undefined;
    const repeating: Fault = async (request, pass) => {
      first ??= pass();
      const { rows } = await bench.paging.read((await first).clone());
      return bench.paging.write(
        { rows, next: (await bench.paging.read(await pass())).next },
        new URL(request.url),
      );
    };
    const fault = where((url) => bench.paging.people.test(url.pathname), repeating);
    const outcome = await outcomeOf(bench.open({ fault }).source);
    expect(outcome).toMatchObject({ state: 'threw', error: { code: 'sourceInvalid' } });
  });

  test('keeps within a limit that is far too low, and loses nothing', async () => {
    const { source, clock } = bench.open({ limit: 'tight' });
    expect(contentOf(await source.read(never))).toEqual(contentOf(clean));
    expect(clock.elapsed()).toBeGreaterThan(30_000);
  });

  test('renews a token that expires in the middle of a list, and loses nothing', async () => {
    const { source, seen } = bench.openExpiring((expire) => {
      const isLater = ([, later]: Place, url: URL) => later(bench.paging, url);
      return (request, pass) => {
        if (places[1] !== undefined && isLater(places[1], new URL(request.url))) expire();
        return pass();
      };
    });
    expect(contentOf(await source.read(never))).toEqual(contentOf(clean));
    expect(seen.filter(({ method }) => method === 'POST')).toHaveLength(2);
  });

  test('has, or finds by id, everybody there is when people change while their list is read', async () => {
    const { source } = bench.openChanging();
    const during = await source.read(never);
    const after = await source.read(never);
    expect(shownBy(after)).not.toEqual(shownBy(clean));
    const seen = new Set(during.users.map(({ externalId }) => externalId));
    expect(seen.size).toBe(during.users.length);
    for (const { externalId } of after.users.filter((user) => !seen.has(user.externalId)))
      expect(await source.find(externalId, never)).toMatchObject({ state: 'found' });
  });

  test('with credentials that are refused fails, and a check says what to do', async () => {
    const { source } = bench.open({ credentials: 'wrong' });
    expect(await outcomeOf(source)).toMatchObject({
      state: 'threw',
      error: { code: 'sourceUnauthorized', retryable: false, remedy: expect.any(String) },
    });
    const failed = (await source.check(never)).filter(({ verdict }) => verdict === 'failed');
    expect(failed[0]).toMatchObject({ remedy: expect.any(String) });
  });

  test('takes nothing but the system’s own word for the absence of a person', async () => {
    const faults: readonly Fault[] = [
      answer(404),
      answer(404, '{}'),
      answer(403),
      answer(500),
      loginPage,
      reset,
      hang,
    ];
    for (const fault of faults) {
      const { source } = bench.open({ fault: where((url) => url.pathname.endsWith(bench.nobody), fault) });
      expect(await source.find(bench.nobody, never)).toMatchObject({ state: 'unknown' });
    }
    expect(await bench.open({ fault: healthy }).source.find(bench.nobody, never)).toEqual({
      state: 'absent',
    });
  });

  test.each(['..', '../users', 'a/b', 'a?b', 'a#b', '%2e%2e', ''])(
    'sends nothing for the id %j',
    async (id) => {
      const { source, seen } = bench.open();
      expect(await source.find(id, never)).toMatchObject({ state: 'unknown' });
      expect(seen).toEqual([]);
    },
  );

  test('never leaves a request without an end when it is called off in the middle', async () => {
    const stop = new AbortController();
    const fault: Fault = (request, pass) => {
      if (!bench.paging.members.test(new URL(request.url).pathname)) return pass();
      stop.abort('enough');
      return hang(request, pass);
    };
    await expect(bench.open({ fault }).source.read(stop.signal)).rejects.toBe('enough');
  });
});

describe('the source file over spoilt bytes', () => {
  const cases: readonly (readonly [name: string, spoil: (text: string) => string])[] = [
    ['that were cut', (text) => text.slice(0, text.length / 2)],
    ['that are a login page', () => '<html>'],
    ['that are none', () => ''],
    ['with one row twice', (text) => text.replace('"Users":[', '"Users":[{"id":"x"},{"id":"x"},')],
    ['with a row without an id', (text) => text.replace(/"Users":\[\{"id":"[^"]+",/, '"Users":[{')],
    ['with an id that is a number', (text) => text.replace(/"Users":\[\{"id":"[^"]+"/, '"Users":[{"id":5')],
    ['without its list of people', (text) => text.replace('"Users":', '"users":')],
    ['without its list of groups', (text) => text.replace('"Groups":', '"groups":')],
    ['with a group without members', (text) => text.replace('"members":', '"Members":')],
    ['with a member without a value', (text) => text.replace('"members":[{"value":', '"members":[{"Value":')],
    ['with a group without a name', (text) => text.replace(/"displayName":"[^"]+",/, '')],
  ];

  test.each(cases)('%s hides nothing of it', async (_, spoil) => {
    const clean = await openFile().source.read(never);
    const outcome = await outcomeOf(openFile({ spoil }).source);
    expect(liesOf(outcome, clean)).toEqual([]);
    expect(told(outcome)).not.toEqual(contentOf(clean));
  });
});
