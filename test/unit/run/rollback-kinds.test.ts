import { describe, expect, test } from 'vitest';
import type { OperationKind } from '../../../src/model/operation.ts';
import type { RunRecord } from '../../../src/model/outcome.ts';
import { digestOf } from '../../../src/runtime/digest.ts';
import { startInProcess, type InProcess } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';
import { held, undo, type Held } from './undo.ts';

/*
 * A run with one operation of a kind alone, and what undoing it leads to. The tables are total: a new kind does not
 * compile until it is said here what becomes of it.
 */

const group = {
  match: 'retool-(?P<team>[a-z]+)',
  to: '${team}',
  create: true,
  access: { apps: 'use', resources: 'use', workflows: 'none', queryLibrary: 'none' },
  admins: 'retool-${team}-owners',
};
const config = {
  mapping: {
    user: { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.name.familyName' },
    attributes: { department: 'user.enterprise.department' },
    groups: [group],
  },
};

const ann: Staff = { id: 'ann', department: 'Ops', groups: ['retool-fin', 'retool-fin-owners'] };
const ben: Staff = { id: 'ben', department: 'Ops', groups: ['retool-fin'] };
const cat: Staff = { id: 'cat', groups: ['retool-ops'] };

/** An account that was there before the bridge. */
const old = { email: 'old@acme.com', firstName: 'Ada', lastName: 'Byron' };

interface Case {
  /** What happens before, besides that Ann, Ben and Cat were synchronised. */
  readonly first?: (bridge: InProcess) => Promise<unknown> | void;
  /** Brings about a run with an operation of this kind and of no other. */
  readonly run: (bridge: InProcess) => Promise<RunRecord>;
  /** What stays, since Retool has no way to take it back; absent: nothing. */
  readonly stays?: (held: Held) => Held;
  /** How that is listed. */
  readonly cannotUndo?: string;
}

/** A sync of these people. */
const sync =
  (people: readonly Staff[], more: readonly string[] = []) =>
  (bridge: InProcess): Promise<RunRecord> => {
    bridge.says({ staff: scim(people, more) });
    return bridge.sync();
  };

const adopting = sync([ann, ben, cat, { id: 'old' }]);

/** Kinds that this table leaves out, and why. */
const elsewhere = {
  inviteUser: 'invites.test.ts',
  addInvitesToGroup: 'invites.test.ts',
  removeInviteFromGroup: 'invites.test.ts',
  grantAccess: 'access to single objects needs reads of its own',
  revokeAccess: 'access to single objects needs reads of its own',
  deleteGroup: 'cannot be undone',
  createAttribute: 'cannot be undone',
  reissueInvite: 'cannot be undone',
  revokeInvite: 'cannot be undone',
  decideAccessRequest: 'cannot be undone',
} as const;

const cases: Readonly<Record<Exclude<OperationKind, keyof typeof elsewhere>, Case>> = {
  adopt: { run: adopting },
  release: { first: adopting, run: (bridge) => undo(bridge) },
  createUser: {
    run: sync([ann, ben, cat, { id: 'fay', department: 'Ops' }]),
    stays: ({ users: { 'fay@acme.com': fay, ...users }, groups }) => {
      expect(fay).toMatchObject({ active: false });
      return { users, groups };
    },
  },
  updateUser: { run: sync([{ ...ann, family: 'Lovelace' }, ben, cat]) },
  deactivateUser: { run: sync([ann, { ...ben, active: false }, cat]) },
  reactivateUser: { first: sync([ann, { ...ben, active: false }, cat]), run: sync([ann, ben, cat]) },
  setAttributes: { run: sync([{ ...ann, department: 'Law' }, ben, cat]) },
  clearAttributes: { run: sync([{ id: 'ann', groups: ann.groups ?? [] }, ben, cat]) },
  createGroup: {
    run: sync([ann, ben, cat], ['retool-data']),
    stays: ({ users, groups: { data, ...groups } }) => {
      expect(data).toMatchObject({ members: [], admins: [] });
      return { users, groups };
    },
    cannotUndo: 'createGroup:data is not undone: "data" stays, since a rollback deletes no group',
  },
  updateGroup: {
    first: ({ retool }) => {
      const fin = retool.state().groups.find(({ name }) => name === 'fin');
      retool.hand.updateGroup(fin?.id ?? -1, { universal_app_access: 'edit' });
    },
    run: (bridge) => bridge.sync(),
  },
  addMembers: { run: sync([ann, ben, { ...cat, groups: ['retool-ops', 'retool-fin'] }]) },
  removeMember: { run: sync([ann, { id: 'ben', department: 'Ops' }, cat]) },
  setGroupAdmin: { run: sync([ann, { ...ben, groups: ['retool-fin', 'retool-fin-owners'] }, cat]) },
};

async function organisation(): Promise<InProcess> {
  const bridge = await startInProcess({ sources: ['staff'], config, retool: { users: [old] } });
  bridge.says({ staff: scim([ann, ben, cat]) });
  await bridge.sync();
  return bridge;
}

/** What is ours: which accounts, with which links, and which memberships. */
function ours({ store }: InProcess): object {
  const { accounts, links, groups } = store.memory(0);
  return {
    accounts: [...accounts.values()].map(({ email, origin }) => `${email} ${origin}`).toSorted(),
    links: links.map(({ type, externalId, targetId }) => `${type} ${externalId} ${targetId}`).toSorted(),
    members: [...groups.values()]
      .map(({ name, members }) => `${name} ${[...members].toSorted().join()}`)
      .toSorted(),
  };
}

describe.each(Object.entries(cases))('undoing %s', (kind, { first, run, stays, cannotUndo }) => {
  test('leads back to the digest of before', async () => {
    const bridge = await organisation();
    await first?.(bridge);
    const before = { digest: digestOf(held(bridge)), ours: ours(bridge) };
    const record = await run(bridge);
    expect(new Set(record.plan.operations.map((one) => one.kind))).toEqual(new Set([kind]));
    expect(record.outcomes.filter(({ state }) => state !== 'applied')).toEqual([]);
    // What only changes whose things are leaves Retool as it is.
    const isSeen = kind !== 'adopt' && kind !== 'release';
    expect(digestOf(held(bridge)) !== before.digest).toBe(isSeen);

    const undone = await undo(bridge, record.id);

    expect(undone.outcomes.filter(({ state }) => state !== 'applied')).toEqual([]);
    expect(digestOf(stays?.(held(bridge)) ?? held(bridge))).toBe(before.digest);
    expect(undone.plan.skips.map(({ text }) => text)).toEqual(cannotUndo === undefined ? [] : [cannotUndo]);
    expect(stays === undefined ? ours(bridge) : before.ours).toEqual(before.ours);
  });

  test('can be undone in its turn', async () => {
    const bridge = await organisation();
    await first?.(bridge);
    const record = await run(bridge);
    const after = digestOf(held(bridge));
    const undone = await undo(bridge, record.id);

    await undo(bridge, undone.id);

    expect(digestOf(held(bridge))).toBe(after);
  });
});
