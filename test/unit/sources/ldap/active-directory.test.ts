import { describe, expect, onTestFinished, test } from 'vitest';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import type { Source } from '../../../../src/model/source.ts';
import {
  startDirectory,
  type Asked,
  type StandInDirectory,
  type Told,
} from '../../../support/ldap-stand-in.ts';
import { never, sourceAt, suffix } from './support.ts';

/* What Active Directory does and OpenLDAP does not, over a stand-in that answers as Microsoft's documents say. */

type Entries = NonNullable<Told['entries']>;
type Rows = Readonly<Record<string, Entries[number]['attributes']>>;

/** The sixteen bytes of a GUID whose last digits are this number. */
function guid(number: number): Buffer {
  return Buffer.from(`000102030405060708090a0b0c0d0e${number.toString(16).padStart(2, '0')}`, 'hex');
}

/** The same in text: the first three numbers have their low byte first. */
function guidText(number: number): string {
  return `03020100-0504-0706-0809-0a0b0c0d0e${number.toString(16).padStart(2, '0')}`;
}

const people: Rows = {
  [`CN=Ann,${suffix}`]: {
    objectGUID: guid(1),
    userPrincipalName: 'ann@acme.local',
    mail: 'ann@acme.com',
    userAccountControl: '512',
  },
  [`CN=Bob,${suffix}`]: {
    objectGUID: guid(2),
    userPrincipalName: 'bob@acme.local',
    userAccountControl: '514',
  },
};
const groups: Rows = {
  [`CN=Sales,${suffix}`]: { objectGUID: guid(9), cn: 'Sales', member: [`CN=Ann,${suffix}`] },
};
const root: Told = {
  entries: [{ dn: '', attributes: { supportedCapabilities: ['1.2.840.113556.1.4.800'] } }],
};

function rows(of: Rows): Told {
  return { entries: Object.entries(of).map(([dn, attributes]) => ({ dn, attributes })) };
}

function isPeople({ filter, scope }: Asked): boolean {
  return scope === 'sub' && filter.includes('person') && !filter.includes('memberof');
}

function isGroups({ filter, scope }: Asked): boolean {
  return scope === 'sub' && /^\((?:objectclass=group\)|\|)/.test(filter);
}

/** A domain that answers as usual, unless `special` has an answer. */
async function domain(
  special: (asked: Asked) => Told | null,
  options: object = {},
): Promise<{
  readonly source: Source;
  readonly directory: StandInDirectory;
  readonly read: () => Promise<Snapshot>;
}> {
  const directory = await startDirectory((asked) => {
    const told = special(asked);
    if (told !== null) return told;
    if (asked.base === '') return root;
    if (isPeople(asked)) return rows(people);
    return isGroups(asked) ? rows(groups) : { code: 32 };
  });
  onTestFinished(() => directory.stop());
  const source = sourceAt(directory.url, options);
  return { source, directory, read: () => source.read(never) };
}

const usual = (): null => null;

describe('a domain', () => {
  test('is known by what it says of itself, and its people by their GUIDs', async () => {
    const { read, directory } = await domain(usual);
    const { users, completeness } = await read();
    expect(
      users.map(({ externalId, active, userName, email }) => [externalId, active, userName, email]),
    ).toEqual([
      [guidText(1), true, 'ann@acme.local', 'ann@acme.com'],
      [guidText(2), false, 'bob@acme.local', undefined],
    ]);
    expect(completeness.users).toEqual({ state: 'complete' });
    expect(directory.asked[1]).toMatchObject({
      filter: '(&(objectcategory=person)(objectclass=user))',
      cookie: '',
    });
  });

  test('is asked for a GUID by its bytes', async () => {
    const { source, directory } = await domain((asked) => {
      const [ann] = Object.entries(people);
      if (!asked.filter.startsWith('(objectguid=') || ann === undefined) return null;
      return { entries: [{ dn: ann[0], attributes: ann[1] }] };
    });
    expect(await source.find(guidText(1), never)).toMatchObject({ state: 'found', user: { active: true } });
    expect(await source.find(guidText(7), never)).toEqual({
      state: 'unknown',
      because: 'another entry was found',
    });
    expect(await source.find('ann', never)).toEqual({ state: 'unknown', because: 'it is no objectGUID' });
    expect(directory.asked.filter(({ filter }) => filter.includes('guid'))).toHaveLength(2);
  });

  test.each([
    ['without userAccountControl', {}, 'userAccountControl: there is no such number'],
    ['with a word for a number', { userAccountControl: 'on' }, 'userAccountControl: there is no such number'],
    ['without objectGUID', { objectGUID: [], userAccountControl: '512' }, 'objectGUID: there is no such id'],
    [
      'with half a GUID',
      { objectGUID: Buffer.alloc(8), userAccountControl: '512' },
      'objectGUID: there is no such id',
    ],
    [
      'with text that is none',
      { userAccountControl: '512', displayName: Buffer.from([0xff, 0xfe]) },
      'displayName: it is not written in UTF-8',
    ],
  ])('rejects a person %s', async (_, attributes, text) => {
    const odd = { [`CN=Odd,${suffix}`]: { objectGUID: guid(3), ...attributes } };
    const { read } = await domain((asked) => (isPeople(asked) ? rows({ ...people, ...odd }) : null));
    const { users, completeness, rejected } = await read();
    expect([users.length, completeness.users.state]).toEqual([2, 'partial']);
    expect(rejected).toEqual([
      { type: 'user', externalId: text.startsWith('objectGUID') ? null : guidText(3), text },
    ]);
  });
});

