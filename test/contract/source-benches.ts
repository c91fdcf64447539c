import { generateKeyPairSync } from 'node:crypto';
import type { Clock } from '../../src/model/ports.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Source } from '../../src/model/source.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import {
  createEntraSandbox,
  createGoogleSandbox,
  createOktaSandbox,
  googleSeedOf,
  type World,
} from '../../src/sandbox/index.ts';
import { createSource as createEntraSource } from '../../src/sources/entra/index.ts';
import { EntraOptions } from '../../src/sources/entra/schema.ts';
import { createSource as createFileSource } from '../../src/sources/file/index.ts';
import { FileOptions } from '../../src/sources/file/schema.ts';
import { createSource as createGoogleSource } from '../../src/sources/google/index.ts';
import { GoogleOptions } from '../../src/sources/google/schema.ts';
import { createSource as createLdapSource } from '../../src/sources/ldap/index.ts';
import { LdapOptions } from '../../src/sources/ldap/schema.ts';
import { createSource as createOktaSource } from '../../src/sources/okta/index.ts';
import { OktaOptions } from '../../src/sources/okta/schema.ts';
import { tapLdap } from '../support/ldap-tap.ts';
import { managerOf, managerPassword, slapdIsMissing, startSlapd, type Entry } from '../support/slapd.ts';
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts';
import { healthy, through, type Fault } from './source-faults.ts';
import { entraPages, googlePages, oktaPages, reversed, type Paging } from './source-paging.ts';
import {
  contractWorld,
  csvFilesOf,
  desertedWorld,
  ldapEntriesOf,
  scimFileOf,
  shownByEntra,
  shownByGoogle,
  shownByLdap,
  shownByOkta,
  type Shown,
} from './source-worlds.ts';

/** How a source is to be opened; everything else is as it should be. */
export interface Setting {
  readonly world?: World;
  /** `reversed`: everything the source tells is told in another order. */
  readonly order?: 'usual' | 'reversed';
  readonly fault?: Fault;
  /** `wrong`: the source is asked with credentials that it does not know. */
  readonly credentials?: 'right' | 'wrong';
  /** The system's own limit on requests, so low that a read must meet it. */
  readonly limit?: 'none' | 'tight';
}

export interface OpenSource {
  readonly source: Source;
  readonly clock: VirtualClock;
  /** Every request sent, in order; none for a file. */
  readonly seen: readonly Request[];
}

/** One kind of source with what the contract needs to know of it. */
export interface SourceBench {
  readonly name: string;
  /** What a clean read of a world shows. */
  readonly shown: (world: World) => Shown;
  /** An id as the source makes them, of nobody. */
  readonly nobody: string;
  readonly open: (setting?: Setting) => OpenSource;
  /** Starts what stands behind the source, before anything is opened; what it gives stops it again. */
  readonly prepare?: () => Promise<() => Promise<void>>;
  /** Whether this machine lacks what the bench needs. */
  readonly isMissing?: boolean;
}

/** A source behind HTTP. */
export interface HttpBench extends SourceBench {
  readonly paging: Paging;
  /** Where it answers, sign-in included. */
  readonly origin: string;
  /** How it says that there were too many requests, and that 20 seconds later there may be more. */
  readonly throttled: (now: number) => Response;
  /** A source whose access token stops being accepted once `expire` is called; null when the system has none that do. */
  readonly openExpiring: (fault: (expire: () => void) => Fault) => OpenSource;
  /** Opens a source during whose list of people an admin changes people who were read and people who were not. */
  readonly openChanging: () => OpenSource;
}

const origin = 'https://directory.example';

/**
 * Time for code that works on other threads, as signing does: virtual time would run past every deadline meanwhile.
 * Here short waits are over at once and long ones never, and it begins with the machine's own time, which is what
 * a library stamps its signatures with.
 */
export function patientClock(): VirtualClock {
  return {
    ...createVirtualClock({ now: Date.now() }),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        if (ms < 30_000) setImmediate(resolve);
      }),
  };
}

function partsOf(clock: Clock) {
  return { clock, random: () => 0.5, logger: silentLogger };
}

/** Everything between a source and a stand-in: small pages, the order asked for, and the fault. */
function wire(paging: Paging, { order = 'usual', fault = healthy }: Setting): Fault {
  return (request, pass) =>
    fault(request, (instead = request) => {
      const small = paging.withSmallPages(instead);
      const answer = (): Promise<Response> => pass(small);
      return order === 'usual' ? answer() : reversed(paging)(small, answer);
    });
}

const oktaToken = new Secret('secret', 'environment variable OKTA_API_TOKEN');

