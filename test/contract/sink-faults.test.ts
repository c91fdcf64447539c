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
import { caseNames, extrasIn, making, operationFor, organisation, type CaseName } from './sink-operations.ts';

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
  const before = await sink.readExtras(await sink.read(never), extrasIn(sandbox.state()), never);
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
    invites: state.invites.map((invite) => ({
      id: String(invite.id),
      email: invite.invited_email,
      claimed: invite.claimed_at !== null,
      claimedBy: invite.claimed_by,
      expiresAt: invite.expires_at,
      groups: new Set(invite.groups.map(({ id }) => String(id))),
      metadata: invite.metadata ?? {},
    })),
    attributes: state.attributes.map(({ name, data_type: dataType, default_value: defaultValue }) => ({
      name,
      dataType,
      defaultValue,
    })),
    grants: new Map(
      state.groups.map(({ id }) => [
        String(id),
        state.grants.flatMap(({ subject, grant: { type, id: object, access_level: level } }) =>
          subject.id === id && type !== 'screen' ? [{ type, id: object, level }] : [],
        ),
      ]),
    ),
    accessRequests: state.accessRequests.flatMap(({ id, requesting_email: email, status }) =>
      status === 'PENDING' ? [{ id: String(id), email, status }] : [],
    ),
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
  return making.has(name) ? 'unknown' : 'done';
}

describe('a creation', () => {
  test.each(['createUser', 'createGroup', 'inviteUser'] as const)(
    '%s is sent once unless it was throttled',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(anyFaults, async (sequence) => {
          const { world } = await performUnder(name, sequence);
          const firstClear = sequence.findIndex((fault) => fault !== 'throttledBefore');
          const sent = firstClear === -1 ? sequence.length + 1 : firstClear + 1;
          const { read, extra } = world.sink.costs;
          const reads = read + extra(extrasIn(world.sandbox.state()));
          expect(world.sink.callsMade() - reads).toBe(sent);
          const { users, groups, invites } = world.sandbox.state();
          const invited = invites.filter(({ invited_email }) => invited_email === 'new@acme.test');
          expect(invited.length).toBeLessThanOrEqual(1);
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

  // Of the two calls of reissueInvite only the first is sent.
  const whole = caseNames.filter((name) => name !== 'reissueInvite');
  test.each(whole)('%s is unknown also when each sending was carried out', async (name) => {
    const told = await performUnder(name, Array<Fault>(20).fill('resetAfter'));
    expect([told.reply.state, told.inEffect]).toEqual(['unknown', true]);
  });
});
