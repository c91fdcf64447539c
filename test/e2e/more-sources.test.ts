import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client } from 'ldapts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGoogleSandbox, listen, type GoogleSandbox } from '../../src/sandbox/index.ts';
import { managerOf, managerPassword, slapdIsMissing, startSlapd, type Entry } from '../support/slapd.ts';
import { config, serveRetool, workplace, type ServedRetool, type Workplace } from './support.ts';

/* Each source from the command line to Retool and back: the last word of every test is an empty second plan. */

type Place = Workplace & { readonly retool: ServedRetool };

async function placeWith(sources: string, env: Readonly<Record<string, string>> = {}): Promise<Place> {
  const retool = await serveRetool();
  const place = await workplace(env);
  await place.write('bridge.yaml', config({ target: retool.url, sources }));
  return { ...place, retool };
}

/** The addresses of active accounts but the owner's, and the members of each group that is not built in. */
function held({ retool }: Place): {
  readonly people: readonly string[];
  readonly groups: Readonly<Record<string, number>>;
} {
  const { users, groups } = retool.sandbox.state();
  const people = users
    .filter(({ active, email }) => active && email !== 'owner@acme.com')
    .map(({ email }) => email);
  const own = groups.filter(({ name }) => ['sales', 'legal'].includes(name));
  return { people, groups: Object.fromEntries(own.map(({ name, memberIds }) => [name, memberIds.length])) };
}

async function expectInStep({ run }: Place): Promise<void> {
  expect((await run('plan', '--exit-code')).code).toBe(0);
}

const everybody = ['ann@acme.com', 'ben@acme.com', 'cem@acme.com'];
const withoutCem = everybody.slice(0, 2);

describe('CSV files', () => {
  const header = 'EmpNo,Mail,First,Last,Works,Teams,Dept';
  const rows = [
    '1,ann@acme.com,Ann,"A, née B",yes,retool-sales;retool-legal,Sales',
    '2,ben@acme.com,Ben,B,yes,retool-sales,',
    '3,cem@acme.com,Cem,C,yes,retool-sales,Sales',
  ];
  const columns =
    '{ id: EmpNo, userName: Mail, givenName: First, familyName: Last, active: Works, groups: Teams, department: Dept }';
  const sources = `  hr: { type: file, path: ./people.csv, format: csv, columns: ${columns} }`;
  const csv = (lines: readonly string[]): string => [header, ...lines, ''].join('\r\n');

  test('make accounts and groups, and take back what they no longer say', async () => {
    const place = await placeWith(sources);
    await place.write('people.csv', csv(rows));
    expect((await place.run('sync')).code).toBe(0);
    expect(held(place)).toEqual({ people: everybody, groups: { sales: 3, legal: 1 } });
    await expectInStep(place);
    await place.write('people.csv', csv([...rows.slice(0, 2), '3,cem@acme.com,Cem,C,no,,']));
    expect((await place.run('sync')).code).toBe(0);
    expect(held(place).people).toEqual(withoutCem);
    await expectInStep(place);
  });

  test('take nothing from anybody while a row cannot be read', async () => {
    const place = await placeWith(sources);
    await place.write('people.csv', csv(rows));
    await place.run('sync');
    await place.write('people.csv', csv([...rows.slice(0, 2), '3,cem@acme.com']));
    const { code, body } = await place.json('sync', '--json');
    expect([code, body['status']]).toEqual([4, 'partial']);
    expect(held(place)).toEqual({ people: everybody, groups: { sales: 3, legal: 1 } });
    await place.write('people.csv', csv(rows));
    await expectInStep(place);
  });

  test.each([
    ['is empty', ''],
    ['was cut within quotes', csv(rows).slice(0, csv(rows).indexOf(', née'))],
    ['lacks a column', csv(rows).replace('Works', 'Wirks')],
  ])('that %s change nothing', async (_, text) => {
    const place = await placeWith(sources);
    await place.write('people.csv', csv(rows));
    await place.run('sync');
    const writes = place.retool.writes();
    await place.write('people.csv', text);
    expect((await place.run('sync')).code).toBe(1);
    expect(place.retool.writes()).toBe(writes);
    await place.write('people.csv', csv(rows));
    await expectInStep(place);
  });

  test('in a folder are read as one, and one that is missing ends the run', async () => {
    const files = '[a.csv, b.csv]';
    const place = await placeWith(
      `  hr: { type: file, path: ./people, format: csv, files: ${files}, columns: ${columns} }`,
    );
    const folder = path.join(place.folder, 'people');
    await mkdir(folder);
    await writeFile(path.join(folder, 'a.csv'), csv(rows.slice(0, 2)));
    expect((await place.run('sync')).code).toBe(1);
    await writeFile(path.join(folder, 'b.csv'), csv(rows.slice(2)));
    expect((await place.run('sync')).code).toBe(0);
    expect(held(place)).toEqual({ people: everybody, groups: { sales: 3, legal: 1 } });
    await expectInStep(place);
  });
});

