import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { readConfigs, systemSurroundings } from '../../src/compose.ts';
import {
  generateWorld,
  serveSandbox,
  sampleEnvironment,
  type ServedSandbox,
} from '../../src/sandbox/index.ts';
import { allPages, blocksOf, pageText, type Block } from '../support/pages.ts';
import { openShell, type Shell } from './shell.ts';

/*
 * What the documents show, done as a reader would: each page from top to bottom, in a folder and a shell of its own,
 * against stand-ins on loopback. docs/adr/0024-what-the-documents-show-is-run.md says what a block may ask for.
 */

/** Pages about what this version does not know yet: neither run nor loaded. */
const later: readonly string[] = [];

const pagesToRun = [
  'README.md',
  'docs/tutorial.md',
  'docs/how-to/okta.md',
  'docs/how-to/entra.md',
  'docs/how-to/moving-from-scim-or-scripts.md',
  'docs/how-to/invites-on-a-business-plan.md',
  'docs/how-to/several-spaces.md',
  'docs/how-to/kubernetes.md',
];

/** How many blocks of a page need what is not here, such as a cluster; test/unit/docs looks at their commands. */
const notRun = new Map([['docs/how-to/kubernetes.md', 6]]);

/** The built program; a run of vitest without `./bridge test` uses the sources as they are. */
const program = process.env['BRIDGE_CLI'] ?? join(import.meta.dirname, '../../src/cli/main.ts');

/** A reader who has a checkout: `./bridge` is there, and `retool-bridge` unless the page itself sees to that. */
interface Reader {
  readonly shell: Shell;
  /** A block as it stands on the page, with the stand-ins' addresses. */
  readonly here: (text: string) => string;
  readonly secrets: Readonly<Record<string, string>>;
}

