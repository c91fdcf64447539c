import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BridgeError } from '../../src/model/errors.ts';
import type { CurrentState } from '../../src/model/current-state.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import type { Source } from '../../src/model/source.ts';
import { createRetoolSandbox, generateWorld } from '../../src/sandbox/index.ts';
import type { Fault } from '../contract/source-faults.ts';
import { setUp as setUpEntra } from '../unit/sources/entra/support.ts';
import { group, open as openGoogle, user } from '../unit/sources/google/support.ts';
import { setUp as setUpOkta } from '../unit/sources/okta/support.ts';
import { scripted } from '../unit/sink-retool/scripted.ts';
import { spoil, spoiling, type Spoiling } from './spoil.ts';

/* One place of one answer is spoilt. Whatever comes of it, nobody may lose anything by it. */

const never = new AbortController().signal;
const world = generateWorld({ users: 12, groups: 3, seed: 5 });

/** What is spoilt, in which answer, counted from the first. */
interface Attack extends Spoiling {
  readonly answer: number;
}

const attack: fc.Arbitrary<Attack> = fc
  .tuple(spoiling, fc.nat({ max: 7 }))
  .map(([one, answer]) => ({ ...one, answer }));

/** The fault that spoils the nth answer; `at` says afterwards what it was. */
function spoiler(one: Attack): { readonly fault: Fault; readonly at: () => string } {
  let answers = 0;
  let at = 'nothing';
  return {
    at: () => at,
    async fault(request, pass) {
      const response = await pass();
      answers += 1;
      if (answers !== one.answer + 1) return response;
      const text = await response.text();
      if (text === '') return new Response(null, response);
      const spoilt = spoil(text, one, mayDrop);
      at = `${new URL(request.url).pathname}: ${spoilt.at}`;
      return new Response(spoilt.text, { status: response.status, headers: response.headers });
    },
  };
}

/**
 * What an API leaves out where there is nothing: without it an answer is another true answer, which nobody could tell.
 * Rows are never dropped either: a list without them is another list.
 */
function mayDrop(path: string): boolean {
  return !/(?:^|\.)\d+$|^$|link|token|delta|removed|^(?:users|groups|members)$|suspended|archived/i.test(
    path,
  );
}

/** What somebody would lose if this were believed: people and members that are there and are not told. */
function lossesBetween(whole: Snapshot, told: Snapshot): readonly string[] {
  const { users, groups, partialGroups } = told.completeness;
  const people = new Map(told.users.map((one) => [one.externalId, one]));
  const lostPeople = whole.users.flatMap(({ externalId, active }) => {
    const now = people.get(externalId);
    if (now === undefined) return users.state === 'complete' ? [`${externalId} is gone`] : [];
    return active && !now.active ? [`${externalId} is inactive`] : [];
  });
  const groupsTold = new Map(told.groups.map((one) => [one.externalId, new Set(one.members)]));
  const lostMembers = whole.groups.flatMap(({ externalId, members }) => {
    if (partialGroups.has(externalId)) return [];
    const now = groupsTold.get(externalId);
    if (now === undefined) return groups.state === 'complete' ? [`group ${externalId} is gone`] : [];
    return members.filter((id) => !now.has(id)).map((id) => `${id} is no member of ${externalId}`);
  });
  return [...lostPeople, ...lostMembers];
}

async function outcome<T>(read: () => Promise<T>): Promise<T | BridgeError> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BridgeError) return error;
    throw error;
  }
}

/** What is wrong with an error: it has to be one that an admin can do something about. */
function faultsOf({ audience, code }: BridgeError, codes: readonly string[]): readonly string[] {
  return audience === 'admin' && codes.includes(code) ? [] : [`${code} for the ${audience}`];
}

const targetCodes = ['targetUnauthorized', 'targetUnreadable', 'targetInvalid'];
const sourceCodes = ['sourceUnauthorized', 'sourceUnreadable', 'sourceInvalid', 'sourceEmpty'];

/** Holds for any source: what comes of a spoilt answer is an error of the source, or a read that takes nothing away. */
async function expectHarmless(make: (fault?: Fault) => Source): Promise<void> {
  const whole = await make().read(never);
  const seen = { failed: 0, told: 0 };
  await fc.assert(
    fc.asyncProperty(attack, async (one) => {
      const { fault, at } = spoiler(one);
      const came = await outcome(() => make(fault).read(never));
      seen[came instanceof BridgeError ? 'failed' : 'told'] += 1;
      const wrong = came instanceof BridgeError ? faultsOf(came, sourceCodes) : lossesBetween(whole, came);
      expect([at(), ...wrong]).toEqual([at()]);
    }),
    { numRuns: 100 },
  );
  expect([seen.failed + seen.told > 50, seen.told > 5]).toEqual([true, true]);
}

test('an answer of Okta that is spoilt takes nothing from anybody', () =>
  expectHarmless((fault) => setUpOkta({ world, ...(fault === undefined ? {} : { fault }) }).source));

test('an answer of Entra ID that is spoilt takes nothing from anybody', () =>
  expectHarmless(
    (fault) =>
      setUpEntra({
        world,
        options: { scope: { everything: true } },
        ...(fault === undefined ? {} : { fault }),
      }).source,
  ));

test('an answer of Google that is spoilt takes nothing from anybody', () =>
  expectHarmless(
    (fault) =>
      openGoogle({
        users: [1, 2, 3, 4].map((number) => user(number)),
        groups: [group(1, ['101', '102', '0g2']), group(2, ['103'])],
        options: { nested: true },
        ...(fault === undefined ? {} : { wire: fault }),
      }).source,
  ));

/** The ids of accounts, and the members of groups, that a read of Retool shows. */
function heldIn({ users, groups }: CurrentState): readonly string[] {
  return [
    ...users.map(({ id, active }) => `${id} ${active}`),
    ...groups.flatMap(({ id, members }) => [
      id,
      ...[...members].map((member) => `${id} ${JSON.stringify(member)}`),
    ]),
  ].toSorted();
}

test('an answer of Retool that is spoilt ends the read, or changes nothing in it that matters', async () => {
  const retool = createRetoolSandbox({
    token: 'retool_01scripted',
    now: () => 0,
    requestsPerMinute: 'unlimited',
    seed: {
      users: ['ann', 'ben', 'cem'].map((id) => ({ email: `${id}@acme.com`, firstName: id, lastName: 'Doe' })),
      groups: [{ name: 'sales', members: ['ann@acme.com', 'ben@acme.com'] }],
    },
  });
  const read = async (fault: Fault): Promise<CurrentState> => {
    const { sink } = scripted((route, _, { headers }) => {
      const [method = '', path = ''] = route.split(' ');
      const request = new Request(`https://acme.retool.example/api/v2${path}`, { method, headers });
      return fault(request, () => retool.fetch(request));
    });
    return sink.read(never);
  };
  const whole = heldIn(await read((_, pass) => pass()));
  const seen = { failed: 0, told: 0 };
  await fc.assert(
    fc.asyncProperty(attack, async (one) => {
      const { fault, at } = spoiler(one);
      const came = await outcome(() => read(fault));
      seen[came instanceof BridgeError ? 'failed' : 'told'] += 1;
      const held = came instanceof BridgeError ? whole : heldIn(came);
      const wrong = came instanceof BridgeError ? faultsOf(came, targetCodes) : [];
      expect([at(), ...wrong, ...held]).toEqual([at(), ...whole]);
    }),
    { numRuns: 200 },
  );
  expect([seen.failed + seen.told > 50, seen.told > 5]).toEqual([true, true]);
});
