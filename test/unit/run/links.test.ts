import { describe, expect, test } from 'vitest';
import type { LinkChange } from '../../../src/model/links.ts';
import { linkChangeText, linksText } from '../../../src/report/links.ts';
import { link, type LinkOrder } from '../../../src/run/links/link.ts';
import { linksOf } from '../../../src/run/links/list.ts';
import { unlink, type UnlinkOrder } from '../../../src/run/links/unlink.ts';
import { startInProcess, type InProcess, type InProcessOptions } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';

async function settled(
  people: readonly Staff[],
  options: Partial<InProcessOptions> = {},
): Promise<InProcess> {
  const bridge = await startInProcess({ sources: ['staff'], ...options });
  bridge.says({ staff: scim(people) });
  await bridge.sync();
  return bridge;
}

const signal = new AbortController().signal;

function linkUser(bridge: InProcess, who: string, externalId: string, source = 'staff'): Promise<LinkChange> {
  return link(bridge.parts(), { target: { type: 'user', who }, source, externalId, by: 'root' }, signal);
}

function undo(
  bridge: InProcess,
  target: UnlinkOrder['target'],
  source: string | null = null,
): Promise<LinkChange> {
  return unlink(bridge.parts(), { target, source, by: 'root' });
}

const linked = (bridge: InProcess): readonly string[] =>
  linksOf(bridge.store, bridge.config.mapping.precedence, null).map(
    ({ name, source, externalId, record }) => `${name} ${source}:${externalId} ${record}`,
  );

const idOf = (bridge: InProcess, email: string): string =>
  bridge.retool.state().users.find((user) => user.email === email)?.id ?? 'nobody';

const isActive = (bridge: InProcess, email: string): boolean | undefined =>
  bridge.retool.state().users.find((user) => user.email === email)?.active;

async function conflictsOf(bridge: InProcess): Promise<readonly string[]> {
  return (await bridge.plan()).plan.conflicts.map(({ code, subject }) => `${code} ${subject.key}`);
}

describe('links', () => {
  test('are listed by name, with what the last read still shows', async () => {
    const bridge = await settled([{ id: 'ann', groups: ['retool-sales'] }, { id: 'ben' }]);
    bridge.says({ staff: scim([{ id: 'ann', groups: ['retool-sales'] }]) });
    await bridge.sync();
    expect(linked(bridge)).toEqual([
      'sales staff:g-retool-sales read',
      'ann@acme.com staff:ann read',
      'ben@acme.com staff:ben notRead',
    ]);
    const sources = ['staff'];
    for (const asked of ['Ann@acme.com', 'staff:ann', idOf(bridge, 'ann@acme.com')])
      expect(linksOf(bridge.store, sources, asked).map(({ name }) => name)).toEqual(['ann@acme.com']);
    expect(linksText(linksOf(bridge.store, [], null))).toContain('the configuration has no such source');
  });
});