async function readerOf(page: string): Promise<Reader> {
  const folder = await mkdtemp(join(tmpdir(), 'retool-bridge-docs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const bin = join(folder, 'home/.local/bin');
  await mkdir(bin, { recursive: true });
  const wrapper = join(folder, 'bridge');
  await writeFile(wrapper, `#!/bin/sh\nexec node --disable-warning=ExperimentalWarning '${program}' "$@"\n`);
  await chmod(wrapper, 0o755);
  if (!pageText(page).includes('ln -sf')) await symlink(wrapper, join(bin, 'retool-bridge'));
  const shell = await openShell(folder, {
    HOME: join(folder, 'home'),
    PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
  });
  const served = await serveWorld();
  const lab = await serveWorld();
  const port = await threeFreePorts();
  const here = (text: string): string => onLoopback(text, { served, lab, port });
  const RETOOL_PROD_TOKEN = served.retool.token;
  const RETOOL_LAB_TOKEN = lab.retool.token;
  return { shell, here, secrets: { ...sampleEnvironment(served), RETOOL_PROD_TOKEN, RETOOL_LAB_TOKEN } };
}

async function serveWorld(): Promise<ServedSandbox> {
  const served = await serveSandbox({
    port: 0,
    world: generateWorld({ users: 40, groups: 8, seed: 1 }),
    now: () => Date.now(),
    retoolRequestsPerMinute: 'unlimited',
  });
  onTestFinished(() => served.close());
  return served;
}

/** What listens here. */
interface Places {
  readonly served: ServedSandbox;
  /** For the second Space. */
  readonly lab: ServedSandbox;
  /** Where a page's own `retool-bridge sandbox` listens; it takes the next two as well. */
  readonly port: number;
}

/** Puts what listens here in place of the addresses and ids that the documents use. */
function onLoopback(text: string, { served, lab, port }: Places): string {
  const { okta, entra, retool } = served;
  return text
    .replaceAll('https://acme.okta.com', okta.url)
    .replaceAll(
      /^( +)baseUrl: https:\/\/(lab\.)?acme\.retool\.com/gm,
      (_, indent: string, space: string | undefined) =>
        `${indent}baseUrl: ${space === undefined ? retool.url : lab.retool.url}\n${indent}requestsPerMinute: 100000`,
    )
    .replaceAll(
      /^( +)tenantId: 0{8}.*/gm,
      `$1tenantId: ${entra.tenantId}\n$1endpoints: { login: "${entra.loginUrl}", graph: "${entra.url}" }`,
    )
    .replaceAll('11111111-1111-1111-1111-111111111111', entra.clientId)
    .replaceAll(/:480([012])\b/g, (_, offset: string) => `:${port + Number(offset)}`)
    .replaceAll('retool-bridge sandbox', `retool-bridge sandbox --port ${port}`);
}

/** The first of three ports in a row on which nothing listens. */
async function threeFreePorts(): Promise<number> {
  for (;;) {
    const first = await freePort(0);
    const others = [first + 1, first + 2].map((port) => freePort(port).catch(() => 0));
    if (!(await Promise.all(others)).includes(0)) return first;
  }
}

function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A reader's runs are minutes apart and these are not: they may not wait for Retool's quota. */
async function raiseQuota(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  for (const name of names) {
    const file = join(folder, name);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('requestsPerMinute: 45 ', 'requestsPerMinute: 100000 '));
  }
}

const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** What following a block came to: what it printed, and what is not as the page says. */
interface Followed {
  readonly printed: string;
  readonly faults: readonly string[];
}

/** Does what a block says; `printed` is what the blocks before it have printed last. */
async function follow(reader: Reader, block: Block, printed: string): Promise<Followed> {
  const { shell, here } = reader;
  const text = here(block.text);
  const directive = block.directive ?? '';
  const [, file] = /^file (\S+)$/.exec(directive) ?? [];
  const [, code = '0'] = /^exits (\d)$/.exec(directive) ?? [];
  const [, says] = /^goes on, says "(.+)"$/.exec(directive) ?? [];
  const well = { printed, faults: [] };
  if (file !== undefined) return writeFile(join(shell.folder(), file), text).then(() => well);
  if (directive === 'prints') return { printed, faults: notIn(printed, text, block) };
  if (directive === 'variables') return setVariables(reader, text).then(() => well);
  if (says !== undefined) return shell.start(text, says).then(() => well);
  if (block.language !== 'sh' || directive.startsWith('not run')) return well;
  const ran = await shell.run(text);
  await raiseQuota(shell.folder());
  const fault = `${block.page}:${block.line} exits ${ran.code} and not ${code}: ${ran.output}`;
  return { printed: ran.output, faults: ran.code === Number(code) ? [] : [fault] };
}

function notIn(printed: string, shown: string, { page, line }: Block): readonly string[] {
  return shown
    .split('\n')
    .flatMap((part) => part.split('…'))
    .filter((part) => !plain(printed).includes(plain(part)))
    .map((part) => `${page}:${line} is not printed: ${part}\nbut: ${printed}`);
}

async function setVariables({ shell, secrets }: Reader, text: string): Promise<void> {
  const names = [...text.matchAll(/^export (\w+)=/gm)].map(([, name = '']) => name);
  await shell.run(names.map((name) => `export ${name}='${secrets[name] ?? ''}'`).join('\n'));
}

describe('done as it is written', () => {
  test.each(pagesToRun.filter((page) => !later.includes(page)))(
    '%s',
    async (page) => {
      const reader = await readerOf(page);
      let printed = '';
      for (const block of blocksOf(page)) {
        const followed = await follow(reader, block, printed);
        expect(followed.faults).toEqual([]);
        ({ printed } = followed);
      }
    },
    120_000,
  );

  test('but for blocks that are counted here', () => {
    const counted = allPages().flatMap((page) => {
      const left = blocksOf(page).filter(({ directive }) => directive?.startsWith('not run') === true);
      return left.length === 0 ? [] : [[page, left.length] as const];
    });
    expect(new Map(counted)).toEqual(notRun);
  });

  test('with words before a block that are understood', () => {
    const known =
      /^(?:file \S+|prints|exits [0-5]|goes on, says ".+"|variables|not run, .+|part of sources\.(?:okta|entra|google))$/;
    const asked = allPages()
      .flatMap(blocksOf)
      .flatMap(({ directive }) => directive ?? []);
    expect(asked.filter((directive) => !known.test(directive))).toEqual([]);
    // A comment that stands too far from its block would ask for nothing.
    const written = allPages().flatMap((page) => pageText(page).match(/^<!-- test: /gm) ?? []);
    expect(written).toHaveLength(asked.length);
  });
});

/** What a part of a configuration is laid over, to be loaded. */
const base = {
  version: 1,
  sources: {
    okta: {
      type: 'okta',
      orgUrl: 'https://acme.okta.com',
      auth: { token: { env: 'OKTA_API_TOKEN' } },
      scope: { groups: ['retool-*'] },
    },
  },
  target: { baseUrl: 'https://acme.retool.com', token: { env: 'RETOOL_API_TOKEN' } },
  mapping: {
    user: { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.name.familyName' },
  },
  policy: 'sync',
  leavers: 'disable',
  state: 'sqlite:./bridge.db',
};

/** What a block that shows a part of a source is a part of. */
const sources: Readonly<Record<string, object>> = {
  okta: base.sources.okta,
  entra: {
    type: 'entra',
    tenantId: '00000000-0000-0000-0000-000000000000',
    auth: { clientSecret: { clientId: 'client', secret: { env: 'ENTRA_CLIENT_SECRET' } } },
    scope: { groups: ['Retool *'] },
  },
  google: { type: 'google', customer: 'my_customer' },
};

/** A whole configuration of what a block shows. */
function wholeOf({ text, directive }: Block): string {
  const shown: Record<string, unknown> = parse(text);
  const part = directive?.match(/^part of sources\.(\w+)$/)?.[1];
  if (part !== undefined) return stringify({ ...base, sources: { [part]: { ...sources[part], ...shown } } });
  if ('version' in shown) return text;
  const { target, state, ...shared } = base;
  return stringify('targets' in shown ? { ...shared, ...shown } : { ...shared, target, state, ...shown });
}

describe('every configuration is loaded', () => {
  const shown = allPages()
    .filter((page) => !later.includes(page))
    .flatMap(blocksOf)
    .filter(({ language }) => language === 'yaml');

  test.each(shown.map((block) => [`${block.page}:${block.line}`, block] as const))('%s', async (_, block) => {
    const folder = await mkdtemp(join(tmpdir(), 'retool-bridge-docs-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'bridge.yaml'), stringify(base));
    const file = join(folder, 'shown.yaml');
    await writeFile(file, block.text.includes('extends:') ? block.text : wholeOf(block));
    const configs = await readConfigs(file, systemSurroundings('silent'), { secrets: 'ignore' });
    expect(configs.map(({ sources }) => sources.length)).not.toContain(0);
  });

  test('there are some', () => {
    expect(shown.length).toBeGreaterThan(8);
  });
});
