import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

/*
 * A real OpenLDAP server for tests: a process of its own over a folder of its own, on loopback. It is Debian's package
 * slapd; where that is not installed, tests that need it are left out, but never on CI.
 */

const run = promisify(execFile);
const program = '/usr/sbin/slapd';

export const slapdIsMissing = !existsSync(program) && process.env['CI'] !== 'true';

/** A value of an attribute: text, or bytes that are none. */
type Value = string | Buffer;

/** An entry: its name, and its attributes, each with one value or several. */
export interface Entry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, Value | readonly Value[]>>;
}

/** A part of a directory, with a database of its own. */
export interface Suffix {
  readonly dn: string;
  readonly entries: readonly Entry[];
  /** Further lines of its configuration, such as access rules and limits. */
  readonly settings?: readonly string[];
}

export interface Slapd {
  readonly url: string;
  /** The same directory, encrypted from the first byte; only with a certificate. */
  readonly secureUrl: string;
  stop(): Promise<void>;
}

export interface SlapdOptions {
  readonly suffixes: readonly Suffix[];
  /** Files in PEM. */
  readonly certificate?: { readonly certificate: string; readonly key: string };
  /** Further definitions of attributes and classes, in the server's own form. */
  readonly schema?: readonly string[];
}

export const managerPassword = 'secret-of-the-manager';

/** The name that may read everything below a suffix. */
export function managerOf(suffix: string): string {
  return `cn=manager,${suffix}`;
}

/** Starts a server that holds these entries; it is ready when this resolves. */
export async function startSlapd({ suffixes, certificate, schema = [] }: SlapdOptions): Promise<Slapd> {
  const home = await mkdtemp(path.join(tmpdir(), 'slapd-'));
  const config = path.join(home, 'slapd.conf');
  const databases = await Promise.all(
    suffixes.map((suffix, index) => database(suffix, path.join(home, `db${index}`))),
  );
  await writeFile(config, [...preamble(home, certificate), ...schema, ...databases.flat(), ''].join('\n'), {
    mode: 0o600,
  });
  for (const [index, { dn, entries }] of suffixes.entries()) {
    const ldif = path.join(home, `${index}.ldif`);
    await writeFile(ldif, entries.map(ldifOf).join('\n'));
    await run('/usr/sbin/slapadd', ['-q', '-f', config, '-b', dn, '-l', ldif]);
  }
  const [port, securePort] = [await freePort(), await freePort()];
  const url = `ldap://127.0.0.1:${port}`;
  const secureUrl = `ldaps://127.0.0.1:${securePort}`;
  const urls = certificate === undefined ? url : `${url} ${secureUrl}`;
  const server = spawn(program, ['-d', '0', '-f', config, '-h', urls], { stdio: 'ignore' });
  await untilOpen(port, server);
  return {
    url,
    secureUrl,
    async stop() {
      const gone = once(server, 'exit');
      server.kill('SIGTERM');
      await gone;
      await rm(home, { recursive: true, force: true });
    },
  };
}

function preamble(home: string, certificate: SlapdOptions['certificate']): readonly string[] {
  const schemas = ['core', 'cosine', 'inetorgperson'].map(
    (name) => `include /etc/ldap/schema/${name}.schema`,
  );
  const tls =
    certificate === undefined
      ? []
      : [`TLSCertificateFile ${certificate.certificate}`, `TLSCertificateKeyFile ${certificate.key}`];
  return [
    ...schemas,
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    `pidfile ${path.join(home, 'slapd.pid')}`,
    'sizelimit size.soft=unlimited size.hard=unlimited size.prtotal=unlimited',
    ...tls,
  ];
}

async function database({ dn, settings = [] }: Suffix, folder: string): Promise<readonly string[]> {
  await mkdir(folder);
  return [
    'database mdb',
    `suffix "${dn}"`,
    `rootdn "${managerOf(dn)}"`,
    `rootpw ${managerPassword}`,
    `directory ${folder}`,
    'maxsize 1073741824',
    ...settings,
  ];
}

/** LDIF (RFC 2849), every value in base64: then it may be anything. */
function ldifOf({ dn, attributes }: Entry): string {
  const lines = Object.entries(attributes).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}:: ${Buffer.from(value).toString('base64')}\n`),
  );
  return `dn:: ${Buffer.from(dn).toString('base64')}\n${lines.join('')}`;
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A server that is starting refuses connections for some milliseconds. */
async function untilOpen(port: number, server: ReturnType<typeof spawn>): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (server.exitCode !== null) throw new Error(`slapd ended with ${server.exitCode}`);
    const socket = net.connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await wait(20);
    } finally {
      socket.destroy();
    }
  }
  throw new Error('slapd did not open its port');
}

/** The characters of a value that would mean something in a name (RFC 4514 section 2.4). */
export function escapedInName(value: string): string {
  const inner = value.replaceAll(/[",+;<>\\]/g, String.raw`\$&`).replaceAll('\n', String.raw`\0a`);
  return inner.replace(/^[ #]/, String.raw`\$&`).replace(/ $/, String.raw`\ `);
}
