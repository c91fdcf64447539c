/*
 * The readers that bench/read-okta.ts compares, each run as a process of its own that tells what it took.
 */
import { Secret } from '../src/model/secret.ts';
import type { Snapshot } from '../src/model/snapshot.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { silentLogger } from '../src/runtime/logger.ts';
import { createOktaClient } from '../src/sources/okta/client.ts';
import { listedPerson, standingsOf } from '../src/sources/okta/convert.ts';
import { createSource } from '../src/sources/okta/index.ts';
import { OktaOptions } from '../src/sources/okta/schema.ts';

export const token = '00bench';

export interface ReadTask {
  /**
   * `bridge`: a whole snapshot, as a run does; `stream`: the people's pages through the same client and conversion, with
   * nothing kept; `plain`: by `fetch` and `JSON.parse` alone.
   */
  readonly kind: 'bridge' | 'stream' | 'plain';
  readonly url: string;
  readonly scope: object;
  /** How often it is read once more, going on from the read before. */
  readonly again: number;
}

export interface Read {
  readonly cpuMs: number;
  /** Of the whole process, loading included. */
  readonly processCpuMs: number;
  readonly peakMb: number;
  readonly rows: number;
}

/** Reads as a run does, `again` times more going on from the read before. */
async function readByBridge({ url, scope, again }: ReadTask): Promise<number> {
  const { options, parts } = openOf(url, scope);
  const source = createSource('okta', options, parts);
  const never = new AbortController().signal;
  let last: Snapshot = await source.read(never);
  for (let round = 0; round < again; round += 1) last = await source.read(never, undefined, last);
  return last.users.length + last.groups.reduce((sum, group) => sum + group.members.length, 0);
}

/** The same pages by plain `fetch`, parsed and counted. */
async function readPlainly({ url, scope }: ReadTask): Promise<number> {
  let rows = 0;
  const list = async (path: string, onRow: (row: Row) => void): Promise<void> => {
    for (let next: string | null = `${url}${path}`; next !== null;) {
      const response: Response = await fetch(next, { headers: { authorization: `SSWS ${token}` } });
      const page = JSON.parse(await response.text()) as readonly Row[];
      for (const row of page) onRow(row);
      next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1] ?? null;
    }
  };
  const count = (): void => void (rows += 1);
  const groups: Row[] = [];
  if ('people' in scope) {
    await list('/api/v1/users?limit=200', count);
    return rows;
  }
  if ('app' in scope) {
    await list(`/api/v1/apps/${scope.app}/users?limit=500&expand=user`, count);
    await list(`/api/v1/apps/${scope.app}/groups?limit=200&expand=group`, (row) => groups.push(row));
  } else {
    if ('everything' in scope) await list('/api/v1/users?limit=200', count);
    await list('/api/v1/groups?limit=200', (row) => groups.push(row));
  }
  const picked =
    'groups' in scope ? groups.filter(({ profile }) => profile?.name?.startsWith('retool-')) : groups;
  for (const { id } of picked) await list(`/api/v1/groups/${id}/users?limit=1000`, count);
  return rows;
}

interface Row {
  readonly id: string;
  readonly profile?: { readonly name?: string };
}

/** What reading takes before anything is kept. */
async function streamPeople({ url }: ReadTask): Promise<number> {
  const { options, parts } = openOf(url, { everything: true });
  const standings = standingsOf(options.statuses);
  const client = createOktaClient(options, ['okta.users.read'], parts);
  const use = { signal: new AbortController().signal, onCall: () => undefined };
  let rows = 0;
  for await (const page of client.pages('/api/v1/users?limit=200', use))
    for (const row of page) if (listedPerson(row, standings).state === 'read') rows += 1;
  return rows;
}

function openOf(url: string, scope: object) {
  const auth = { token: new Secret(token, 'the bench') };
  const options = OktaOptions.parse({ type: 'okta', orgUrl: url, auth, scope, rateShare: '100%' });
  return { options, parts: { clock: systemClock(), random: () => 0.5, fetch, logger: silentLogger } };
}

const readers = { bridge: readByBridge, stream: streamPeople, plain: readPlainly } as const;

async function readAndTell(task: ReadTask): Promise<void> {
  // Loading is the same whatever is read, and is told apart.
  if (task.kind !== 'plain') await import('@okta/okta-sdk-nodejs');
  const before = process.cpuUsage();
  const rows = await readers[task.kind](task);
  const { user, system } = process.cpuUsage(before);
  const whole = process.cpuUsage();
  process.send?.({
    cpuMs: (user + system) / 1_000,
    processCpuMs: (whole.user + whole.system) / 1_000,
    peakMb: process.resourceUsage().maxRSS / 1_024,
    rows,
  } satisfies Read);
  process.disconnect();
}

const [task] = process.argv.slice(2);
if (task?.startsWith('{') === true) await readAndTell(JSON.parse(task) as ReadTask);