test.each([
  ['says nothing of itself', { entries: [{ dn: '', attributes: {} }] }],
  ['has no root entry to show', { code: 32 }],
  ['lets nobody see its root entry', { code: 50 }],
])('a server that %s is taken for no Active Directory, which takes nothing from anybody', async (_, told) => {
  const { read, directory } = await domain((asked) => {
    if (asked.base === '') return told;
    return asked.filter === '(objectclass=inetorgperson)' ? rows(people) : null;
  });
  const { completeness } = await read();
  expect(completeness.users.state).toBe('partial');
  expect(directory.asked[1]?.attributes).toContain('entryuuid');
});

describe('long lists of members', () => {
  const names = Array.from({ length: 40 }, (_, index) => `CN=P${index},${suffix}`);
  const crowd = Object.fromEntries(
    names.map((dn, index) => [dn, { objectGUID: guid(20 + index), userAccountControl: '512' }]),
  );
  const sales = `CN=Sales,${suffix}`;

  /** Gives 15 members at a time, and what `spoil` makes of each part. */
  function inParts(
    spoil: (part: Record<string, readonly string[]>, from: number) => Rows[string] = (part) => part,
  ) {
    const part = (from: number) => {
      const to = from + 15 < names.length ? String(from + 14) : '*';
      return spoil({ [`member;range=${from}-${to}`]: names.slice(from, from + 15) }, from);
    };
    return (asked: Asked): Told | null => {
      if (isPeople(asked)) return rows(crowd);
      if (isGroups(asked))
        return rows({ [sales]: { objectGUID: guid(9), cn: 'Sales', member: [], ...part(0) } });
      const [, from] = /^member;range=(\d+)-\*$/.exec(asked.attributes[0] ?? '') ?? [];
      return asked.base === sales && from !== undefined ? rows({ [sales]: part(Number(from)) }) : null;
    };
  }

  test('come in parts until one says that it is the last', async () => {
    const { read, directory } = await domain(inParts());
    const {
      groups: [group],
      completeness,
    } = await read();
    expect(group?.members).toHaveLength(40);
    expect(completeness.partialGroups).toEqual(new Map());
    expect(directory.asked.slice(-2).map(({ attributes }) => attributes)).toEqual([
      ['member;range=15-*'],
      ['member;range=30-*'],
    ]);
  });

  test.each<[string, (part: Record<string, readonly string[]>, from: number) => Rows[string]]>([
    ['that does not come', (part, from) => (from === 15 ? {} : part)],
    ['without its range', (part, from) => (from === 15 ? { member: names.slice(15) } : part)],
    [
      'that is the first again',
      (part, from) => (from === 15 ? { 'member;range=0-14': names.slice(0, 15) } : part),
    ],
  ])('cannot be read with a part %s', async (_, spoil) => {
    const { read } = await domain(inParts(spoil));
    await expect(read()).rejects.toMatchObject({ code: 'sourceInvalid' });
  });
});

describe('groups in groups', () => {
  const nested = { groups: { nested: true } };
  const chain = (asked: Asked): boolean =>
    /memberof:1\.2\.840\.113556\.1\.4\.1941:=CN=Sales,/i.test(asked.filter);

  test('are followed by the server', async () => {
    const { read, directory } = await domain((asked) => (chain(asked) ? rows(people) : null), nested);
    const {
      groups: [group],
    } = await read();
    expect(group?.members).toEqual([guidText(1), guidText(2)]);
    expect(directory.asked.at(-1)).toMatchObject({ base: suffix, attributes: ['objectguid'], cookie: '' });
  });

  test('are partial when the server finds nobody in a group that names people', async () => {
    const { read } = await domain((asked) => (chain(asked) ? {} : null), nested);
    const {
      groups: [group],
      completeness,
    } = await read();
    expect(group?.members).toEqual([]);
    expect(completeness.partialGroups.get(guidText(9))).toContain('may not see memberOf');
  });

  test('may hold nobody', async () => {
    const device = `CN=Device,${suffix}`;
    const empty: Rows = { [`CN=Sales,${suffix}`]: { objectGUID: guid(9), cn: 'Sales', member: device } };
    const { read } = await domain((asked) => {
      if (isGroups(asked)) return rows(empty);
      return chain(asked) ? {} : null;
    }, nested);
    expect((await read()).completeness.partialGroups).toEqual(new Map());
  });

  test.each([3, 4, 11])('are partial when the server stops with %i, and the others are not', async (code) => {
    const { read } = await domain((asked) => (chain(asked) ? { code } : null), nested);
    const { completeness } = await read();
    expect([...completeness.partialGroups.keys()]).toEqual([guidText(9)]);
    expect([completeness.users.state, completeness.groups.state]).toEqual(['complete', 'complete']);
  });
});

