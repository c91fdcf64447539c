import { describe, expect, test } from 'vitest';
import type { RetoolSeed } from '../../../src/sandbox/index.ts';
import { rollback } from '../../../src/run/rollback.ts';
import { startInProcess, type InProcess } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';
import { codesOf, kindsOf, synced } from '../../support/stories.ts';

const never = new AbortController().signal;
const day = 24 * 3_600_000;
const user = { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.name.familyName' };
const home = '5c7f2f0e-3f0f-4d5c-9d8e-0f2f6d2a1b3c';
const orders = '6d8f2f0e-3f0f-4d5c-9d8e-0f2f6d2a1b3d';

/** What rules can name. */
const catalogue: RetoolSeed = {
  folders: [
    { id: 'app_1', name: 'root', type: 'app' },
    { id: 'app_7', name: 'Sales', type: 'app', parentId: 'app_1' },
    { id: 'app_8', name: 'Reports', type: 'app', parentId: 'app_7' },
    { id: 'app_9', name: 'Reports', type: 'app', parentId: 'app_1' },
  ],
  apps: [
    { id: home, name: 'Sales home', folderId: 'app_7' },
    { id: orders, name: 'Orders', folderId: 'app_8' },
  ],
  resources: [{ id: '7e8f2f0e-3f0f-4d5c-9d8e-0f2f6d2a1b3e', name: 'warehouse' }],
  resourceConfigurations: [
    {
      id: '8f8f2f0e-3f0f-4d5c-9d8e-0f2f6d2a1b3f',
      resourceId: '7e8f2f0e-3f0f-4d5c-9d8e-0f2f6d2a1b3e',
      environment: 'production',
    },
  ],
};

async function started(
  rule: Readonly<Record<string, unknown>>,
  { config = {}, retool = {} }: { readonly config?: object; readonly retool?: RetoolSeed } = {},
): Promise<InProcess> {
  const groups = [{ match: 'retool-(?P<team>[a-z]+)', to: '${team}', create: true, ...rule }];
  return startInProcess({
    sources: ['staff'],
    config: { mapping: { user, groups }, ...config },
    retool: { ...catalogue, ...retool },
  });
}

function says(bridge: InProcess, people: readonly Staff[], more: readonly string[] = []): void {
  bridge.says({ staff: scim(people, more) });
}

function grantsOf(bridge: InProcess, name: string): readonly string[] {
  const { groups, grants } = bridge.retool.state();
  const id = groups.find((group) => group.name === name)?.id;
  return grants
    .flatMap(({ subject, grant }) =>
      subject.id === id ? [`${grant.access_level} ${grant.type} ${grant.id}`] : [],
    )
    .toSorted();
}

function groupNamed(bridge: InProcess, name: string) {
  return bridge.retool.state().groups.find((group) => group.name === name);
}

const ann: Staff = { id: 'ann', groups: ['retool-sales'] };
/** The same rules again, with others about the group. */
const reviewed = 'approved';

describe('grants', () => {
  const grants = [
    { folder: 'Sales', level: 'use' },
    { folder: 'root/Sales/Reports', level: 'edit' },
    { app: 'Orders', level: 'use' },
    { resource: 'warehouse', level: 'use' },
    { resourceConfiguration: 'warehouse/production', level: 'use' },
  ];

  test('give a mapped group what rules name, by name, path or id, and are kept', async () => {
    const bridge = await started({ grants });
    says(bridge, [ann]);
    const record = await synced(bridge);
    expect(record.plan.summary).toMatchObject({ grantAccess: 5 });
    expect(grantsOf(bridge, 'sales')).toEqual([
      'edit folder app_8',
      'use app 6d8f2f0e-3f0f-4d5c-9d8e-0f2f6d2a1b3d',
      'use folder app_7',
      'use resource 7e8f2f0e-3f0f-4d5c-9d8e-0f2f6d2a1b3e',
      'use resource_configuration 8f8f2f0e-3f0f-4d5c-9d8e-0f2f6d2a1b3f',
    ]);

    bridge.retool.hand.setGrant(groupNamed(bridge, 'sales')?.id ?? 0, { type: 'folder', id: 'app_7' }, 'own');
    const repaired = await synced(bridge);
    expect(repaired.plan.operations).toMatchObject([
      { kind: 'grantAccess', reason: { code: 'drift' }, before: { level: 'own' }, after: { level: 'use' } },
    ]);
  });

  test('that somebody else gave stay, and only ours are taken back', async () => {
    const bridge = await started(
      { grants: [{ folder: 'Sales', level: 'use' }] },
      {
        retool: {
          groups: [{ name: 'sales' }],
          grants: [
            { group: 'sales', type: 'app', id: orders, access_level: 'own' },
            { group: 'sales', type: 'folder', id: 'app_7', access_level: 'use' },
          ],
        },
      },
    );
    says(bridge, [ann]);
    expect(kindsOf(await synced(bridge))).toContain('adopt:sales on folder app_7');
    const other = await started({ grants: [] });
    const parts = { ...bridge.parts(), mapping: other.config.mapping };
    const next: InProcess = { ...bridge, parts: () => parts };
    const { reconcile } = await import('../../../src/run/reconcile.ts');
    const { plan } = await reconcile(next.parts(), { kind: 'dryRun', target: 'mustMatch' }, never);
    expect(plan.operations).toMatchObject([
      { kind: 'revokeAccess', reason: { code: 'noRule' }, before: { object: { id: 'app_7' } } },
    ]);
    expect(plan.violations).toMatchObject([{ class: 'configuration' }]);
    const request = { kind: 'apply', target: 'mustMatch', plan, approve: plan.fingerprint } as const;
    await reconcile(next.parts(), request, never);
    expect(grantsOf(bridge, 'sales')).toEqual([`own app ${orders}`]);
    expect(
      (await reconcile(next.parts(), { kind: 'dryRun', target: 'mustMatch' }, never)).plan.operations,
    ).toEqual([]);
  });

  test('of what is not there, or has a name that others have, are reported and nothing is guessed', async () => {
    const bridge = await started({
      grants: [
        { folder: 'Reports', level: 'use' },
        { app: 'Nowhere', level: 'use' },
      ],
    });
    says(bridge, [ann]);
    const record = await bridge.sync();
    expect(record.status).toBe('partial');
    expect(codesOf(record)).toEqual(['ambiguousObject', 'noSuchObject']);
    expect(grantsOf(bridge, 'sales')).toEqual([]);
  });

  test('at the level own wait for an approval while no applied configuration had them', async () => {
    const bridge = await started({});
    says(bridge, [ann]);
    await synced(bridge);
    const owning = await started({ grants: [{ app: 'Orders', level: 'own' }] });
    const { reconcile } = await import('../../../src/run/reconcile.ts');
    const parts = { ...bridge.parts(), mapping: owning.config.mapping };
    const held = await reconcile(parts, { kind: 'sync', target: 'mustMatch' }, never);
    expect(held.status).toBe('held');
    expect(held.plan.violations).toMatchObject([{ class: 'approval' }]);
    expect(grantsOf(bridge, 'sales')).toEqual([]);
  });

  test('are undone by a rollback', async () => {
    const bridge = await started({ grants }, { retool: { groups: [{ name: 'sales' }] } });
    says(bridge, [ann]);
    const { id } = await synced(bridge);
    const { plan } = await rollback(bridge.parts(), { id, email: null }, never);
    const undone = await bridge.run({ kind: 'apply', target: 'mustMatch', plan, approve: plan.fingerprint });
    expect(undone.outcomes.filter(({ kind }) => kind === 'revokeAccess')).toHaveLength(5);
    expect(grantsOf(bridge, 'sales')).toEqual([]);
  });
});

describe('groups', () => {
  test('get flags and a landing page from their rule, when made and later', async () => {
    const bridge = await started({ flags: { userList: true, theme: false }, landingPage: 'Sales home' });
    says(bridge, [ann]);
    await synced(bridge);
    expect(groupNamed(bridge, 'sales')).toMatchObject({
      user_list_access: true,
      theme_access: false,
      landing_page_app_id: home,
    });

    bridge.retool.hand.updateGroup(groupNamed(bridge, 'sales')?.id ?? 0, {
      user_list_access: false,
      audit_log_access: true,
      landing_page_app_id: orders,
    });
    const repaired = await synced(bridge);
    expect(repaired.plan.operations).toMatchObject([
      {
        kind: 'updateGroup',
        before: { user_list_access: false, landing_page_app_id: orders },
        after: { user_list_access: true, landing_page_app_id: home },
      },
    ]);
    expect(groupNamed(bridge, 'sales')).toMatchObject({ audit_log_access: true });
  });

  test('with a landing page that is not there are made without it, and that is reported', async () => {
    const bridge = await started({ landingPage: 'Nowhere' });
    says(bridge, [ann]);
    const record = await bridge.sync();
    expect([record.status, codesOf(record)]).toEqual(['partial', ['noSuchObject']]);
    expect(groupNamed(bridge, 'sales')).toMatchObject({ landing_page_app_id: null });
  });

  test('that we made are deleted when nothing calls for them, by policy alone', async () => {
    for (const policy of ['never', 'owned']) {
      const bridge = await started({}, { config: { groups: { delete: policy } } });
      says(bridge, [ann, { id: 'ben' }]);
      await synced(bridge);
      says(bridge, [{ id: 'ann' }, { id: 'ben' }]);
      // Its one source group is gone, and with it all groups: the source still shows another.
      bridge.says({ staff: scim([{ id: 'ann' }, { id: 'ben' }], ['other']) });
      const record = await synced(bridge, reviewed);
      expect([policy, kindsOf(record)]).toEqual([
        policy,
        policy === 'owned' ? ['deleteGroup:sales'] : ['removeMember:ann@acme.com in sales'],
      ]);
    }
  });

  test('in which somebody else is are not deleted', async () => {
    const users = [{ email: 'guest@acme.com', firstName: 'G', lastName: 'H' }];
    const bridge = await started({}, { config: { groups: { delete: 'owned' } }, retool: { users } });
    says(bridge, [ann]);
    await synced(bridge);
    const guest = bridge.retool.state().users.find(({ email }) => email === 'guest@acme.com')?.id ?? '';
    bridge.retool.hand.addMember(groupNamed(bridge, 'sales')?.id ?? 0, guest);
    bridge.says({ staff: scim([{ id: 'ann' }], ['other']) });
    const record = await synced(bridge, reviewed);
    expect(kindsOf(record)).toEqual(['removeMember:ann@acme.com in sales']);
    expect(codesOf(record)).toEqual(['groupNotEmpty']);
    expect(groupNamed(bridge, 'sales')?.memberIds).toEqual([guest]);
  });
});

describe('attributes', () => {
  const attributes = { cost_center: 'user.enterprise.department', department: 'user.title' };

  test('that Retool lacks are defined before they are written, when the configuration says so', async () => {
    const bridge = await startInProcess({
      sources: ['staff'],
      config: { mapping: { user, attributes }, attributeDefinitions: 'missing' },
    });
    says(bridge, [{ id: 'ann', department: 'C7', title: 'Sales' }]);
    const record = await synced(bridge);
    expect(record.plan.operations).toMatchObject([
      { kind: 'createAttribute', after: { name: 'cost_center', label: 'Cost center', data_type: 'string' } },
      { kind: 'createUser', dependsOn: ['createAttribute:cost_center'] },
    ]);

    const refusing = await startInProcess({ sources: ['staff'], config: { mapping: { user, attributes } } });
    says(refusing, [{ id: 'ann' }]);
    await expect(refusing.sync()).rejects.toMatchObject({ code: 'attributeUndefined' });
  });

  test.each([
    { dataType: 'number', fits: '4.5', misfit: 'four' },
    { dataType: 'json', fits: '{"a":1}', misfit: '{a' },
  ] as const)('of the type $dataType take no other value', async ({ dataType, fits, misfit }) => {
    const userAttributes = [{ name: 'level', label: 'Level', dataType }];
    const config = { mapping: { user, attributes: { level: 'user.title' } } };
    const bridge = await startInProcess({ sources: ['staff'], config, retool: { userAttributes } });
    says(bridge, [
      { id: 'ann', title: fits },
      { id: 'ben', title: misfit },
    ]);
    expect(codesOf(await synced(bridge))).toEqual(['attributeType']);
    says(bridge, [
      { id: 'ann', title: misfit },
      { id: 'ben', title: misfit },
    ]);
    expect(codesOf(await synced(bridge))).toEqual(['attributeType', 'attributeType']);
    const held = bridge.retool.state().users.find(({ email }) => email === 'ann@acme.com');
    expect(held?.metadata).toEqual({ level: fits });
  });
});

describe('access requests', () => {
  const seed: RetoolSeed = {
    accessRequests: [{ email: 'ann@acme.com' }, { email: 'gone@acme.com' }, { email: 'stranger@acme.com' }],
  };
  const people: readonly Staff[] = [{ id: 'ann' }, { id: 'gone', active: false }];

  function statuses(bridge: InProcess): readonly string[] {
    return bridge.retool.state().accessRequests.map(({ status }) => status);
  }

  test('are left to the admins unless the configuration answers them, and are not even read', async () => {
    const bridge = await startInProcess({ sources: ['staff'], retool: seed });
    says(bridge, people);
    await synced(bridge);
    expect(statuses(bridge)).toEqual(['PENDING', 'PENDING', 'PENDING']);
    expect(bridge.retool.log.count('GET', /access_requests/)).toBe(0);
  });

  test('are approved for people in scope and denied to the others', async () => {
    const accessRequests = { inScope: 'approve', outOfScope: 'deny' };
    const bridge = await startInProcess({ sources: ['staff'], config: { accessRequests }, retool: seed });
    says(bridge, people);
    const record = await synced(bridge);
    expect(record.plan.summary).toMatchObject({ decideAccessRequest: 3, createUser: 1 });
    expect(statuses(bridge)).toEqual(['APPROVED', 'DENIED', 'DENIED']);
  });

  test('are not denied while a source could not be read whole', async () => {
    const accessRequests = { inScope: 'approve', outOfScope: 'deny' };
    const bridge = await startInProcess({ sources: ['staff'], config: { accessRequests }, retool: seed });
    const document = JSON.parse(scim([{ id: 'ann' }]));
    bridge.says({
      staff: JSON.stringify({ ...document, Users: [...document.Users, { userName: 'no id' }] }),
    });
    await bridge.sync();
    expect(statuses(bridge)).toEqual(['APPROVED', 'PENDING', 'PENDING']);
  });
});

describe('an address that changes', () => {
  async function moved(retool: RetoolSeed = {}): Promise<InProcess> {
    const config = { onEmailChange: 'replace' };
    const bridge = await startInProcess({ sources: ['staff'], config, retool });
    says(bridge, [{ ...ann, department: 'Sales' }]);
    await synced(bridge);
    const lunch = bridge.retool.hand.addGroup({ name: 'lunch' });
    bridge.retool.hand.addMember(lunch, idOf(bridge, 'ann@acme.com'));
    says(bridge, [{ ...ann, email: 'ann.byron@acme.com', department: 'Sales' }]);
    return bridge;
  }

  function idOf(bridge: InProcess, wanted: string): string {
    return bridge.retool.state().users.find(({ email }) => email === wanted)?.id ?? '';
  }

  test('leads to a new account with what the old one had, which is then disabled, once approved', async () => {
    const bridge = await moved();
    const held = await bridge.sync();
    expect([held.status, held.plan.violations[0]?.class]).toEqual(['held', 'approval']);
    expect(bridge.retool.state().users).toHaveLength(2);

    const record = await synced(bridge, reviewed);
    expect(kindsOf(record)).toEqual([
      'createUser:ann.byron@acme.com',
      'addMembers:lunch',
      'addMembers:sales',
      'deactivateUser:ann@acme.com',
    ]);
    const { users, groups } = bridge.retool.state();
    expect(users.map(({ email, active }) => [email, active])).toEqual([
      ['ann.byron@acme.com', true],
      ['ann@acme.com', false],
      ['owner@acme.com', true],
    ]);
    const fresh = idOf(bridge, 'ann.byron@acme.com');
    expect(groups.filter(({ memberIds }) => memberIds.includes(fresh)).map(({ name }) => name)).toEqual([
      'All Users',
      'sales',
      'lunch',
    ]);
    // What nobody's rule gave is not ours to take.
    says(bridge, [{ id: 'ann', email: 'ann.byron@acme.com', department: 'Sales' }], ['retool-sales']);
    expect(kindsOf(await synced(bridge))).toEqual(['removeMember:ann.byron@acme.com in sales']);
  });

  test('is finished by the next run when the old account could not be disabled', async () => {
    const bridge = await moved();
    const { plan } = await bridge.plan();
    const half = { ...plan, operations: plan.operations.filter(({ kind }) => kind !== 'deactivateUser') };
    const { fingerprintOf } = await import('../../../src/plan/fingerprint.ts');
    const fingerprint = fingerprintOf(half);
    const request = { kind: 'apply', target: 'mustMatch', approve: fingerprint } as const;
    await bridge.run({ ...request, plan: { ...half, fingerprint } });
    const rest = await synced(bridge);
    expect(rest.plan.operations).toMatchObject([{ kind: 'deactivateUser', reason: { code: 'replaced' } }]);
  });

  test('is only reported when somebody has the new address', async () => {
    const bridge = await moved({ users: [{ email: 'ann.byron@acme.com', firstName: 'B', lastName: 'B' }] });
    expect(codesOf(await bridge.sync())).toEqual(['emailChanged']);
  });
});

describe('dormant accounts', () => {
  async function withUser(lastActive: string | null, action: string): Promise<InProcess> {
    const users = [{ email: 'ann@acme.com', firstName: 'Ada', lastName: 'Byron', lastActive }];
    // oxlint-disable-next-line unicorn/no-thenable -- a key of the configuration
    const config = { dormant: { after: '90d', then: action } };
    const bridge = await startInProcess({ sources: ['staff'], config, retool: { users } });
    says(bridge, [{ id: 'ann' }]);
    return bridge;
  }
  const long = new Date(Date.UTC(2026, 0, 5) - 100 * day).toISOString();

  test('are reported, and nothing is done to them', async () => {
    const bridge = await withUser(long, 'report');
    const record = await synced(bridge);
    expect([kindsOf(record), codesOf(record)]).toEqual([['adopt:ann@acme.com'], ['dormant']]);
    expect(codesOf(await synced(await withUser(null, 'disable')))).toEqual([]);
  });

  test('are disabled when the rule says so, and not switched on again before somebody does', async () => {
    const bridge = await withUser(long, 'disable');
    await bridge.sync();
    const record = await synced(bridge);
    expect(kindsOf(record)).toEqual(['deactivateUser:ann@acme.com']);
    expect(codesOf(await synced(bridge))).toEqual(['dormant']);

    const id = bridge.retool.state().users.find(({ email }) => email === 'ann@acme.com')?.id ?? '';
    bridge.retool.hand.updateUser(id, {
      active: true,
      lastActive: new Date(bridge.clock.now()).toISOString(),
    });
    expect(kindsOf(await synced(bridge))).toEqual(['adopt:ann@acme.com']);
  });
});
