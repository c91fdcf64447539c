import { beforeAll, describe, expect, test } from 'vitest';
import { startSlapd, slapdIsMissing, type Slapd } from '../../../support/slapd.ts';
import { tapLdap, type Fate } from '../../../support/ldap-tap.ts';
import { group, hasty, nameOf, never, person, root, sourceAt, suffix, uuid } from './support.ts';

/* What a real OpenLDAP server does. */

const many = Array.from({ length: 1_203 }, (_, index) => `many${String(index).padStart(4, '0')}`);

describe.skipIf(slapdIsMissing)('a source over OpenLDAP', () => {
  let slapd: Slapd;

  beforeAll(async () => {
    slapd = await startSlapd({
      suffixes: [
        {
          dn: suffix,
          settings: [
            'access to dn.regex="^uid=hidden," by * none',
            'access to * by * read',
            'limits dn.exact="uid=limited,dc=acme,dc=com" size.soft=5 size.hard=5 size.prtotal=5',
          ],
          entries: [
            root,
            person('ann', 1, {
              givenName: 'Ann',
              title: 'Boss',
              departmentNumber: 'D7',
              l: ['Bern', 'Aarau'],
              employeeType: 'Active',
            }),
            person('bob', 2, { mail: ['z@acme.com', 'bob@acme.com'], employeeType: 'left' }),
            person('limited', 3, { userPassword: 'limited', employeeType: 'active' }),
            { dn: `cn=printer,${suffix}`, attributes: { objectClass: 'device', cn: 'printer' } },
            { dn: `ou=many,${suffix}`, attributes: { objectClass: 'organizationalUnit', ou: 'many' } },
            ...many.map((uid, index) => {
              const { attributes } = person(uid, 1_000 + index);
              return { dn: `uid=${uid},ou=many,${suffix}`, attributes };
            }),
            group('inner', 51, nameOf('bob'), `cn=outer,${suffix}`),
            group(
              'outer',
              50,
              nameOf('ann').toUpperCase(),
              `cn=inner,${suffix}`,
              `cn=printer,${suffix}`,
              nameOf('nobody'),
            ),
            group('everybody', 52, ...many.map((uid) => `uid=${uid},ou=many,${suffix}`)),
          ],
        },
      ],
    });
    return () => slapd.stop();
  });

  const few = {
    filter: '(&(objectClass=inetOrgPerson)(!(uid=many*)))',
    groups: { filter: '(|(cn=inner)(cn=outer))' },
  };

  test('reads everybody, page by page', async () => {
    const tap = await tapLdap(slapd.url);
    const { users, groups, calls, completeness } = await sourceAt(tap.url).read(never);
    await tap.stop();
    expect(users).toHaveLength(1_206);
    expect(groups.map(({ members }) => members.length)).toEqual([1, 1, 1_203]);
    // The root, three pages of people, one of groups, and the two names that stand for nobody.
    expect([calls, tap.searches(), tap.connections()]).toEqual([7, 7, 1]);
    expect(completeness).toEqual({
      users: { state: 'complete' },
      groups: { state: 'complete' },
      partialGroups: new Map(),
    });
  });

  test('tells of people what they have, several values in order', async () => {
    const { users } = await sourceAt(slapd.url, { ...few, select: ['employeeType'] }).read(never);
    expect(users[0]).toEqual({
      externalId: uuid(1),
      active: true,
      userName: 'ann',
      email: 'ann@acme.com',
      emails: [{ value: 'ann@acme.com', primary: true }],
      title: 'Boss',
      userType: 'Active',
      name: { givenName: 'Ann', familyName: 'ann' },
      enterprise: { department: 'D7' },
      extra: { dn: nameOf('ann'), cn: 'ann', l: ['Aarau', 'Bern'], employeeType: 'Active' },
    });
    expect(users[1]).toMatchObject({
      email: 'bob@acme.com',
      emails: [{ primary: true }, { value: 'z@acme.com' }],
    });
  });

  test('counts the members of groups in a group when they are to count, circles included', async () => {
    const { groups } = await sourceAt(slapd.url, { ...few, groups: { ...few.groups, nested: true } }).read(
      never,
    );
    expect(groups).toEqual([
      expect.objectContaining({
        displayName: 'outer',
        members: [uuid(1), uuid(2)],
        through: [{ member: uuid(2), groups: ['inner'] }],
      }),
      expect.objectContaining({
        displayName: 'inner',
        members: [uuid(1), uuid(2)],
        through: [{ member: uuid(1), groups: ['outer'] }],
      }),
    ]);
  });

  test('goes into groups that are not listed themselves', async () => {
    const options = { ...few, groups: { filter: '(cn=outer)', nested: true } };
    const { groups, completeness } = await sourceAt(slapd.url, options).read(never);
    expect(groups.map(({ members }) => members)).toEqual([[uuid(1), uuid(2)]]);
    expect(completeness.partialGroups).toEqual(new Map());
  });

  test('knows who is active by the words of an attribute', async () => {
    const rule = { attribute: 'employeeType', active: ['active'], inactive: ['left'] };
    const { users } = await sourceAt(slapd.url, { ...few, active: rule }).read(never);
    expect(users.map(({ active }) => active)).toEqual([true, false, true]);
  });

  test('says who cannot be told active or not, and takes their list for partial', async () => {
    const { users, rejected, completeness } = await sourceAt(slapd.url, {
      ...few,
      active: { attribute: 'title', active: ['boss'] },
    }).read(never);
    expect(users.map(({ userName }) => userName)).toEqual(['ann']);
    expect(rejected[0]).toEqual({
      type: 'user',
      externalId: uuid(2),
      text: 'title: there is no such attribute',
    });
    expect(completeness.users.state).toBe('partial');
  });

  test('fails when the server cuts its list short', async () => {
    const { Secret } = await import('../../../../src/model/secret.ts');
    const bind = { dn: nameOf('limited'), password: new Secret('limited', 'test') };
    const reading = sourceAt(slapd.url, { bind }).read(never);
    await expect(reading).rejects.toMatchObject({
      code: 'sourceUnreadable',
      message: expect.stringContaining('sizeLimitExceeded (4)'),
      remedy: expect.stringContaining('size limit'),
      retryable: false,
    });
  });

  test.each([
    [
      'a password that is wrong',
      { dn: `cn=manager,${suffix}` },
      {},
      'sourceUnauthorized',
      'invalidCredentials (49)',
    ],
    [
      'a base that is not there',
      null,
      { base: `ou=none,${suffix}` },
      'sourceUnreadable',
      'noSuchObject (32)',
    ],
    ['a base of another directory', null, { base: 'dc=other' }, 'sourceUnreadable', '(32)'],
    ['a base that is no name', null, { base: 'acme' }, 'sourceUnreadable', 'invalidDnSyntax (34)'],
    ['a filter that means nothing', null, { filter: '(objectClass~~)' }, 'sourceInvalid', 'The filter'],
    ['a scope without people', null, { filter: '(uid=none)' }, 'sourceEmpty', 'Nobody'],
  ])('fails for %s', async (_, bind, more, code, message) => {
    const { Secret } = await import('../../../../src/model/secret.ts');
    const wrong = bind === null ? {} : { bind: { ...bind, password: new Secret('wrong-one', 'test') } };
    const error = await sourceAt(slapd.url, { ...more, ...wrong })
      .read(never)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(message),
      remedy: expect.any(String),
    });
    expect(JSON.stringify(error)).not.toContain('wrong-one');
  });

  describe('over a bad line', () => {
    async function readOver(fateOf: (search: number) => Fate, clock?: typeof hasty) {
      const tap = await tapLdap(slapd.url, fateOf);
      const source = sourceAt(tap.url, few, clock === undefined ? {} : { clock });
      const outcome = await source.read(never).catch((error: unknown) => error);
      await tap.stop();
      return { outcome, tap };
    }

    test.each([1, 2, 3, 4])(
      'begins again, signed in, when the connection breaks at search %i',
      async (number) => {
        const clean = await sourceAt(slapd.url, few).read(never);
        for (const fate of ['drop', 'cut'] as const) {
          const { outcome, tap } = await readOver((search) => (search === number ? fate : 'pass'));
          expect(outcome).toMatchObject({
            users: clean.users,
            groups: clean.groups,
            completeness: clean.completeness,
          });
          expect(tap.connections()).toBe(2);
        }
      },
    );

    test.each(['drop', 'cut'] as const)('fails when it breaks every time (%s)', async (fate) => {
      const { outcome, tap } = await readOver((search) => (search % 3 === 2 ? fate : 'pass'));
      expect(outcome).toMatchObject({ code: 'sourceUnreadable', retryable: true });
      expect(tap.connections()).toBe(3);
    });

    test('fails, and asks no second time, when the answer is no LDAP', async () => {
      const { outcome, tap } = await readOver((search) => (search === 2 ? 'garbage' : 'pass'));
      expect(outcome).toMatchObject({ code: 'sourceInvalid', message: expect.stringContaining('not LDAP') });
      expect(tap.connections()).toBe(1);
    });

    test('fails when no answer comes in time', async () => {
      const { outcome } = await readOver(() => 'hang', hasty);
      expect(outcome).toMatchObject({
        code: 'sourceUnreadable',
        retryable: true,
        message: expect.stringContaining('no answer within'),
      });
    });

    test('fails when nobody listens', async () => {
      const tap = await tapLdap(slapd.url);
      await tap.stop();
      await expect(sourceAt(tap.url).read(never)).rejects.toMatchObject({
        code: 'sourceUnreadable',
        retryable: true,
      });
    });

    test('ends at once when it is called off in the middle', async () => {
      const stop = new AbortController();
      const tap = await tapLdap(slapd.url, (search) => {
        if (search === 2) stop.abort('enough');
        return search === 2 ? 'hang' : 'pass';
      });
      await expect(sourceAt(tap.url, few).read(stop.signal)).rejects.toBe('enough');
      await tap.stop();
    });
  });

  describe('asked for one person', () => {
    test('finds whoever is below the base, in scope or not', async () => {
      const source = sourceAt(slapd.url, { filter: '(uid=bob)' });
      expect(await source.find(uuid(1), never)).toMatchObject({ state: 'found', user: { userName: 'ann' } });
      expect(await source.find(uuid(999), never)).toEqual({ state: 'absent' });
    });

    test('knows nothing of anybody when the search fails', async () => {
      for (const fate of ['drop', 'garbage'] as const) {
        const tap = await tapLdap(slapd.url, () => fate);
        expect(await sourceAt(tap.url).find(uuid(1), never)).toMatchObject({ state: 'unknown' });
        await tap.stop();
      }
      expect(await sourceAt(slapd.url, { base: `ou=none,${suffix}` }).find(uuid(1), never)).toMatchObject({
        state: 'unknown',
      });
    });

    test('knows that a text is no GUID', async () => {
      const source = sourceAt(slapd.url, { kind: 'activeDirectory' });
      expect(await source.find('*', never)).toEqual({ state: 'unknown', because: 'it is no objectGUID' });
    });
  });

  describe('checked', () => {
    test('tells what it read', async () => {
      expect(await sourceAt(slapd.url, few).check(never)).toEqual([
        {
          subject: 'corp: bind',
          verdict: 'ok',
          text: 'The directory takes the password; it is no Active Directory.',
        },
        { subject: 'corp: people', verdict: 'ok', text: 'They can be read.' },
        { subject: 'corp: groups', verdict: 'ok', text: 'They can be read.' },
      ]);
    });

    test('tells what is wrong and what to do', async () => {
      const results = await sourceAt(slapd.url, {
        kind: 'activeDirectory',
        filter: '(uid=*)',
        groups: { base: `ou=none,${suffix}` },
      }).check(never);
      expect(results.map(({ verdict }) => verdict)).toEqual(['warning', 'warning', 'failed']);
      expect(results.every(({ remedy }) => remedy !== undefined)).toBe(true);
      expect(results[1]?.text).toBe(
        "500 of the first 500 can't be used, one because of objectGUID: there is no such id",
      );
    });
  });
});