describe('link', () => {
  test('gives an address that was passed on to the record it belongs to now', async () => {
    const bridge = await settled([{ id: 'ann' }]);
    bridge.says({ staff: scim([{ id: 'ann2', email: 'ann@acme.com' }]) });
    expect(await conflictsOf(bridge)).toEqual(['addressReused ann@acme.com']);
    const change = await linkUser(bridge, 'ann@acme.com', 'ann2');
    expect(change.done).toEqual([
      `ann@acme.com (${idOf(bridge, 'ann@acme.com')}) is linked to staff:ann2`,
      'the link to staff:ann is undone: an account has one record in each source',
    ]);
    expect(change.conflicts).toEqual([]);
    expect(await conflictsOf(bridge)).toEqual([]);
    await bridge.sync();
    expect(linked(bridge)).toEqual(['ann@acme.com staff:ann2 read']);
    expect(isActive(bridge, 'ann@acme.com')).toBe(true);
  });

  test('releases once an account that somebody disabled by hand', async () => {
    const bridge = await settled([{ id: 'ann' }]);
    const disable = (): void =>
      bridge.retool.hand.updateUser(idOf(bridge, 'ann@acme.com'), { active: false });
    disable();
    await bridge.sync();
    const change = await linkUser(bridge, 'ann@acme.com', 'ann');
    expect(change.next?.map(({ id }) => id)).toEqual(['reactivateUser:ann@acme.com']);
    expect(linkChangeText(change)).toContain('may be switched on again, once');
    await bridge.sync();
    expect(isActive(bridge, 'ann@acme.com')).toBe(true);
    disable();
    await bridge.sync();
    expect(isActive(bridge, 'ann@acme.com')).toBe(false);
    expect(await conflictsOf(bridge)).toEqual(['disabledByHand ann@acme.com']);
  });

  test('takes an account over that was never ours, disabled or not', async () => {
    const bridge = await startInProcess({
      sources: ['staff'],
      config: { adopt: 'none' },
      retool: { users: [{ email: 'ann@acme.com', firstName: 'Ada', lastName: 'Byron', active: false }] },
    });
    bridge.says({ staff: scim([{ id: 'ann' }]) });
    expect(await conflictsOf(bridge)).toEqual(['unmanagedAccount ann@acme.com']);
    await linkUser(bridge, 'ann@acme.com', 'ann');
    await bridge.sync();
    expect(isActive(bridge, 'ann@acme.com')).toBe(true);
  });

  test('lets a source group take over what another of the same name fed', async () => {
    const bridge = await settled([{ id: 'ann', groups: ['retool-sales'] }, { id: 'ben' }]);
    const again = scim([{ id: 'ann' }, { id: 'ben', groups: ['retool-sales'] }]).replaceAll(
      'g-retool-sales',
      'g-new',
    );
    bridge.says({ staff: again });
    expect(await conflictsOf(bridge)).toEqual(['sourceGroupReplaced sales']);
    const order: LinkOrder = {
      target: { type: 'group', name: 'sales' },
      source: 'staff',
      externalId: 'g-new',
      by: 'root',
    };
    const change = await link(bridge.parts(), order, signal);
    expect(change.done).toEqual([
      'the Retool group "sales" is fed by staff:g-new',
      'the link to staff:g-retool-sales is undone: that source group is gone',
    ]);
    expect(change.conflicts).toEqual([]);
    await bridge.sync();
    const members = bridge.retool.state().groups.find(({ name }) => name === 'sales')?.memberIds;
    expect(members).toEqual([idOf(bridge, 'ben@acme.com')]);
  });

  test('stands in the audit chain with who ordered it', async () => {
    const bridge = await settled([{ id: 'ann' }]);
    await linkUser(bridge, 'ann@acme.com', 'ann');
    const record = [...bridge.store.auditRecords()].at(-1);
    expect(record).toMatchObject({
      event: 'link',
      accounts: [idOf(bridge, 'ann@acme.com')],
      source: 'staff',
    });
    expect(bridge.store.auditNames().get(record?.by ?? '')).toBe('root');
    expect(bridge.store.verifyAudit(null).state).toBe('whole');
  });

  test.each([
    ['an account that is not there', 'zoe@acme.com', 'ann', 'staff', /^Retool has no account zoe@acme\.com$/],
    ['a record that is not there', 'ann@acme.com', 'zoe', 'staff', /^staff has nobody with the id zoe$/],
    ['a source that is not there', 'ann@acme.com', 'ann', 'okta', /^the configuration has no source okta$/],
    [
      'a record that is linked to another account',
      'ann@acme.com',
      'ben',
      'staff',
      /^staff:ben is linked to ben@acme\.com \(user_\w+\) already$/,
    ],
    ['a protected account', 'owner@acme.com', 'ann', 'staff', /^owner@acme\.com is protected/],
  ])('refuses %s, and writes nothing', async (_, who, id, source, message) => {
    const bridge = await settled([{ id: 'ann' }, { id: 'ben' }]);
    const before = linked(bridge);
    await expect(linkUser(bridge, who, id, source)).rejects.toThrow(message);
    expect(linked(bridge)).toEqual(before);
  });

  test('refuses an account under an id that no request can carry', async () => {
    const bridge = await settled([{ id: 'ann' }]);
    const parts = bridge.parts();
    const read: typeof parts.sink.read = async (aborted) => {
      const current = await parts.sink.read(aborted);
      return { ...current, users: current.users.map((user) => ({ ...user, id: '..', unusable: true })) };
    };
    const target = { type: 'user', who: 'ann@acme.com' } as const;
    const linking = link(
      { ...parts, sink: { ...parts.sink, read } },
      { target, source: 'staff', externalId: 'ann', by: 'root' },
      signal,
    );
    await expect(linking).rejects.toThrow('ann@acme.com has an id in Retool that no request can carry: ".."');
  });

  test('refuses while a run holds the state', async () => {
    const bridge = await settled([{ id: 'ann' }]);
    const lock = bridge.store.lock();
    await expect(linkUser(bridge, 'ann@acme.com', 'ann')).rejects.toMatchObject({ code: 'stateLocked' });
    lock.release();
  });

  test('names the unlink that has to come before, which then settles two accounts of one person', async () => {
    const bridge = await startInProcess({ sources: ['okta', 'staff'] });
    bridge.says({ okta: scim([{ id: 'a1', email: 'a1@acme.com' }]), staff: scim([{ id: 'ann' }]) });
    await bridge.sync();
    bridge.says({ okta: scim([{ id: 'a1', email: 'ann@acme.com' }]), staff: scim([{ id: 'ann' }]) });
    expect(await conflictsOf(bridge)).toEqual(['linkedTwice ann@acme.com']);
    await expect(linkUser(bridge, 'ann@acme.com', 'a1', 'okta')).rejects.toMatchObject({
      remedy: 'If that is wrong, undo it first: `retool-bridge unlink a1@acme.com --source okta`.',
    });
    await undo(bridge, { type: 'user', who: 'a1@acme.com' }, 'okta');
    await linkUser(bridge, 'ann@acme.com', 'a1', 'okta');
    expect(await conflictsOf(bridge)).toEqual([]);
    await bridge.sync();
    expect(linked(bridge)).toEqual(['ann@acme.com okta:a1 read', 'ann@acme.com staff:ann read']);
  });
});

