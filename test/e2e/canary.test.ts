import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createEntraSandbox,
  createGoogleSandbox,
  createOktaSandbox,
  generateWorld,
  googleSeedOf,
  listen,
  type StandIn,
} from '../../src/sandbox/index.ts';
import { startDirectory, type Asked, type Told } from '../support/ldap-stand-in.ts';
import {
  config,
  retoolToken,
  serveRetool,
  stage,
  workplace,
  type Finished,
  type Workplace,
} from './support.ts';

/*
 * A canary for each kind of secret that the configuration takes. Whatever the bridge says or leaves behind is searched
 * for all of them, in the forms in which a secret travels.
 */

const keyPair = (): { readonly pem: string; readonly publicPem: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
};

const oktaKey = keyPair();
const googleKey = keyPair();
const clientEmail = 'bridge@project.iam.gserviceaccount.com';
const texts = {
  okta: 'okta-00canary+never/to=be"seen',
  entra: 'entra~canary&never%to be seen',
  ldap: 'ldap-canary (never) to be seen',
  retool: retoolToken,
};
const environment = {
  OKTA_API_TOKEN: texts.okta,
  ENTRA_CLIENT_SECRET: texts.entra,
  LDAP_PASSWORD: texts.ldap,
};

/** Every form in which a secret could be met, by a name for messages. */
const canaries: readonly (readonly [name: string, form: string])[] = [
  ...Object.entries(texts).flatMap(([name, text]) => formsOf(text).map((form) => [name, form] as const)),
  ...[['okta key', oktaKey.pem] as const, ['google key', googleKey.pem] as const].flatMap(([name, pem]) =>
    // A line from the middle: the first ones are alike in all keys.
    [pem.split('\n')[5] ?? pem].map((line) => [name, line] as const),
  ),
];

function formsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const json = JSON.stringify(text).slice(1, -1);
  const form = new URLSearchParams({ text }).toString().slice('text='.length);
  const forms = [text, json, encodeURIComponent(text), form, bytes.toString('hex')];
  return [...new Set([...forms, bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')])];
}

/** What the test itself wrote. */
const inputs: ReadonlySet<string> = new Set(['bridge.yaml', 'okta.pem', 'google.json']);

/** Where a canary is seen: in what was said, or in any file below the workplace. */
async function leaks(place: Workplace, said: readonly Finished[]): Promise<readonly string[]> {
  const seen: (readonly [place: string, bytes: Buffer])[] = said.flatMap(({ stdout, stderr }, at) => [
    [`stdout of command ${at + 1}`, Buffer.from(stdout)] as const,
    [`stderr of command ${at + 1}`, Buffer.from(stderr)] as const,
  ]);
  for (const name of await place.files()) {
    const path = join(place.folder, name);
    if (!inputs.has(name) && (await stat(path)).isFile()) seen.push([name, await readFile(path)]);
  }
  return seen.flatMap(([where, bytes]) =>
    canaries.flatMap(([name, form]) => (bytes.includes(form) ? [`${name} in ${where}`] : [])),
  );
}

const world = generateWorld({ users: 30, groups: 4, seed: 3 });
const app = { tenantId: 'ac3e0000-0000-4000-8000-000000000001', clientId: 'app', clientSecret: texts.entra };

async function served({ fetch }: Pick<StandIn, 'fetch'>): Promise<string> {
  const listener = await listen(fetch, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => listener.close());
  return listener.url;
}

/** A directory of one person. */
function directory({ filter, scope }: Asked): Told {
  if (scope !== 'sub' || !filter.includes('person')) return {};
  const id = '03020100-0504-0706-0809-0a0b0c0d0e01';
  const attributes = { entryUUID: id, uid: 'dora', mail: 'dora@acme.com', givenName: 'Dora', sn: 'Doe' };
  return { entries: [{ dn: 'uid=dora,dc=acme,dc=com', attributes }] };
}

/** Where each source is reached. */
interface Addresses {
  readonly okta: string;
  readonly entra: string;
  readonly google: string;
  readonly ldap: string;
}

async function standIns(): Promise<Addresses> {
  const now = (): number => Date.now();
  const publicKey = createPublicKey(oktaKey.publicPem).export({ format: 'jwk' });
  const ldap = await startDirectory(directory);
  onTestFinished(() => ldap.stop());
  return {
    okta: await served(
      createOktaSandbox({ world, token: texts.okta, now, serviceApp: { clientId: 'service', publicKey } }),
    ),
    entra: await served(createEntraSandbox({ ...app, world, now })),
    google: await served(
      createGoogleSandbox({
        seed: googleSeedOf(world),
        serviceAccount: { clientEmail, publicKey: googleKey.publicPem },
        administrator: 'admin@acme.com',
        now,
      }),
    ),
    ldap: ldap.url,
  };
}

function sourcesAt({ okta, entra, google, ldap }: Addresses): Readonly<Record<string, string>> {
  const scope = 'scope: { groups: ["*"] }';
  const secret = `{ clientId: ${app.clientId}, secret: { env: ENTRA_CLIENT_SECRET } }`;
  return {
    token: `{ type: okta, orgUrl: "${okta}", auth: { token: { env: OKTA_API_TOKEN } }, ${scope} }`,
    key: `{ type: okta, orgUrl: "${okta}", auth: { privateKey: { clientId: service, key: { file: ./okta.pem } } }, ${scope} }`,
    entra: `{ type: entra, tenantId: ${app.tenantId}, auth: { clientSecret: ${secret} }, ${scope}, endpoints: { login: "${entra}", graph: "${entra}" } }`,
    gws: `{ type: google, customer: my_customer, auth: { serviceAccount: { file: ./google.json }, subject: admin@acme.com }, endpoints: { login: "${google}", directory: "${google}" } }`,
    corp: `{ type: ldap, url: "${ldap}", bind: { dn: "cn=bridge", password: { env: LDAP_PASSWORD } }, base: "dc=acme,dc=com" }`,
  };
}

/** A workplace with every source, or some of them; `more` are lines at the top level. */
async function placeWith(
  target: string,
  sources: Readonly<Record<string, string>>,
  more = '',
): Promise<Workplace> {
  const place = await workplace(environment);
  await place.write('okta.pem', oktaKey.pem);
  const key = { type: 'service_account', client_email: clientEmail, private_key: googleKey.pem };
  await place.write('google.json', JSON.stringify(key));
  const lines = Object.entries(sources).map(([id, source]) => `  ${id}: ${source}`);
  const precedence = `precedence: [${Object.keys(sources).join(', ')}]\n`;
  const written = config({ target, sources: lines.join('\n'), more: `${precedence}${more}` });
  await place.write(
    'bridge.yaml',
    written.replace('formats: [json, html]', 'formats: [json, html, markdown, text, csv]'),
  );
  return place;
}

test('no command over all sources says a secret or leaves one behind', async () => {
  const retool = await serveRetool();
  const more = 'guard: { creates: { count: 1000 } }\n';
  const place = await placeWith(retool.url, sourcesAt(await standIns()), more);
  const loud = ['--log-level', 'debug'];
  const said = [
    await place.run('check', ...loud),
    await place.run('plan', '--out', 'plan.json', '--report', 'plan.html', '--rehearse', ...loud),
    await place.run('plan', '--format', 'junit', '--report', 'plan.md'),
    await place.run('sync', '--json', ...loud),
  ];
  const all = [...said];
  for (const command of [
    ['runs', 'show', 'last', '--format', 'csv'],
    ['explain', 'dora@acme.com', '--live', ...loud],
    ['bundle', '--out', 'hidden'],
    ['bundle', '--plain', '--out', 'plain'],
    ['audit', 'export'],
    ['state', 'backup', 'copy.db'],
    ['rollback', 'last', '--out', 'back.json'],
  ])
    all.push(await place.run(...command));
  expect(all.map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual(all.map(() => [0, '']));
  // Every source took part: with its secret it was let in.
  expect(JSON.parse(said[3]?.stdout ?? '')).toMatchObject({ status: 'changed' });
  expect(await leaks(place, all)).toEqual([]);
  // Eleven processes over five sources: seconds where the machine is free, more where it is not.
}, 120_000);

/** Answers every request with what it was sent: headers and body, as a proxy that helps to find errors does. */
function echo(status: number): Pick<StandIn, 'fetch'> {
  return {
    async fetch(request) {
      const sent = [...request.headers].map((header) => header.join(': ')).join(' | ');
      const text = `you sent ${sent} ${await request.text()}`;
      const body = {
        message: text,
        success: false,
        error: 'invalid_client',
        error_description: text,
        errorCode: 'E0000011',
        errorSummary: text,
        errorCauses: [{ errorSummary: text }],
      };
      return Response.json(body, { status });
    },
  };
}

describe('a run that fails says no secret', () => {
  const closed = 'http://127.0.0.1:9';
  const nowhere = { okta: closed, entra: closed, google: closed, ldap: 'ldap://127.0.0.1:9' };

  test.each(['token', 'key', 'entra', 'gws', 'corp'])('when %s is not there', async (id) => {
    const retool = await serveRetool();
    const place = await placeWith(retool.url, { [id]: sourcesAt(nowhere)[id] ?? '' });
    const run = await place.run('check', '--log-level', 'debug');
    expect(run.code).toBe(1);
    expect(await leaks(place, [run])).toEqual([]);
  });

  test.each(['token', 'key', 'entra', 'gws'])('when %s is refused by one who repeats it', async (id) => {
    const retool = await serveRetool();
    const at = await served(echo(401));
    const addresses = { okta: at, entra: at, google: at, ldap: nowhere.ldap };
    const place = await placeWith(retool.url, { [id]: sourcesAt(addresses)[id] ?? '' });
    const run = await place.run('sync', '--json', '--log-level', 'debug');
    expect([run.code, JSON.parse(run.stdout).code]).toEqual([1, 'sourceUnauthorized']);
    expect(await leaks(place, [run])).toEqual([]);
  });

  test.each([401, 403, 422])('when Retool says %i to writes, and repeats the token', async (status) => {
    const retool = await serveRetool({}, {}, (request) =>
      request.method === 'GET' ? undefined : echo(status).fetch(request),
    );
    const place = await workplace();
    const people = {
      Users: [{ id: 'ann', userName: 'ann@acme.com', name: { givenName: 'A', familyName: 'B' } }],
    };
    await place.write('people.json', JSON.stringify({ ...people, Groups: [] }));
    await place.write('bridge.yaml', config({ target: retool.url }));
    const run = await place.run('sync', '--json', '--log-level', 'debug');
    expect([run.code, JSON.parse(run.stdout).outcomes.failed]).toEqual([4, 1]);
    const shown = await place.run('runs', 'show', 'last');
    expect(await leaks(place, [run, shown])).toEqual([]);
  });

  test('when it stands in the configuration, where it must not', async () => {
    const place = await placeWith('http://127.0.0.1:9', {
      token:
        sourcesAt(nowhere)['token']?.replace('{ env: OKTA_API_TOKEN }', JSON.stringify(texts.okta)) ?? '',
      key:
        sourcesAt(nowhere)['key']?.replace(
          '{ file: ./okta.pem }',
          `{ env: ${JSON.stringify(oktaKey.pem)} }`,
        ) ?? '',
      corp: sourcesAt(nowhere)['corp']?.replace('LDAP_PASSWORD', JSON.stringify(texts.ldap)) ?? '',
    });
    const run = await place.run('plan', '--json', '--log-level', 'debug');
    expect([run.code, JSON.parse(run.stdout).code]).toEqual([1, 'configInvalid']);
    expect(await leaks(place, [run])).toEqual([]);
  });
});

describe('the log', () => {
  test('holds no name and no address of a person at its usual level, when things go wrong too', async () => {
    let calls = 0;
    const people = ['ann', 'ben', 'cem'].map((id) => ({ id, given: 'Zacharias', family: 'Quillfeather' }));
    const place = await stage(people.map((person) => ({ ...person, groups: ['retool-sales'] })));
    const retool = await serveRetool({}, {}, (request) => {
      if (request.method === 'GET') return undefined;
      calls += 1;
      const message = 'Zacharias Quillfeather <ann@acme.com> is not wanted';
      if (calls === 1)
        return Response.json({ success: false, message }, { status: 429, headers: { 'retry-after': '0' } });
      return calls % 2 === 0 ? Response.json({ success: false, message }, { status: 500 }) : undefined;
    });
    await place.write('bridge.yaml', config({ target: retool.url }));
    const { stderr } = await place.run('sync', '--json');
    expect(stderr.trim().split('\n').length).toBeGreaterThan(1);
    expect(stderr).not.toMatch(/Zacharias|Quillfeather|@acme|%40acme/);
  });
});
