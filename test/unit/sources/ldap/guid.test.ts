import { beforeAll, describe, expect, test } from 'vitest';
import { slapdIsMissing, startSlapd, type Slapd } from '../../../support/slapd.ts';
import { never, person, root, sourceAt, suffix } from './support.ts';

/* Binary ids and the flags of Active Directory over a real server, which was taught these two attributes. */

const schema = [
  "attributetype ( 1.3.6.1.4.1.32473.1.1 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )",
  "attributetype ( 1.3.6.1.4.1.32473.1.2 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )",
  "objectclass ( 1.3.6.1.4.1.32473.2.1 NAME 'accountOfWindows' SUP top AUXILIARY MAY ( objectGUID $ userAccountControl ) )",
];

/** Bytes that are no text, quotes, stars and parentheses among them. */
const guid = Buffer.from('282a295c00ff80fe22270a0dc3282aff', 'hex');
const inText = '5c292a28-ff00-fe80-2227-0a0dc3282aff';

describe.skipIf(slapdIsMissing)('an objectGUID', () => {
  let slapd: Slapd;

  beforeAll(async () => {
    const windows = { objectClass: ['inetOrgPerson', 'accountOfWindows'] };
    const entries = [
      root,
      person('ann', 1, { ...windows, objectGUID: guid, userAccountControl: '512' }),
      person('bob', 2, { ...windows, objectGUID: Buffer.alloc(16, 0x2a), userAccountControl: '66050' }),
    ];
    slapd = await startSlapd({ suffixes: [{ dn: suffix, entries }], schema });
    return () => slapd.stop();
  });

  test('of any bytes is read, and finds its person and nobody else', async () => {
    const groups = { filter: '(objectClass=groupOfNames)' };
    const source = sourceAt(slapd.url, {
      kind: 'activeDirectory',
      filter: '(objectClass=accountOfWindows)',
      groups,
    });
    const { users } = await source.read(never);
    expect(users.map(({ externalId, active, email }) => [externalId, active, email])).toEqual([
      ['2a2a2a2a-2a2a-2a2a-2a2a-2a2a2a2a2a2a', false, 'bob@acme.com'],
      [inText, true, 'ann@acme.com'],
    ]);
    for (const user of users)
      expect(await source.find(user.externalId, never)).toEqual({ state: 'found', user });
    expect(await source.find(inText.replace('5c', '5d'), never)).toEqual({ state: 'absent' });
  });
});