function oktaSource(auth: object, clock: VirtualClock, fetch: ReturnType<typeof through>): Source {
  const options = OktaOptions.parse({ type: 'okta', orgUrl: origin, auth, scope: { everything: true } });
  return createOktaSource('okta', options, { ...partsOf(clock), fetch });
}

function openOkta(
  setting: Setting = {},
): OpenSource & { readonly admin: ReturnType<typeof createOktaSandbox>['admin'] } {
  const { world = contractWorld(), credentials = 'right', limit = 'none' } = setting;
  const clock = createVirtualClock();
  const token = credentials === 'right' ? oktaToken.reveal() : 'another';
  const limits = limit === 'tight' ? { users: 2, groups: 3 } : 'unlimited';
  const sandbox = createOktaSandbox({ world, token, now: clock.now, limits });
  const seen: Request[] = [];
  const fetch = through(sandbox.fetch, wire(oktaPages, setting), seen);
  return { source: oktaSource({ token: oktaToken }, clock, fetch), clock, seen, admin: sandbox.admin };
}

const oktaBench: HttpBench = {
  name: 'okta',
  shown: shownByOkta,
  nobody: '00uNobodyHere0000000',
  paging: oktaPages,
  origin,
  open: openOkta,
  throttled: (now) =>
    new Response('{"errorCode":"E0000047"}', {
      status: 429,
      headers: {
        'content-type': 'application/json',
        date: new Date(now).toUTCString(),
        'x-rate-limit-limit': '600',
        'x-rate-limit-remaining': '0',
        'x-rate-limit-reset': String(Math.ceil(now / 1_000) + 20),
      },
    }),
  openExpiring(fault) {
    const clock = patientClock();
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    let skew = 0;
    const sandbox = createOktaSandbox({
      world: contractWorld(),
      token: 'unused',
      now: () => clock.now() + skew,
      serviceApp: {
        clientId: 'service',
        publicKey: publicKey.export({ format: 'jwk' }),
        tokenLifetimeSeconds: 60,
      },
    });
    const seen: Request[] = [];
    const setting = { fault: fault(() => void (skew = 70_000)) };
    const key = new Secret(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), 'file okta.pem');
    const auth = { privateKey: { clientId: 'service', key } };
    return {
      source: oktaSource(auth, clock, through(sandbox.fetch, wire(oktaPages, setting), seen)),
      clock,
      seen,
    };
  },
  openChanging() {
    const { people } = contractWorld();
    const withStatus = (status: string): readonly string[] =>
      people.flatMap(({ okta }) => (okta?.status === status ? [okta.id] : [])).toSorted();
    const opened = openOkta({
      fault: afterFirst(oktaPages, () => {
        // The list comes by status: the first goes to its end, where it is met again, the second away from there.
        opened.admin.suspendUser(withStatus('ACTIVE')[0] ?? '');
        opened.admin.unsuspendUser(withStatus('SUSPENDED')[0] ?? '');
        opened.admin.updateProfile(withStatus('ACTIVE')[1] ?? '', { title: 'New' });
      }),
    });
    return opened;
  },
};

const entraApp = { tenantId: 'ac3e0000-0000-4000-8000-000000000001', clientId: 'app', clientSecret: 'hush' };

function entraSource(clock: VirtualClock, fetch: ReturnType<typeof through>): Source {
  const secret = new Secret(entraApp.clientSecret, 'environment variable ENTRA_CLIENT_SECRET');
  const options = EntraOptions.parse({
    type: 'entra',
    tenantId: entraApp.tenantId,
    auth: { clientSecret: { clientId: entraApp.clientId, secret } },
    scope: { everything: true, nested: true },
    endpoints: { login: origin, graph: origin },
  });
  return createEntraSource('entra', options, { ...partsOf(clock), fetch, env: {}, directory: '/' });
}

export function openEntra(
  setting: Setting = {},
): OpenSource & { readonly admin: ReturnType<typeof createEntraSandbox>['admin'] } {
  const { world = contractWorld(), credentials = 'right', limit = 'none' } = setting;
  const clock = createVirtualClock();
  const client = credentials === 'right' ? entraApp : { ...entraApp, clientSecret: 'another' };
  const requestsPer10Seconds = limit === 'tight' ? 3 : 'unlimited';
  const sandbox = createEntraSandbox({ ...client, world, now: clock.now, requestsPer10Seconds });
  const seen: Request[] = [];
  const fetch = through(sandbox.fetch, wire(entraPages, setting), seen);
  return { source: entraSource(clock, fetch), clock, seen, admin: sandbox.admin };
}