describe('a list is complete only when the server says so', () => {
  test('after an empty page that is not the last', async () => {
    const [ann, bob] = Object.entries(people).map(([dn, attributes]) => ({ dn, attributes }));
    const { read } = await domain((asked) => {
      if (!isPeople(asked) || ann === undefined || bob === undefined) return null;
      if (asked.cookie === '') return { entries: [ann], cookie: 'second' };
      return asked.cookie === 'second' ? { entries: [], cookie: 'third' } : { entries: [bob] };
    });
    expect((await read()).users).toHaveLength(2);
  });

  test.each([
    [3, 'timeLimitExceeded (3)'],
    [4, 'sizeLimitExceeded (4)'],
    [11, 'adminLimitExceeded (11)'],
  ])('not when it stops in the middle with result %d', async (code, message) => {
    const { read } = await domain((asked) => (isPeople(asked) ? { ...rows(people), code } : null));
    await expect(read()).rejects.toMatchObject({
      code: 'sourceUnreadable',
      message: expect.stringContaining(message),
    });
  });

  test('not when it says nothing of pages', async () => {
    const { read } = await domain((asked) => (isPeople(asked) ? { ...rows(people), cookie: 'none' } : null));
    await expect(read()).rejects.toMatchObject({
      code: 'sourceInvalid',
      message: expect.stringContaining('goes on'),
    });
  });

  test('not when a page comes again', async () => {
    const { read } = await domain((asked) => (isPeople(asked) ? { ...rows(people), cookie: 'again' } : null));
    await expect(read()).rejects.toMatchObject({
      code: 'sourceInvalid',
      message: expect.stringContaining('repeats'),
    });
  });

  test('nor when it refers to other servers, but to those parts of a domain that hold nobody', async () => {
    const harmless = [
      `ldap://ForestDnsZones.acme.com/DC=ForestDnsZones,${suffix}`,
      `ldap://DomainDnsZones.acme.com/DC=DomainDnsZones,${suffix}`,
      `ldap://acme.com/CN=Configuration,${suffix}`,
    ];
    const refers = (references: readonly string[]) => (asked: Asked) => {
      if (isPeople(asked)) return { ...rows(people), references };
      return isGroups(asked) ? { ...rows(groups), references } : null;
    };
    const whole = await (await domain(refers(harmless))).read();
    expect([whole.completeness.users.state, whole.completeness.groups.state]).toEqual([
      'complete',
      'complete',
    ]);
    const child = await (await domain(refers([`ldap://child.acme.com/DC=child,${suffix}`]))).read();
    expect(child.completeness.users).toEqual({
      state: 'partial',
      because: `the server refers to child.acme.com for a part of ${suffix}`,
    });
    expect(child.completeness.groups.state).toBe('partial');
  });

  test.each([
    ['refers to another', 10, 'sourceUnreadable', false],
    ['is busy', 51, 'sourceUnreadable', true],
    ['may not be asked', 50, 'sourceUnauthorized', false],
    ['gives no pages', 12, 'sourceUnreadable', false],
  ])('nor when the server %s', async (_, code, expected, retryable) => {
    const { read, directory } = await domain((asked) => (isPeople(asked) ? { code } : null));
    await expect(read()).rejects.toMatchObject({ code: expected, retryable, remedy: expect.any(String) });
    expect(directory.asked.filter(isPeople)).toHaveLength(retryable ? 3 : 1);
  });
});

describe('a member whom the lists do not show', () => {
  const stranger = `CN=Cy,${suffix}`;
  const withStranger: Rows = {
    [`CN=Sales,${suffix}`]: { objectGUID: guid(9), cn: 'Sales', member: [`CN=Ann,${suffix}`, stranger] },
  };

  test.each<[string, Told, readonly string[], boolean]>([
    [
      'was renamed meanwhile: it is asked for',
      rows({ [stranger]: { objectGUID: guid(3) } }),
      [guidText(1), guidText(3)],
      false,
    ],
    ['is no person', {}, [guidText(1)], false],
    ['is gone', { code: 32 }, [guidText(1)], false],
    ['has no id', rows({ [stranger]: {} }), [guidText(1)], true],
    ['is at another server', { code: 10 }, [guidText(1)], true],
    ['may not be seen', { code: 50 }, [guidText(1)], true],
  ])('%s', async (_, told, members, isPartial) => {
    const { read } = await domain((asked) => {
      if (isGroups(asked)) return rows(withStranger);
      return asked.base === stranger ? told : null;
    });
    const {
      groups: [group],
      completeness,
    } = await read();
    expect(group?.members).toEqual(members);
    expect(completeness.partialGroups.has(guidText(9))).toBe(isPartial);
  });
});
