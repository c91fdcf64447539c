/*
 * What reading many people from a CSV file, a Google Workspace account and an LDAP directory costs: each source is read
 * whole in a process of its own, and beside it the same data are fetched and parsed plainly, by the same library and
 * over the same pages, and thrown away. Prints CPU time, their ratio, and the peak memory of both processes.
 *
 *   ./bridge node bench/read-sources.ts [people] [groups]      # 100,000 and 100; needs Debian's slapd for LDAP
 */
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createGoogleSandbox, listen, type GoogleSandbox, type GoogleSeed } from '../src/sandbox/index.ts';
import { managerOf, managerPassword, startSlapd } from '../test/support/slapd.ts';

const people = Number(process.argv[2] ?? 100_000);
const groups = Number(process.argv[3] ?? 100);
const suffix = 'dc=acme,dc=com';
const root = join(import.meta.dirname, '..');

interface Cost {
  readonly users: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** Runs the body of an async function, which returns how many people it saw, in a process of its own. */
async function measure(body: string): Promise<Cost> {
  const code = `
    const load = (path) => import(new URL(path, ${JSON.stringify(pathToFileURL(`${root}/`).href)}));
    const users = await (async () => { ${body} })();
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    console.log(JSON.stringify({ users, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMb: maxRSS / 1024 }));`;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', code],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  await new Promise((resolve) => child.on('close', resolve));
  return JSON.parse(stdout) as Cost;
}

/** A read by the source itself. */
function bySource(options: object, secrets: Readonly<Record<string, string>>): string {
  return `
    const { readFile } = await import('node:fs/promises');
    const [{ sourceTypes }, { Secret }, { systemClock }, { silentLogger }] = await Promise.all(
      ['src/sources/index.ts', 'src/model/secret.ts', 'src/runtime/clock.ts', 'src/runtime/logger.ts'].map(load),
    );
    const secrets = ${JSON.stringify(secrets)};
    const raw = JSON.parse(${JSON.stringify(JSON.stringify(options))}, (_key, value) =>
      typeof value === 'string' && value in secrets ? new Secret(secrets[value], value) : value);
    const type = sourceTypes[raw.type];
    const parts = { clock: systemClock(), random: () => 0.5, fetch, logger: silentLogger, env: {}, directory: '/', readFile, listFolder: async () => [] };
    const source = (await type.load())('bench', type.options.parse(raw), parts);
    return (await source.read(new AbortController().signal)).users.length;`;
}

function report(name: string, source: Cost, plain: Cost): void {
  const ratio = (source.cpuSeconds / plain.cpuSeconds).toFixed(2);
  const line = (what: string, { users, cpuSeconds, peakMb }: Cost): string =>
    `${name.padEnd(8)} ${what.padEnd(7)} ${String(users).padStart(8)} people  ${cpuSeconds.toFixed(1).padStart(6)} s CPU  ${peakMb.toFixed(0).padStart(5)} MB at most`;
  process.stdout.write(`${line('plain', plain)}\n${line('source', source)}  (${ratio} times the CPU)\n`);
}

const person = (index: number) => ({
  id: `1${String(index).padStart(20, '0')}`,
  mail: `person${index}@acme.com`,
  given: `Given${index}`,
  family: `Family${index % 700}`,
  department: `Department ${index % 40}`,
});
const everybody = Array.from({ length: people }, (_, index) => person(index));
const membersOf = (group: number) => everybody.filter((_, index) => index % groups === group);

async function csv(folder: string): Promise<void> {
  const file = join(folder, 'people.csv');
  const rows = everybody.map(({ id, mail, given, family, department }, index) =>
    [id, mail, given, family, department, `team-${index % groups}`].join(','),
  );
  await writeFile(file, ['Id,Mail,First,Last,Dept,Teams', ...rows, ''].join('\r\n'));
  const columns = {
    id: 'Id',
    userName: 'Mail',
    givenName: 'First',
    familyName: 'Last',
    department: 'Dept',
    groups: 'Teams',
  };
  const plain = `
    const { readFile } = await import('node:fs/promises');
    const { parse } = await import('csv-parse/sync');
    return parse(await readFile(${JSON.stringify(file)}), { columns: true }).length;`;
  report(
    'csv',
    await measure(bySource({ type: 'file', path: file, format: 'csv', columns }, {})),
    await measure(plain),
  );
}

function account(): GoogleSeed {
  return {
    users: everybody.map(({ id, mail, given, family, department }) => ({
      id,
      primaryEmail: mail,
      given,
      family,
      suspended: false,
      archived: false,
      aliases: [],
      orgUnitPath: '/',
      title: 'Clerk',
      department,
      employeeNumber: id,
    })),
    groups: Array.from({ length: groups }, (_, group) => ({
      id: `0g${group}`,
      email: `team-${group}@acme.com`,
      name: `team-${group}`,
      description: '',
      members: new Set(membersOf(group).map(({ id }) => id)),
      everybody: false,
    })),
  };
}

/** The stand-in sorts for each page; what it answered once it answers again, so that its time is not what is waited for. */
function keeping({ fetch: answer }: GoogleSandbox): (request: Request) => Promise<Response> {
  const kept = new Map<string, string>();
  const headers = { 'content-type': 'application/json' };
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const page = `${pathname} ${searchParams.get('pageToken')}`;
    const found = kept.get(page);
    if (found !== undefined) return new Response(found, { headers });
    const response = await answer(request);
    const text = await response.text();
    if (request.method === 'GET' && response.status === 200) kept.set(page, text);
    return new Response(text, { status: response.status, headers });
  };
}