const entraBench: HttpBench = {
  name: 'entra',
  shown: shownByEntra,
  nobody: '00000000-0000-4000-8000-00000000dead',
  paging: entraPages,
  origin,
  open: openEntra,
  throttled: () =>
    new Response('{"error":{"code":"TooManyRequests","message":"Too many requests"}}', {
      status: 429,
      headers: { 'content-type': 'application/json', 'retry-after': '20' },
    }),
  openExpiring(fault) {
    const clock = createVirtualClock();
    let skew = 0;
    const world = contractWorld();
    const sandbox = createEntraSandbox({ ...entraApp, world, now: () => clock.now() + skew });
    const seen: Request[] = [];
    const setting = { fault: fault(() => void (skew = 4_000_000)) };
    return {
      source: entraSource(clock, through(sandbox.fetch, wire(entraPages, setting), seen)),
      clock,
      seen,
    };
  },
  openChanging() {
    const ids = contractWorld().people.flatMap(({ entra }) =>
      entra?.userType === 'Member' ? [entra.id] : [],
    );
    const [first = '', ...others] = ids.toSorted();
    const opened = openEntra({
      fault: afterFirst(entraPages, () => {
        opened.admin.deleteUser(first);
        opened.admin.updateUser(others.at(-1) ?? '', { jobTitle: 'New' });
        opened.admin.disableUser(others[0] ?? '');
      }),
    });
    return opened;
  },
};

const googleKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const administrator = 'admin@acme.com';
const clientEmail = 'bridge@project.iam.gserviceaccount.com';

/** A key file as Google gives it, of the account that the stand-in knows or of another. */
function googleKeyFile(credentials: 'right' | 'wrong'): Secret {
  const { privateKey } =
    credentials === 'right' ? googleKeys : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = {
    type: 'service_account',
    client_email: clientEmail,
    private_key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    private_key_id: '1',
  };
  return new Secret(JSON.stringify(key), 'file key.json');
}

function openGoogle(
  setting: Setting & { readonly skew?: () => number; readonly tokenLifetimeSeconds?: number } = {},
): OpenSource & { readonly admin: ReturnType<typeof createGoogleSandbox>['admin'] } {
  const { world = contractWorld(), credentials = 'right', limit = 'none', skew = () => 0 } = setting;
  const { tokenLifetimeSeconds = 3_599 } = setting;
  const clock = createVirtualClock();
  const publicKey = googleKeys.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const sandbox = createGoogleSandbox({
    seed: googleSeedOf(world),
    serviceAccount: { clientEmail, publicKey },
    administrator,
    now: () => clock.now() + skew(),
    tokenLifetimeSeconds,
    requestsPerMinute: limit === 'tight' ? 5 : 'unlimited',
  });
  const seen: Request[] = [];
  const options = GoogleOptions.parse({
    type: 'google',
    customer: 'my_customer',
    auth: { serviceAccount: googleKeyFile(credentials), subject: administrator },
    nested: true,
    endpoints: { login: origin, directory: origin },
  });
  const fetch = through(sandbox.fetch, wire(googlePages, setting), seen);
  return {
    source: createGoogleSource('google', options, { ...partsOf(clock), fetch }),
    clock,
    seen,
    admin: sandbox.admin,
  };
}

const googleBench: HttpBench = {
  name: 'google',
  shown: shownByGoogle,
  nobody: '199999999999999999999',
  paging: googlePages,
  origin,
  open: openGoogle,
  throttled: () =>
    new Response(
      '{"error":{"code":429,"message":"Rate Limit Exceeded","errors":[{"reason":"rateLimitExceeded"}]}}',
      {
        status: 429,
        headers: { 'content-type': 'application/json', 'retry-after': '20' },
      },
    ),
  openExpiring(fault) {
    let skew = 0;
    return openGoogle({
      fault: fault(() => void (skew = 70_000)),
      skew: () => skew,
      tokenLifetimeSeconds: 60,
    });
  },
  openChanging() {
    const { users } = googleSeedOf(contractWorld());
    const [first, second, ...others] = users.toSorted((one, other) =>
      one.primaryEmail < other.primaryEmail ? -1 : 1,
    );
    const opened = openGoogle({
      fault: afterFirst(googlePages, () => {
        // The list comes by address: one goes to its end, where it is met again, and another comes to its beginning.
        opened.admin.deleteUser(first?.id ?? '');
        opened.admin.updateUser(second?.id ?? '', { primaryEmail: 'zzz@acme.com' });
        opened.admin.updateUser(others.at(-1)?.id ?? '', { primaryEmail: 'aaa@acme.com' });
      }),
    });
    return opened;
  },
};