describe.skipIf(slapdIsMissing)('a directory', () => {
  const suffix = 'dc=acme,dc=com';
  const person = (uid: string): Entry => ({
    dn: `uid=${uid},${suffix}`,
    attributes: {
      objectClass: 'inetOrgPerson',
      uid,
      cn: uid,
      givenName: uid,
      sn: 'Doe',
      mail: `${uid}@acme.com`,
    },
  });
  const group = (cn: string, ...members: readonly string[]): Entry => ({
    dn: `cn=${cn},${suffix}`,
    attributes: { objectClass: 'groupOfNames', cn, member: members.map((uid) => `uid=${uid},${suffix}`) },
  });

  test('makes accounts and groups, and takes back what it no longer says', async () => {
    const root = {
      dn: suffix,
      attributes: { objectClass: ['dcObject', 'organization'], dc: 'acme', o: 'Acme' },
    };
    const people = ['ann', 'ben', 'cem'].map(person);
    const groups = [group('retool-sales', 'ann', 'ben', 'cem'), group('retool-legal', 'ann')];
    const slapd = await startSlapd({ suffixes: [{ dn: suffix, entries: [root, ...people, ...groups] }] });
    onTestFinished(() => slapd.stop());
    const bind = `{ dn: "${managerOf(suffix)}", password: { env: LDAP_PASSWORD } }`;
    const sources = `  corp: { type: ldap, url: "${slapd.url}", bind: ${bind}, base: "${suffix}" }`;
    const place = await placeWith(sources, { LDAP_PASSWORD: managerPassword });
    const { code, body } = await place.json('check', '--json');
    expect([code, body['verdict']]).toEqual([0, 'ok']);
    expect((await place.run('sync')).code).toBe(0);
    expect(held(place)).toEqual({ people: everybody, groups: { sales: 3, legal: 1 } });
    await expectInStep(place);
    const admin = new Client({ url: slapd.url });
    await admin.bind(managerOf(suffix), managerPassword);
    // Another name is another place in the directory, and the same person; only who is deleted is gone.
    await admin.modifyDN(`uid=ben,${suffix}`, `uid=benjamin,${suffix}`);
    await admin.del(`uid=cem,${suffix}`);
    await admin.unbind();
    expect((await place.run('sync')).code).toBe(0);
    expect(held(place).people).toEqual(withoutCem);
    await expectInStep(place);
  });

  test('that is down changes nothing', async () => {
    const bind = `{ dn: "${managerOf(suffix)}", password: { env: LDAP_PASSWORD } }`;
    const sources = `  corp: { type: ldap, url: "ldap://127.0.0.1:9", bind: ${bind}, base: "${suffix}" }`;
    const place = await placeWith(sources, { LDAP_PASSWORD: managerPassword });
    const { code, body } = await place.json('sync', '--json');
    expect([code, body['code']]).toEqual([1, 'sourceUnreadable']);
    expect(place.retool.writes()).toBe(0);
  });
});

describe('a Google account', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const clientEmail = 'bridge@project.iam.gserviceaccount.com';
  const user = (number: number, name: string) => ({
    id: `10${number}`,
    primaryEmail: `${name}@acme.com`,
    given: name,
    family: 'Doe',
    suspended: false,
    archived: false,
    aliases: [`${name}.doe@acme.com`],
    orgUnitPath: '/',
    title: 'Clerk',
    department: 'Sales',
    employeeNumber: `E${number}`,
  });
  const group = (number: number, name: string, ...members: readonly string[]) => ({
    id: `0g${number}`,
    email: `${name}@acme.com`,
    name,
    description: '',
    members: new Set(members),
    everybody: false,
  });

  function account(): GoogleSandbox {
    return createGoogleSandbox({
      seed: {
        users: [user(1, 'ann'), user(2, 'ben'), user(3, 'cem')],
        groups: [group(1, 'retool-sales', '0g2', '102', '103'), group(2, 'retool-legal', '101')],
      },
      serviceAccount: {
        clientEmail,
        publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      },
      administrator: 'admin@acme.com',
      now: () => Date.now(),
    });
  }

  test('makes accounts and groups, and takes back what it no longer says', async () => {
    const google = account();
    const listener = await listen((request) => google.fetch(request), { host: '127.0.0.1', port: 0 });
    onTestFinished(() => listener.close());
    const endpoints = `{ login: "${listener.url}", directory: "${listener.url}" }`;
    const auth = '{ serviceAccount: { file: ./key.json }, subject: admin@acme.com }';
    const place = await placeWith(
      `  gws: { type: google, customer: my_customer, auth: ${auth}, nested: true, endpoints: ${endpoints} }`,
    );
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    await place.write(
      'key.json',
      JSON.stringify({ type: 'service_account', client_email: clientEmail, private_key: key }),
    );
    const { code, body } = await place.json('check', '--json');
    expect([code, body['verdict']]).toEqual([0, 'ok']);
    expect((await place.run('sync')).code).toBe(0);
    expect(held(place)).toEqual({ people: everybody, groups: { sales: 3, legal: 1 } });
    await expectInStep(place);
    google.admin.updateUser('cem@acme.com', { suspended: true });
    google.admin.updateUser('ben@acme.com', { family: 'Dough' });
    expect((await place.run('sync')).code).toBe(0);
    expect(held(place).people).toEqual(withoutCem);
    await expectInStep(place);
    google.admin.deleteUser('ann@acme.com');
    expect((await place.run('sync')).code).toBe(0);
    expect(held(place).people).toEqual(['ben@acme.com']);
    await expectInStep(place);
  });
});
