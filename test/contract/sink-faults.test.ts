import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, viewOf } from '../../src/apply/compare.ts';
import type { CurrentState } from '../../src/model/current-state.ts';
import type { Reply } from '../../src/model/sink.ts';
import type { RetoolState } from '../../src/sandbox/retool/index.ts';
import {
  contextWith,
  createWorld,
  faults,
  faultsOnWrites,
  never,
  type Fault,
  type World,
} from './sink-harness.ts';
import { caseNames, operationFor, organisation, type CaseName } from './sink-operations.ts';

interface Told {
  readonly reply: Reply;
  /** Whether the target holds what the operation was to bring about, by the target's own account. */
  readonly inEffect: boolean;
  readonly isUntouched: boolean;
  readonly world: World;
}

/** Performs one operation while its writes meet these faults, in this order. */
async function performUnder(name: CaseName, sequence: readonly Fault[]): Promise<Told> {
  const world = createWorld({ seed: organisation, faults: faultsOnWrites(sequence) });
  const { sandbox, sink } = world;
  const before = await sink.read(never);
  const held = JSON.stringify(sandbox.state());
  const operation = operationFor(name, sandbox.state());
  const metadataOf = (id: string) => before.users.find((user) => user.id === id)?.metadata ?? null;
  const reply = await sink.perform(operation, contextWith({ metadataOf }), never);
  return {
    reply,
    inEffect: compare(operation, viewOf(currentOf(sandbox.state(), before))).state === 'inEffect',
    isUntouched: JSON.stringify(sandbox.state()) === held,
    world,
  };
}

/** What the target really holds, without asking the sink. */
function currentOf(state: RetoolState, before: CurrentState): CurrentState {
  return {
    ...before,
    users: state.users.map((user) => ({
      id: user.id,
      email: user.email,
      firstName: user.first_name,
      lastName: user.last_name,
      active: user.active,
      isAdmin: user.is_admin,
      userType: user.user_type,
      metadata: user.metadata,
      lastActive: user.last_active,
    })),
    groups: state.groups.map((group) => ({
      id: String(group.id),
      name: group.name,
      members: new Map(group.memberIds.map((id) => [id, { groupAdmin: group.adminIds.includes(id) }])),
      access: {
        apps: group.universal_app_access,
        resources: group.universal_resource_access,
        workflows: group.universal_workflow_access,
        queryLibrary: group.universal_query_library_access,
      },
    })),
  };
}

/** How the reply contradicts what the target holds; null when it does not. */
function contradictionIn({ reply, inEffect, isUntouched }: Told): Reply | null {
  if (reply.state === 'done' && !inEffect) return reply;
  return reply.state === 'refused' && !isUntouched ? reply : null;
}

const anyCase = fc.constantFrom(...caseNames);
const anyFaults = fc.array(fc.constantFrom(...faults), { maxLength: 6 });

describe('the reply is true', () => {
  test('whatever goes wrong: done only when it was done, refused only when nothing was', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, anyFaults, async (name, sequence) => {
        const told = await performUnder(name, sequence);
        expect(contradictionIn(told)).toBeNull();
      }),
      { numRuns: 400 },
    );
  });

  test.each(caseNames.flatMap((name) => faults.map((fault) => [name, fault] as const)))(
    '%s after %s',
    async (name, fault) => {
      const told = await performUnder(name, [fault]);
      expect(contradictionIn(told)).toBeNull();
      expect(told.reply.state).toBe(expectedState(name, fault));
    },
  );

  test('the faults do happen: each brings about a reply that is not done', async () => {
    for (const fault of faults) {
      const { reply } = await performUnder('createUser', [fault]);
      expect([fault, reply.state === 'done']).toEqual([
        fault,
        fault === 'none' || fault === 'throttledBefore',
      ]);
    }
  });
});

/** One fault alone: creations are never repeated, what may be repeated is, and goes well the second time. */
function expectedState(name: CaseName, fault: Fault): Reply['state'] {
  if (fault === 'unauthorizedBefore') return 'refused';
  if (fault === 'none' || fault === 'throttledBefore') return 'done';
  return name.startsWith('create') ? 'unknown' : 'done';
}

describe('a creation', () => {
  test.each(['createUser', 'createGroup'] as const)(
    '%s is sent once unless it was throttled',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(anyFaults, async (sequence) => {
          const { world } = await performUnder(name, sequence);
          const firstClear = sequence.findIndex((fault) => fault !== 'throttledBefore');
          const sent = firstClear === -1 ? sequence.length + 1 : firstClear + 1;
          expect(world.sink.callsMade() - world.sink.costs.read).toBe(sent);
          const { users, groups } = world.sandbox.state();
          expect(users.filter(({ email }) => email === 'eve@acme.test').length).toBeLessThanOrEqual(1);
          expect(groups.filter(({ name }) => name === 'Support').length).toBeLessThanOrEqual(1);
        }),
        { numRuns: 60 },
      );
    },
  );
});

describe('a target that is not there', () => {
  test.each(caseNames)('%s is unknown, and nothing was changed', async (name) => {
    const told = await performUnder(name, Array<Fault>(20).fill('resetBefore'));
    expect([told.reply.state, told.isUntouched]).toEqual(['unknown', true]);
  });

  test.each(caseNames)('%s is unknown also when each sending was carried out', async (name) => {
    const told = await performUnder(name, Array<Fault>(20).fill('resetAfter'));
    expect([told.reply.state, told.inEffect]).toEqual(['unknown', true]);
  });
});
