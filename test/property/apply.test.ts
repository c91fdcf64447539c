import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recover } from '../../src/apply/recover.ts';
import type { Operation } from '../../src/model/operation.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import {
  addMembers,
  adoptUser,
  benchOf,
  createGroup,
  createUser,
  deactivateUser,
  group,
  makeGroupAdmin,
  reactivateUser,
  removeMember,
  renameGroup,
  setDepartment,
  settleMs,
  stateOf,
  updateUser,
  user,
  type Behaviour,
  type Bench,
} from '../unit/apply/support.ts';

/*
 * Plans out of a fixed world, with arbitrary parts left out, arbitrary dependencies added and arbitrary
 * operations stale or held, against a target that answers each sending arbitrarily.
 */

const levels: readonly (readonly Operation[])[] = [
  [deactivateUser('leaver@acme.com'), deactivateUser('second@acme.com')],
  [removeMember('7', 'Finance', 'back@acme.com'), removeMember('7', 'Finance', 'mover@acme.com')],
  [adoptUser('old@acme.com')],
  [createGroup('Data'), renameGroup('8', 'Sales', 'Selling')],
  [
    createUser('one@acme.com'),
    createUser('two@acme.com'),
    createUser('three@acme.com'),
    reactivateUser('back@acme.com', ['removeMember:back@acme.com in Finance']),
  ],
  [
    setDepartment('mover@acme.com', null, 'Ops'),
    setDepartment('head@acme.com', 'HR', null),
    updateUser('old@acme.com', ['Ada', 'Ida'], ['adopt:old@acme.com']),
  ],
  [
    addMembers('7', 'Finance', ['old@acme.com', '+one@acme.com']),
    addMembers(null, 'Data', ['mover@acme.com', '+one@acme.com', '+two@acme.com']),
  ],
  [makeGroupAdmin('7', 'Finance', 'head@acme.com')],
];
const all = levels.flat();

const world = stateOf(
  [
    user('leaver@acme.com'),
    user('second@acme.com'),
    user('back@acme.com', { active: false }),
    user('mover@acme.com'),
    user('old@acme.com'),
    user('head@acme.com', { metadata: { department: 'HR' } }),
  ],
  [group('7', 'Finance', ['back@acme.com', 'mover@acme.com', 'head@acme.com']), group('8', 'Sales')],
);

const anyOf = fc.subarray(all.map(({ id }) => id));
const behaviour = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Behaviour>('done') },
  fc.constantFrom<Behaviour>('ignored', 'lost', 'dropped', 'refused'),
  { weight: 1, arbitrary: fc.constantFrom<Behaviour>('conflict', 'unauthorized') },
);

interface Case {
  readonly levels: readonly (readonly Operation[])[];
  readonly script: Readonly<Record<string, readonly Behaviour[]>>;
  readonly held: ReadonlySet<string>;
  /** Milliseconds after the start; null: never. */
  readonly interruptedAt: number | null;
}

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    kept: fc.subarray(
      all.map(({ id }) => id),
      { minLength: 1 },
    ),
    held: fc.oneof({ weight: 3, arbitrary: fc.constant<string[]>([]) }, anyOf),
    added: fc.array(fc.tuple(fc.nat(all.length - 1), fc.nat(all.length - 1)), { maxLength: 5 }),
    behaviours: fc.array(fc.array(behaviour, { maxLength: 4 }), {
      minLength: all.length,
      maxLength: all.length,
    }),
    interruptedAt: fc.option(fc.integer({ min: 0, max: 70_000 }), { nil: null, freq: 4 }),
  })
  .map(({ kept, held, added, behaviours, interruptedAt }) => ({
    levels: planOf(new Set(kept), added),
    script: Object.fromEntries(all.map(({ id }, index) => [id, behaviours[index] ?? []])),
    held: new Set(held),
    interruptedAt,
  }));

/** The operations kept, without those whose dependencies were not: the planner names none that is not in the plan. */
function planOf(
  kept: ReadonlySet<string>,
  added: readonly (readonly [number, number])[],
): readonly (readonly Operation[])[] {
  const complete = ({ id, dependsOn }: Operation): boolean =>
    kept.has(id) && all.filter((one) => dependsOn.includes(one.id)).every(complete);
  const present = new Set(all.filter(complete).map(({ id }) => id));
  return levels.map((level) =>
    level.filter(({ id }) => present.has(id)).map((operation) => withDependencies(operation, added, present)),
  );
}

/** Dependencies point to earlier levels and into the plan, as the planner's do. */
function withDependencies(
  operation: Operation,
  added: readonly (readonly [number, number])[],
  present: ReadonlySet<string>,
): Operation {
  const levelOf = (id: string): number => levels.findIndex((level) => level.some((one) => one.id === id));
  const more = added
    .filter(([dependant]) => all[dependant]?.id === operation.id)
    .flatMap(([, index]) => all[index]?.id ?? [])
    .filter((id) => levelOf(id) < levelOf(operation.id));
  return {
    ...operation,
    dependsOn: [...operation.dependsOn, ...more].filter((id) => present.has(id)),
  };
}

/** The same without anybody else who makes what the plan is about to make: that is not ours, and stays so. */
function withoutRivals(script: Case['script']): Case['script'] {
  return Object.fromEntries(
    Object.entries(script).map(([id, behaviours]) => [id, behaviours.filter((each) => each !== 'conflict')]),
  );
}

