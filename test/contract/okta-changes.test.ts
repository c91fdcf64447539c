import { beforeAll, describe, expect, test } from 'vitest';
import { BridgeError } from '../../src/model/errors.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { createOktaSandbox } from '../../src/sandbox/index.ts';
import { createSource } from '../../src/sources/okta/index.ts';
import { OktaOptions } from '../../src/sources/okta/schema.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import {
  answer,
  cut,
  hang,
  healthy,
  loginPage,
  redirect,
  reset,
  stall,
  through,
  times,
  truncated,
  where,
  type Fault,
} from './source-faults.ts';
import { oktaPages, repaged, withEmptyPages } from './source-paging.ts';
import { contractWorld } from './source-worlds.ts';

/*
 * What every source must do that goes on from its last read: whatever goes wrong meanwhile, it takes nothing away that
 * a clean read of everything would not.
 */

const never = new AbortController().signal;
const origin = 'https://directory.example';
const world = contractWorld();
const { app, groups } = world.okta;
const people = world.people.flatMap(({ okta }) => okta ?? []);

const scopes: readonly (readonly [name: string, scope: object])[] = [
  ['groups', { groups: ['retool-*'] }],
  ['app', { app: app.id }],
  ['everything', { everything: true }],
];

interface Bench {
  readonly before: Snapshot;
  /** What a read of everything says after the changes. */
  readonly full: Snapshot;
  /** Reads over a bad line, going on from `before`; null when that failed. */
  readonly readOver: (fault: Fault) => Promise<Snapshot | null>;
}

/** An org that was read and has changed since. */
async function openChanged(scope: object): Promise<Bench> {
  const clock = createVirtualClock();
  const token = new Secret('secret', 'environment variable OKTA_API_TOKEN');
  const sandbox = createOktaSandbox({ world, token: 'secret', now: clock.now, limits: 'unlimited' });
  let onTheLine = healthy;
  const line: Fault = (request, pass) =>
    onTheLine(request, (instead = request) => pass(oktaPages.withSmallPages(instead)));
  const options = OktaOptions.parse({ type: 'okta', orgUrl: origin, auth: { token }, scope });
  const source = createSource('okta', options, {
    clock,
    random: () => 0.5,
    logger: silentLogger,
    fetch: through(sandbox.fetch, line),
  });
  const before = await source.read(never);
  await clock.advance(3_600_000);
  change(sandbox.admin);
  const full = await source.read(never);
  return {
    before,
    full,
    async readOver(fault) {
      onTheLine = fault;
      try {
        return await source.read(never, undefined, before);
      } catch (error) {
        if (!(error instanceof BridgeError)) throw error;
        return null;
      } finally {
        onTheLine = healthy;
      }
    },
  };
}

/** Somebody comes, somebody goes, many move, and a group gets another name. */
function change(admin: ReturnType<typeof createOktaSandbox>['admin']): void {
  const [first, second, third] = groups.filter(({ id }) => app.groups.includes(id));
  if (first === undefined || second === undefined || third === undefined)
    throw new Error('the app has fewer than three groups');
  const hired = admin.createUser({ email: 'new@acme.example', firstName: 'New', lastName: 'Person' });
  admin.addMember(first.id, hired);
  for (const id of first.members.slice(0, 3)) {
    admin.removeMember(first.id, id);
    admin.addMember(second.id, id);
  }
  admin.suspendUser(people.find(({ status }) => status === 'ACTIVE')?.id ?? '');
  for (const { id } of people.filter(({ status }) => status === 'PROVISIONED')) admin.deactivateUser(id);
  for (const { id } of people.filter(({ status }) => status === 'RECOVERY'))
    admin.updateProfile(id, { title: 'New' });
  admin.renameGroup(third.id, 'retool-other');
}

function contentOf({ users, groups: teams, completeness, rejected }: Snapshot) {
  return { users, groups: teams, completeness, rejected };
}

