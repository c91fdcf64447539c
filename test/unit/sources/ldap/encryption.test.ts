import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { slapdIsMissing, startSlapd, type Slapd } from '../../../support/slapd.ts';
import { never, person, root, sourceAt, suffix } from './support.ts';

const run = promisify(execFile);

/** A certificate for a host that vouches for itself. */
async function certificateFor(name: string, folder: string) {
  const files = { certificate: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
  const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${name}`];
  const form = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ];
  await run('openssl', [...form, ...subject, '-keyout', files.key, '-out', files.certificate]);
  return { ...files, pem: await readFile(files.certificate, 'utf8') };
}

type Certificate = Awaited<ReturnType<typeof certificateFor>>;

describe.skipIf(slapdIsMissing)('an encrypted connection', () => {
  let own: Certificate;
  let others: Certificate;
  let servers: { readonly right: Slapd; readonly wrong: Slapd };

  beforeAll(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'certificates-'));
    own = await certificateFor('IP:127.0.0.1', folder);
    others = await certificateFor('DNS:other.example', folder);
    const suffixes = [
      {
        dn: suffix,
        entries: [root, person('ann', 1)],
        settings: ['security tls=1', 'access to * by * read'],
      },
    ];
    servers = {
      right: await startSlapd({ suffixes, certificate: own }),
      wrong: await startSlapd({ suffixes, certificate: others }),
    };
    return async () => {
      await Promise.all([servers.right.stop(), servers.wrong.stop()]);
      await rm(folder, { recursive: true });
    };
  });

  const ways = [
    ['ldaps', ({ secureUrl }: Slapd) => ({ url: secureUrl, options: {} })],
    ['StartTLS', ({ url }: Slapd) => ({ url, options: { startTls: true } })],
  ] as const;

  test.each(ways)('over %s is read with the authority that is named', async (_, way) => {
    const { url, options } = way(servers.right);
    const { users } = await sourceAt(url, { ...options, ca: 'ca.pem' }, { ca: own.pem }).read(never);
    expect(users).toHaveLength(1);
  });

  test.each(ways)('over %s is not opened to whom nobody vouches for', async (_, way) => {
    const { url, options } = way(servers.right);
    for (const more of [{}, { ca: 'ca.pem' }]) {
      const reading = sourceAt(url, { ...options, ...more }, { ca: others.pem }).read(never);
      await expect(reading).rejects.toMatchObject({
        code: 'sourceUnreadable',
        message: expect.stringMatching(/self-signed/),
      });
    }
  });

  test.each(ways)('over %s is not opened to another host', async (_, way) => {
    const { url, options } = way(servers.wrong);
    const reading = sourceAt(url, { ...options, ca: 'ca.pem' }, { ca: others.pem }).read(never);
    await expect(reading).rejects.toMatchObject({
      code: 'sourceUnreadable',
      message: expect.stringContaining('127.0.0.1'),
    });
  });

  test('is asked for by a server that takes no password without it', async () => {
    const reading = sourceAt(servers.right.url).read(never);
    await expect(reading).rejects.toMatchObject({
      code: 'sourceUnauthorized',
      remedy: expect.stringContaining('startTls'),
    });
  });
});