/** Lets something happen once, right after the first page of people was answered. */
function afterFirst(paging: Paging, happens: () => void): Fault {
  let over = false;
  return async (request, pass) => {
    const response = await pass();
    if (!over && paging.people.test(new URL(request.url).pathname)) {
      over = true;
      happens();
    }
    return response;
  };
}

/** What a file's bytes are, which is all that can go wrong with them. */
export interface FileSetting extends Setting {
  readonly spoil?: (text: string) => string;
}

export function openFile({
  world = contractWorld(),
  order = 'usual',
  spoil = (text) => text,
}: FileSetting = {}): OpenSource {
  const clock = createVirtualClock();
  const { Users, Groups } = scimFileOf(world);
  const inOrder = (rows: readonly object[]) =>
    order === 'usual' ? rows : rows.toReversed().map(membersReversed);
  const text = spoil(JSON.stringify({ Users: inOrder(Users), Groups: inOrder(Groups) }));
  const readFile = async (): Promise<Uint8Array> => new TextEncoder().encode(text);
  const source = createFileSource(
    'staff',
    { type: 'file', path: 'x.json' },
    { clock, directory: '/', readFile, listFolder: async () => [] },
  );
  return { source, clock, seen: [] };
}

/** People and memberships in two CSV files. */
function openCsv({ world = contractWorld(), order = 'usual' }: Setting = {}): OpenSource {
  const clock = createVirtualClock();
  const files = csvFilesOf(world, order);
  const options = FileOptions.parse({
    type: 'file',
    path: 'people.csv',
    format: 'csv',
    columns: { id: 'EmpNo', userName: 'Mail', givenName: 'Given', familyName: 'Family', active: 'Works' },
    memberships: { path: 'memberships.csv', columns: { group: 'Group', name: 'Name', member: 'Member' } },
  });
  const readFile = async (path: string): Promise<Uint8Array> =>
    new TextEncoder().encode(path.endsWith('people.csv') ? files.people : files.memberships);
  const parts = { clock, directory: '/', readFile, listFolder: async () => [] };
  return { source: createFileSource('hr', options, parts), clock, seen: [] };
}

const csvBench: SourceBench = { name: 'file of CSV', shown: shownByEntra, nobody: 'nobody', open: openCsv };

/** A real OpenLDAP server for each of the ways in which the contract tells a world. */
function ldapBench(): SourceBench {
  const dn = 'dc=acme';
  const urls = new Map<string, string>();
  const seen: Request[] = [];
  async function serve(name: string, entries: readonly Entry[]): Promise<() => Promise<void>> {
    const slapd = await startSlapd({ suffixes: [{ dn, entries }] });
    const tap = await tapLdap(slapd.url, () => {
      seen.push(new Request('https://directory.example/search'));
      return 'pass';
    });
    urls.set(name, tap.url);
    return async () => {
      await tap.stop();
      await slapd.stop();
    };
  }
  return {
    name: 'ldap',
    shown: shownByLdap,
    nobody: '00000000-0000-4000-8000-00000000dead',
    isMissing: slapdIsMissing,
    async prepare() {
      const stops = await Promise.all([
        serve('usual', ldapEntriesOf(contractWorld(), dn, 'usual')),
        serve('reversed', ldapEntriesOf(contractWorld(), dn, 'reversed')),
        serve('deserted', ldapEntriesOf(desertedWorld(), dn, 'usual')),
      ]);
      return async () => {
        for (const stop of stops) await stop();
      };
    },
    open({ world, order = 'usual' } = {}) {
      seen.length = 0;
      const options = LdapOptions.parse({
        type: 'ldap',
        url: urls.get(world?.people.length === 0 ? 'deserted' : order),
        base: dn,
        bind: { dn: managerOf(dn), password: new Secret(managerPassword, 'environment variable LDAP') },
        groups: { name: 'description', nested: true },
        active: { attribute: 'employeeType', active: ['works'], inactive: ['left'] },
      });
      const clock = patientClock();
      const parts = { clock, random: () => 0.5, directory: '/', readFile: async () => new Uint8Array() };
      return { source: createLdapSource('ldap', options, parts), clock, seen };
    },
  };
}

function membersReversed(row: object): object {
  return 'members' in row && Array.isArray(row.members) ? { ...row, members: row.members.toReversed() } : row;
}

const fileBench: SourceBench = { name: 'file', shown: shownByEntra, nobody: 'nobody', open: openFile };

/** Every source that is read over HTTP. */
export const httpBenches: readonly HttpBench[] = [oktaBench, entraBench, googleBench];

/** Every source: a new one is one line here. */
export const benches: readonly SourceBench[] = [fileBench, csvBench, ldapBench(), ...httpBenches];