describe('unlink', () => {
  test('forgets an account that Retool lost, so that the person gets another', async () => {
    const bridge = await settled([{ id: 'ann' }]);
    await undo(bridge, { type: 'user', who: 'ann@acme.com' });
    expect(linked(bridge)).toEqual([]);
    expect(bridge.store.memory(0).accounts.size).toBe(0);
    const { plan } = await bridge.plan();
    expect(plan.operations.map(({ id }) => id)).toEqual(['adopt:ann@acme.com']);
  });

  test('keeps an account that another source still holds', async () => {
    const bridge = await startInProcess({ sources: ['okta', 'staff'] });
    bridge.says({ okta: scim([{ id: 'a1', email: 'ann@acme.com' }]), staff: scim([{ id: 'ann' }]) });
    await bridge.sync();
    const { done } = await undo(bridge, { type: 'user', who: 'ann@acme.com' }, 'okta');
    expect(done).toEqual([
      `ann@acme.com (${idOf(bridge, 'ann@acme.com')}) is not linked to okta:a1 any more`,
    ]);
    expect(bridge.store.memory(0).accounts.size).toBe(1);
  });

  test('undoes everything of a source only when the configuration has it no more', async () => {
    const bridge = await settled([{ id: 'ann', groups: ['retool-sales'] }]);
    await expect(undo(bridge, { type: 'source' }, 'staff')).rejects.toMatchObject({ code: 'badCommand' });
    bridge.store.settle(
      'run-x',
      {
        operation: 'adopt:x',
        kind: 'adopt',
        subject: { type: 'user', key: 'x', id: 'user_x' },
        state: 'applied',
        code: null,
        text: null,
        items: [],
      },
      [
        { kind: 'account', id: 'user_x', email: 'x@acme.com', origin: 'adopted' },
        { kind: 'link', link: { type: 'user', source: 'old', externalId: 'x', targetId: 'user_x' } },
      ],
      0,
    );
    const { done } = await undo(bridge, { type: 'source' }, 'old');
    expect(done[1]).toMatch(/^x@acme\.com \(user_x\) has no link left and is not managed any more/);
    expect(linked(bridge)).toEqual(['sales staff:g-retool-sales read', 'ann@acme.com staff:ann read']);
  });

  test('refuses what is linked to nothing', async () => {
    const bridge = await settled([{ id: 'ann' }]);
    await expect(undo(bridge, { type: 'user', who: 'zoe@acme.com' })).rejects.toThrow('is linked to nothing');
    await expect(undo(bridge, { type: 'user', who: 'ann@acme.com' }, 'okta')).rejects.toThrow(
      'is linked to nothing in okta',
    );
    await expect(undo(bridge, { type: 'group', name: 'sales' })).rejects.toThrow('is linked to nothing');
  });
});