/** What a plan would take away after the read and not after a full one. */
function lossesOf({ before, full }: Bench, read: Snapshot | null): readonly string[] {
  if (read === null) return [];
  const { users, groups: lists, partialGroups } = read.completeness;
  const standing = (snapshot: Snapshot) =>
    new Map(snapshot.users.map(({ externalId, active }) => [externalId, active]));
  const [had, should, has] = [standing(before), standing(full), standing(read)];
  const losses: string[] = [];
  for (const [id, active] of had) {
    if (!active || should.get(id) !== true || has.get(id) === true) continue;
    if (has.get(id) === false || users.state === 'complete') losses.push(`access of ${id}`);
  }
  const membersIn = (snapshot: Snapshot, id: string) =>
    new Set(snapshot.groups.find(({ externalId }) => externalId === id)?.members);
  for (const { externalId, members } of before.groups) {
    if (lists.state === 'partial' || partialGroups.has(externalId)) continue;
    const [then, now] = [membersIn(full, externalId), membersIn(read, externalId)];
    for (const id of members)
      if (then.has(id) && !now.has(id)) losses.push(`membership of ${id} in ${externalId}`);
  }
  return losses;
}

const places: readonly (readonly [name: string, matches: (url: URL) => boolean])[] = [
  ['the people', (url) => /^\/api\/v1\/(?:users|apps\/[^/]+\/users)$/.test(url.pathname)],
  ['later pages', (url) => url.searchParams.has('after')],
  ['the groups', (url) => /^\/api\/v1\/(?:groups|apps\/[^/]+\/groups)$/.test(url.pathname)],
  ['members', (url) => oktaPages.members.test(url.pathname)],
  ['the groups of a person', (url) => /^\/api\/v1\/users\/[^/]+\/groups$/.test(url.pathname)],
  ['everything', () => true],
];

const passing: readonly (readonly [name: string, fault: () => Fault])[] = [
  ['a connection reset', () => times(2, reset)],
  ['server errors', () => times(2, answer(503, '<html>unavailable</html>'))],
  ['silence', () => times(1, hang)],
  ['a body that is cut', () => times(1, cut)],
  ['a body that stalls', () => times(1, stall)],
  ['empty pages in between', () => withEmptyPages(oktaPages)],
];

const lasting: readonly (readonly [name: string, fault: Fault])[] = [
  ['connections reset', reset],
  ['silence', hang],
  ['server errors', answer(500)],
  ['throttling', answer(429)],
  ['refused credentials', answer(401)],
  ['forbidden access', answer(403)],
  ['a login page', loginPage],
  ['a redirect', redirect],
  ['not found', answer(404, '{"errorCode":"E0000007"}')],
  ['a refused filter', answer(400, '{"errorCode":"E0000031"}')],
  ['JSON that ends too soon', truncated],
  ['a page that links to itself', repaged(oktaPages, ({ rows }, url) => ({ rows, next: url.href }))],
  ['a row that is null', repaged(oktaPages, ({ rows, next }) => ({ rows: [null, ...rows.slice(1)], next }))],
  [
    'rows without an id',
    repaged(oktaPages, ({ rows, next }) => ({
      rows: rows.map((row) => ({ ...Object(row), id: undefined })),
      next,
    })),
  ],
];

describe.each(scopes)('a read of the scope "%s" that goes on from the last one', (_, scope) => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await openChanged(scope);
  });

  test('is as a read of everything', async () => {
    const read = await bench.readOver(healthy);
    expect(contentOf(read ?? bench.before)).toEqual(contentOf(bench.full));
    expect(contentOf(bench.full)).not.toEqual(contentOf(bench.before));
  });

  describe.each(places)('at %s', (__, matches) => {
    test.each(passing)('loses nothing to %s', async (___, fault) => {
      const read = await bench.readOver(where(matches, fault()));
      expect(contentOf(read ?? bench.before)).toEqual(contentOf(bench.full));
    });

    test.each(lasting)('takes nothing away because of %s', async (___, fault) => {
      expect(lossesOf(bench, await bench.readOver(where(matches, fault)))).toEqual([]);
    });
  });
});

test.each(scopes.filter(([name]) => name !== 'app'))(
  'a read of the scope "%s" takes nothing away when it is shown no changes, as without a role',
  async (_, scope) => {
    const bench = await openChanged(scope);
    const nothing = answer(200, '[]', {
      'content-type': 'application/json',
      date: 'Mon, 05 Jan 2026 10:00:00 GMT',
    });
    const read = await bench.readOver(where((url) => url.searchParams.has('filter'), nothing));
    expect(contentOf(read ?? bench.full)).toEqual(contentOf(bench.before));
  },
);