async function google(): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const sandbox = createGoogleSandbox({
    seed: account(),
    serviceAccount: {
      clientEmail: 'bench@x',
      publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    },
    administrator: 'admin@acme.com',
    now: Date.now,
  });
  const { url, close } = await listen(keeping(sandbox), { host: '127.0.0.1', port: 0 });
  const key = {
    type: 'service_account',
    client_email: 'bench@x',
    private_key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
  };
  const endpoints = { login: url, directory: url };
  const auth = { serviceAccount: 'the key', subject: 'admin@acme.com' };
  const read = bySource(
    { type: 'google', customer: 'my_customer', auth, endpoints },
    { 'the key': JSON.stringify(key) },
  );
  await measure(read);
  const plain = `
    const lists = [['users', '/users?customer=my_customer&projection=full&orderBy=email&maxResults=500'],
      ['groups', '/groups?customer=my_customer&maxResults=200'],
      ...Array.from({ length: ${groups} }, (_, group) => ['members', '/groups/0g' + group + '/members?maxResults=200'])];
    let users = 0;
    for (const [name, path] of lists) {
      for (let token = ''; token !== undefined;) {
        const response = await fetch(${JSON.stringify(url)} + '/admin/directory/v1' + path + (token === '' ? '' : '&pageToken=' + token));
        const page = await response.json();
        if (name === 'users') users += page.users.length;
        token = page.nextPageToken;
      }
    }
    return users;`;
  report('google', await measure(read), await measure(plain));
  await close();
}

async function ldap(): Promise<void> {
  const entries = everybody.map(({ mail, given, family }, index) => ({
    dn: `uid=p${index},${suffix}`,
    attributes: {
      objectClass: 'inetOrgPerson',
      uid: `p${index}`,
      cn: given,
      givenName: given,
      sn: family,
      mail,
    },
  }));
  const teams = Array.from({ length: groups }, (_, group) => ({
    dn: `cn=team-${group},${suffix}`,
    attributes: {
      objectClass: 'groupOfNames',
      cn: `team-${group}`,
      member: everybody.flatMap((_, index) => (index % groups === group ? [`uid=p${index},${suffix}`] : [])),
    },
  }));
  const top = {
    dn: suffix,
    attributes: { objectClass: ['dcObject', 'organization'], dc: 'acme', o: 'Acme' },
  };
  const settings = ['index objectClass eq', 'dbnosync'];
  const slapd = await startSlapd({
    suffixes: [{ dn: suffix, entries: [top, ...entries, ...teams], settings }],
  });
  const bind = { dn: managerOf(suffix), password: 'the password' };
  const read = bySource(
    { type: 'ldap', url: slapd.url, bind, base: suffix },
    { 'the password': managerPassword },
  );
  const plain = `
    const { Client } = await import('ldapts');
    const client = new Client({ url: ${JSON.stringify(slapd.url)} });
    await client.bind(${JSON.stringify(bind.dn)}, ${JSON.stringify(managerPassword)});
    let users = 0;
    const attributes = ['entryUUID', 'uid', 'mail', 'givenName', 'sn', 'displayName', 'title', 'cn', 'ou', 'l'];
    for await (const page of client.searchPaginated(${JSON.stringify(suffix)}, { filter: '(objectClass=inetOrgPerson)', attributes, paged: { pageSize: 500 } }))
      users += page.searchEntries.length;
    for await (const page of client.searchPaginated(${JSON.stringify(suffix)}, { filter: '(objectClass=groupOfNames)', attributes: ['cn', 'member', 'entryUUID'], paged: { pageSize: 500 } }))
      void page.searchEntries.length;
    await client.unbind();
    return users;`;
  report('ldap', await measure(read), await measure(plain));
  await slapd.stop();
}

const folder = await mkdtemp(join(tmpdir(), 'bench-'));
try {
  await csv(folder);
  await google();
  if (existsSync('/usr/sbin/slapd')) await ldap();
  else process.stdout.write('ldap     left out: there is no slapd\n');
} finally {
  await rm(folder, { recursive: true, force: true });
}