async function applied({ levels: operations, script, held, interruptedAt }: Case) {
  const bench = benchOf(world, script);
  const interruption = new AbortController();
  const later = new AbortController();
  if (interruptedAt !== null) {
    bench.clock.sleep(interruptedAt, later.signal).then(
      () => interruption.abort(new Error('interrupted')),
      () => undefined,
    );
  }
  const current = { ...world, readAt: { began: bench.clock.now(), ended: bench.clock.now() } };
  const outcomes = await bench.apply(operations, { held, current, signal: interruption.signal });
  later.abort();
  return { bench, outcomes, operations: operations.flat() };
}

function isDone({ state, code }: Outcome): boolean {
  return state === 'applied' || code === 'alreadySo';
}

/** Whether the last thing that the journal says of an operation is that it was done. */
function wasDone(log: readonly string[], id: string): boolean {
  const last = log.findLast((line) => line.startsWith(`settle ${id} `));
  return last?.endsWith(' applied') === true || last?.endsWith(' skipped') === true;
}

/** When one operation was sent, each time. */
function sendsOf({ target }: Bench, id: string): readonly number[] {
  return target.sends.flatMap((sent, index) => (sent === id ? [target.sentAt[index] ?? 0] : []));
}

const runs = { numRuns: 300 };

describe('whatever a plan holds and the target answers', () => {
  test('every operation has exactly one outcome, in the order of the plan', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (one) => {
        const { outcomes, operations } = await applied(one);
        expect(outcomes.map(({ operation }) => operation)).toEqual(operations.map(({ id }) => id));
      }),
      runs,
    );
  });

  test('nothing is sent that is held or waits for something that was not done', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (one) => {
        const { bench, operations } = await applied(one);
        for (const { id, dependsOn } of operations) {
          const left = bench.log.indexOf(`sent ${id}`);
          const blocked = dependsOn.filter((other) => !wasDone(bench.log.slice(0, left), other));
          expect(left === -1 ? [] : blocked).toEqual([]);
          expect(left !== -1 && one.held.has(id)).toBe(false);
        }
      }),
      runs,
    );
  });

  test('an intent stands in the journal before each send', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (one) => {
        const { bench } = await applied(one);
        for (const [index, line] of bench.log.entries()) {
          if (!line.startsWith('sent ')) continue;
          const id = line.slice('sent '.length);
          const earlier = bench.log
            .slice(0, index)
            .findLast((before) => before.endsWith(` ${id}`) || before.startsWith(`settle ${id} `));
          expect(earlier).toBe(`intend ${id}`);
        }
        expect(bench.log.filter((line) => line.startsWith('sent ')).map((line) => line.slice(5))).toEqual(
          bench.target.sends,
        );
      }),
      runs,
    );
  });

  test('nothing is sent again but after a settle time and a read that began after it, and twice at most', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (one) => {
        const { bench, operations } = await applied(one);
        const origin = bench.clock.now() - bench.clock.monotonic();
        for (const { id, kind } of operations) {
          // An addition goes out a second time for those whose account came late; twice is once there.
          if (kind === 'addMembers') continue;
          const sends = sendsOf(bench, id);
          expect(sends.length).toBeLessThanOrEqual(3);
          for (const [index, at] of sends.entries()) {
            const before = sends[index - 1];
            if (before === undefined) continue;
            const judged = bench.target.reads.filter(
              (read) => read - origin >= before + settleMs && read - origin <= at,
            );
            expect(judged.length).toBeGreaterThan(0);
          }
        }
      }),
      runs,
    );
  });

  test('the journal leaves open exactly what is unknown', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (one) => {
        const { bench, outcomes } = await applied(one);
        const unknown = outcomes.filter(({ state }) => state === 'unknown').map(({ operation }) => operation);
        expect(
          bench.store
            .openIntents()
            .map(({ operation }) => operation.id)
            .toSorted(),
        ).toEqual(unknown.toSorted());
      }),
      runs,
    );
  });

  test('what is ours in the end is there, and each link leads to the account of its address', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (one) => {
        const { bench } = await applied({ ...one, interruptedAt: null });
        const { users, groups } = bench.target.state();
        const emailOf = new Map(users.map(({ id, email }) => [id, email]));
        const { links, groups: managed } = bench.store.memory(0);
        const ofUsers = links.filter(({ type }) => type === 'user');
        expect(ofUsers.map(({ externalId }) => externalId)).toEqual(
          ofUsers.map(({ targetId }) => `00u-${emailOf.get(targetId)}`),
        );
        for (const { id, members } of managed.values()) {
          const there = groups.find((each) => each.id === id)?.members;
          expect([...members].filter((account) => there?.has(account) !== true)).toEqual([]);
        }
      }),
      runs,
    );
  });

  test('the next run finishes it, and creates nobody twice', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (one) => {
        const { bench, operations } = await applied({ ...one, script: withoutRivals(one.script) });
        await bench.clock.sleep(settleMs);
        const { clock, store, target } = bench;
        recover(store, store.openIntents(), target.state(), clock);
        expect(store.openIntents()).toEqual([]);
        const next = benchOf(target.state());
        const again = await next.apply(one.levels, { memory: store.memory(0) });

        const undone = again.filter((outcome) => !isDone(outcome));
        expect(undone).toEqual([]);
        const emails = next.target.state().users.map(({ email }) => email);
        expect(new Set(emails).size).toBe(emails.length);
        const created = operations.flatMap((each) => (each.kind === 'createUser' ? [each.after.email] : []));
        expect(created.filter((email) => !emails.includes(email))).toEqual([]);
      }),
      runs,
    );
  });
});
