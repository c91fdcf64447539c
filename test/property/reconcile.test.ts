import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RetoolState } from '../../src/sandbox/index.ts';
import { startInProcess, type InProcess } from '../support/bridge.ts';
import { scim, type Staff } from '../support/scim.ts';

/*
 * The whole bridge in this process, over SCIM files and the strict Retool: what the planner's own properties say of
 * values must hold through configuration, file source, mapping, sink and state as well.
 */

const ids = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay'];
const teams = ['retool-sales', 'retool-legal', 'other-lunch'];
const awkwardNames = ['Ada', 'Zoë', '  Bo  ', '\u5f20\u4f1f', 'A'.repeat(40), "O'Brien <b>", '\u202Eevil'];

const staff: fc.Arbitrary<readonly Staff[]> = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom(...ids),
    given: fc.constantFrom(...awkwardNames),
    department: fc.constantFrom('Sales', 'Legal', '__proto__', '7'),
    active: fc.boolean(),
    groups: fc.uniqueArray(fc.constantFrom(...teams), { maxLength: 3 }),
  }),
  { selector: (person) => person.id, minLength: 1 },
);

const foundThere = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom(...ids, 'stranger', 'guest'),
    active: fc.boolean(),
    firstName: fc.constantFrom('Ada', 'Old'),
  }),
  { selector: ({ id }) => id, maxLength: 5 },
);

const memberships = fc.constantFrom('owned', 'authoritative', 'additive');
const story = fc.record({
  found: foundThere,
  memberships,
  says: fc.array(staff, { minLength: 1, maxLength: 3 }),
});
type Story = typeof story extends fc.Arbitrary<infer Value> ? Value : never;

async function start({ found, memberships: mode }: Story): Promise<InProcess> {
  const users = found.map(({ id, ...rest }) => ({ email: `${id}@acme.com`, lastName: 'Byron', ...rest }));
  return startInProcess({
    sources: ['staff'],
    config: { memberships: mode },
    retool: { users, groups: [{ name: 'sales', members: users.slice(0, 2).map(({ email }) => email) }] },
  });
}

/** Every group is always listed, so that a file without members of a group is not a file without groups. */
function say(bridge: InProcess, people: readonly Staff[]): void {
  bridge.says({ staff: scim(people, teams) });
}

const runs = { numRuns: 30 };

describe('the whole bridge', () => {
  test('leaves nothing to do, and leaves alone what it was never told of', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (whole) => {
        const bridge = await start(whole);
        const before = strangersIn(bridge.retool.state());
        for (const people of whole.says) {
          say(bridge, people);
          const record = await bridge.applyApproved();
          expect(record.outcomes.filter(({ state }) => state !== 'applied')).toEqual([]);
          expect((await bridge.plan()).plan.operations).toEqual([]);
          expect(strangersIn(bridge.retool.state())).toEqual(before);
        }
      }),
      runs,
    );
  });

  test('plans the same from rows in any order', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (whole) => {
        const bridge = await start(whole);
        for (const people of whole.says) {
          say(bridge, people.toReversed());
          const backwards = (await bridge.plan()).plan.fingerprint;
          say(bridge, people);
          expect((await bridge.plan()).plan.fingerprint).toBe(backwards);
          await bridge.applyApproved();
        }
      }),
      runs,
    );
  });

  test('makes exactly the calls it forecast', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (whole) => {
        const bridge = await start(whole);
        for (const people of whole.says) {
          say(bridge, people);
          const { plan } = await bridge.plan();
          const { calls, reads } = plan.forecast;
          bridge.retool.log.clear();
          await bridge.run({ kind: 'apply', target: 'mustMatch', plan, approve: plan.fingerprint });
          expect(bridge.retool.log.calls.length).toBe(calls === 0 ? 4 : calls + reads);
        }
      }),
      runs,
    );
  });
});

/** Accounts that no source ever names, with everything about them but the memberships that a policy may take. */
function strangersIn({ users }: RetoolState): unknown {
  return users.filter(({ email }) => /^(?:stranger|guest|owner)@/.test(email));
}
