import { describe, expect, test } from 'vitest';
import { makeBundle, type BundleReport } from '../../../src/run/bundle/make.ts';
import { readBundle } from '../../../src/run/bundle/format.ts';
import { planSnapshot } from '../../../src/run/bundle/plan-snapshot.ts';
import { startInProcess, type InProcess, type InProcessOptions } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';

const mapping = {
  scope: 'user.active && !user.userName.endsWith("@ext.acme.com")',
  user: { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.name.familyName' },
  attributes: { department: 'user.enterprise.department' },
  groups: [
    { match: 'retool-(?P<team>[a-z]+)', to: '${team}', create: true },
    {
      when: 'has(user.enterprise.department) && user.enterprise.department == "Finance"',
      to: 'money',
      create: true,
    },
  ],
};

const people: readonly Staff[] = [
  {
    id: 'ann',
    given: 'Annabel',
    family: 'Featherstone',
    department: 'Finance',
    groups: ['retool-sales', 'secret-project'],
  },
  { id: 'ben', given: 'Benedict', family: 'Cholmondeley', department: 'Zoology', groups: ['retool-ops'] },
  { id: 'cyd', email: 'cyd@ext.acme.com', given: 'Cydonia', groups: ['retool-ops'] },
  { id: 'dot', email: 'no address' },
];

/** A bridge in the middle of things: somebody left, somebody was disabled by hand, somebody is protected. */
async function busy(options: Partial<InProcessOptions> = {}): Promise<InProcess> {
  const bridge = await startInProcess({
    sources: ['staff'],
    ...options,
    config: {
      mapping,
      protect: { users: ['boss@acme.com', 'owner@acme.com'], admins: 1 },
      ...options.config,
    },
    retool: { users: [{ email: 'boss@acme.com', firstName: 'Beatrix', lastName: 'Boss' }] },
  });
  bridge.says({ staff: scim(people) });
  await bridge.sync();
  const ben = bridge.retool.state().users.find(({ email }) => email === 'ben@acme.com')?.id ?? '';
  bridge.retool.hand.updateUser(ben, { active: false });
  bridge.says({
    staff: scim([
      ...people,
      { id: 'eve', given: 'Evangeline', department: 'Finance', groups: ['retool-ops'] },
    ]),
  });
  return bridge;
}

interface Made {
  readonly report: BundleReport;
  readonly files: ReadonlyMap<string, string>;
}

async function bundled(bridge: InProcess, redaction: 'pseudonyms' | 'none', key = 'one key'): Promise<Made> {
  const files = new Map<string, string>();
  const request = { folder: 'out', redaction, key, configuration: bridge.config, versions: { node: '24' } };
  const write = async (path: string, text: string): Promise<void> => void files.set(path, text);
  return { report: await makeBundle(bridge.parts(), request, write, new AbortController().signal), files };
}

async function planOf({ files }: Made, only?: string) {
  const content = await readBundle(
    'out',
    async (path) => files.get(path) ?? Promise.reject(new Error('no such file')),
  );
  const costs = { read: 4, extra: () => 0, verify: () => 2, costOf: () => 1 };
  return planSnapshot(content, costs, only).plan;
}

const shape = (plan: Awaited<ReturnType<typeof planOf>>): readonly string[] => [
  ...plan.operations.map(({ kind, reason }) => `${kind} ${reason.code}`),
  ...plan.skips.map(({ code }) => code).toSorted(),
  ...plan.conflicts.map(({ code }) => code),
];

describe('a plain bundle', () => {
  test('gives the very plan that the next run over these reads would make', async () => {
    const bridge = await busy();
    await bridge.sync();
    const made = await bundled(bridge, 'none');
    const { plan } = await bridge.plan();
    const again = await planOf(made);
    expect(again.fingerprint).toBe(plan.fingerprint);
    expect([again.operations, again.skips, again.conflicts, again.violations]).toEqual([
      plan.operations,
      plan.skips,
      plan.conflicts,
      plan.violations,
    ]);
  });

  test('can be asked for one person', async () => {
    const made = await bundled(await startedOnly(), 'none');
    expect((await planOf(made, 'ann@acme.com')).operations.map(({ id }) => id)).toContain(
      'createUser:ann@acme.com',
    );
    expect((await planOf(made, 'ann@acme.com')).operations.map(({ id }) => id)).not.toContain(
      'createUser:ben@acme.com',
    );
  });
});

/** Nothing was ever applied: the bundle is made of reads for itself. */
async function startedOnly(): Promise<InProcess> {
  const bridge = await startInProcess({
    sources: ['staff'],
    config: { mapping },
    retool: { groups: [{ name: 'sales' }] },
  });
  bridge.says({ staff: scim(people) });
  return bridge;
}

describe('a redacted bundle', () => {
  test('holds no name, address, id or value of anybody', async () => {
    const bridge = await busy();
    await bridge.sync();
    const { files } = await bundled(bridge, 'pseudonyms');
    const all = [...files.values()].join('\n');
    for (const personal of [
      'Annabel',
      'Featherstone',
      'Cholmondeley',
      'Zoology',
      'Beatrix',
      'ann@',
      'cyd@',
      'boss@',
      '"ann"',
      '"ben"',
      'secret-project',
      'no address',
    ])
      expect(all, personal).not.toContain(personal);
    for (const { id } of bridge.retool.state().users) expect(all).not.toContain(id);
    for (const kept of ['retool-sales', '@ext.acme.com', 'Finance']) expect(all, kept).toContain(kept);
  });

  test('leads to the same decisions', async () => {
    const settled = await busy();
    await settled.sync();
    for (const bridge of [settled, await busy(), await startedOnly()]) {
      const plain = await planOf(await bundled(bridge, 'none'));
      const made = await bundled(bridge, 'pseudonyms');
      expect(made.report.reproduces).toBe(true);
      expect(shape(await planOf(made)).toSorted()).toEqual(shape(plain).toSorted());
    }
  });

  test('says so when a rule looks into what pseudonyms replace', async () => {
    const bridge = await startInProcess({
      sources: ['staff'],
      config: { mapping: { ...mapping, scope: 'user.userName.startsWith("a")' } },
    });
    bridge.says({ staff: scim(people) });
    expect((await bundled(bridge, 'pseudonyms')).report.reproduces).toBe(false);
  });

  test('has the same pseudonym for one person everywhere, and another in another bundle', async () => {
    const bridge = await busy();
    await bridge.sync();
    const one = await planOf(await bundled(bridge, 'pseudonyms'));
    const same = await planOf(await bundled(bridge, 'pseudonyms'));
    const other = await planOf(await bundled(bridge, 'pseudonyms', 'another key'));
    expect(one.fingerprint).toBe(same.fingerprint);
    const names = (plan: typeof one): readonly string[] => plan.conflicts.map(({ subject }) => subject.key);
    expect(names(one)).not.toEqual(names(other));
  });
});

test('the account that the token belongs to stays apart under its pseudonym, and unwritten', async () => {
  const bridge = await busy({ tokenOwner: 'asked' });
  const made = await bundled(bridge, 'pseudonyms');
  const owner = bridge.retool.state().users.find(({ email }) => email === 'owner@acme.com')?.id ?? 'none';
  const target = JSON.parse(made.files.get('out/retool.json') ?? '');
  expect(target.tokenOwner.state).toBe('known');
  expect(target.tokenOwner.userId).not.toBe(owner);
  const marked = target.users.filter((user: { readonly ownsToken?: true }) => user.ownsToken);
  expect(marked).toMatchObject([{ id: target.tokenOwner.userId }]);
  expect(made.report.reproduces).toBe(true);
});

test('a folder that is no bundle is refused', async () => {
  await expect(readBundle('out', async () => '{}')).rejects.toMatchObject({ code: 'planUnreadable' });
  await expect(readBundle('out', async () => Promise.reject(new Error('gone')))).rejects.toMatchObject({
    code: 'planUnreadable',
  });
});
