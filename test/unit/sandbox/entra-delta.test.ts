import { describe, expect, test } from 'vitest';
import { createEntraSandbox } from '../../../src/sandbox/entra/index.ts';
import type { EntraSandboxOptions } from '../../../src/sandbox/entra/index.ts';
import { generateWorld } from '../../../src/sandbox/world/generate.ts';

const origin = 'https://graph.example';
const client = { tenantId: 'ac3e0000-0000-4000-8000-000000000001', clientId: 'app', clientSecret: 'secret' };
const world = generateWorld();
const people = world.people.flatMap(({ entra }) => (entra === null ? [] : [entra]));
const [first, second] = people;
const warehouse = world.entra.groups.find(({ name }) => name === 'Retool Warehouse Floor');
const week = 7 * 24 * 60 * 60 * 1000;

type Row = Record<string, unknown> & { readonly id: string };

interface Body {
  readonly value: readonly Row[];
  readonly error: { readonly code: string };
  readonly '@odata.nextLink': string;
  readonly '@odata.deltaLink'?: string;
}

interface Round {
  readonly pages: readonly (readonly Row[])[];
  readonly rows: readonly Row[];
  /** The delta link, whole. */
  readonly link: string;
}

function setUp(options: Partial<EntraSandboxOptions> = {}) {
  const clock = { now: Date.parse('2026-11-02T08:00:00Z') };
  const sandbox = createEntraSandbox({ ...client, world, now: () => clock.now, ...options });
  const ask = async (
    url: string,
    bearer: string,
  ): Promise<{ status: number; headers: Headers; body: Body }> => {
    const request = new Request(new URL(url, origin), { headers: { Authorization: `Bearer ${bearer}` } });
    const response = await sandbox.fetch(request);
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  };
  const token = async (): Promise<string> => {
    const form = {
      grant_type: 'client_credentials',
      client_id: 'app',
      client_secret: 'secret',
      scope: `${origin}/.default`,
    };
    const url = `${origin}/${client.tenantId}/oauth2/v2.0/token`;
    const answer = await sandbox.fetch(new Request(url, { method: 'POST', body: new URLSearchParams(form) }));
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  const send = async (url: string) => ask(url, await token());
  const refusal = async (url: string): Promise<readonly [number, string]> => {
    const { status, body } = await send(url);
    return [status, body.error.code];
  };
  /** Follows a round to its end. */
  const round = async (url: string): Promise<Round> => {
    const pages: (readonly Row[])[] = [];
    for (let next = url; ;) {
      const { status, body } = await send(next);
      expect(status).toBe(200);
      pages.push(body.value);
      const link = body['@odata.deltaLink'];
      if (link !== undefined) return { pages, rows: pages.flat(), link };
      next = body['@odata.nextLink'];
    }
  };
  return { ...sandbox, clock, send, refusal, round };
}

const users = '/v1.0/users/delta?$select=id,displayName,jobTitle';
const groups = '/v1.0/groups/delta?$select=id,displayName,members';

function membersIn(rows: readonly Row[], group: string): readonly string[] {
  const told = rows.filter(({ id }) => id === group).flatMap((row) => (row['members@delta'] ?? []) as Row[]);
  return told.map((member) => `${'@removed' in member ? '-' : '+'}${member.id}`);
}

describe('the first round', () => {
  test('tells of everybody, those deleted as removed, and leaves out what was never set', async () => {
    const { admin, round } = setUp();
    admin.deleteUser(first?.id ?? '');
    admin.updateUser(second?.id ?? '', { jobTitle: null });
    const { rows } = await round(users);
    expect(rows).toHaveLength(people.length);
    expect(rows.find(({ id }) => id === first?.id)).toEqual({
      id: first?.id,
      '@removed': { reason: 'changed' },
    });
    expect(Object.keys(rows.find(({ id }) => id === second?.id) ?? {})).toEqual(['id', 'displayName']);
  });

  test('tells of groups with all their members, of every kind, and splits a group that is too long', async () => {
    const { round } = setUp({ delta: { membersPerPage: 3 } });
    const { rows, pages } = await round(groups);
    for (const { id, users, groups, devices } of world.entra.groups)
      expect(membersIn(rows, id).toSorted()).toEqual(
        [...users, ...groups, ...devices].map((member) => `+${member}`).toSorted(),
      );
    expect(pages.length).toBeGreaterThan(world.entra.groups.length);
    expect(rows.length).toBeGreaterThan(world.entra.groups.length);
  });

  test('has as many objects in a page as the server likes, and empty pages in between', async () => {
    const { round } = setUp({ delta: { pageSize: 10, emptyPages: 'between' } });
    const { pages } = await round(users);
    expect(pages.map(({ length }) => length).filter((_, index) => index % 2 === 1)).toEqual(
      Array.from({ length: pages.length / 2 }, () => 0),
    );
    expect(Math.max(...pages.map(({ length }) => length))).toBe(10);
  });
});

describe('a later round', () => {
  test('is empty when nothing changed, or nothing that is tracked', async () => {
    const { admin, round } = setUp();
    const { link } = await round(users);
    admin.updateUser(first?.id ?? '', { department: 'Elsewhere' });
    expect((await round(link)).rows).toEqual([]);
  });

  test('tells what changed with all that was asked for, emptied properties as null', async () => {
    const { admin, round } = setUp();
    const { link } = await round(users);
    admin.updateUser(first?.id ?? '', { jobTitle: null });
    const { rows } = await round(link);
    expect(rows).toEqual([{ id: first?.id, displayName: expect.any(String), jobTitle: null }]);
  });

  test('tells deleted for a while, restored and deleted for good apart', async () => {
    const { admin, round } = setUp();
    const { link } = await round(users);
    admin.deleteUser(first?.id ?? '');
    const gone = await round(link);
    expect(gone.rows).toEqual([{ id: first?.id, '@removed': { reason: 'changed' } }]);
    admin.restoreUser(first?.id ?? '');
    const back = await round(gone.link);
    expect(back.rows).toEqual([expect.objectContaining({ id: first?.id, displayName: expect.any(String) })]);
    admin.deleteUser(first?.id ?? '');
    admin.purgeUser(first?.id ?? '');
    expect((await round(back.link)).rows).toEqual([{ id: first?.id, '@removed': { reason: 'deleted' } }]);
  });

  test('tells who joined and left a group, but nothing of members who were deleted for a while', async () => {
    const { admin, round } = setUp();
    const id = warehouse?.id ?? '';
    const [leaver = '', deleted = ''] = warehouse?.users ?? [];
    const outsider = people.find((person) => warehouse?.users.includes(person.id) === false)?.id ?? '';
    const { link } = await round(groups);
    admin.removeMember(id, leaver);
    admin.addMember(id, outsider);
    admin.deleteUser(deleted);
    const { rows } = await round(link);
    expect(membersIn(rows, id)).toEqual([`-${leaver}`, `+${outsider}`]);
  });

  test('tells of a group that was deleted', async () => {
    const { admin, round } = setUp();
    const { link } = await round(groups);
    admin.deleteGroup('Retool Warehouse Floor');
    expect((await round(link)).rows).toEqual([{ id: warehouse?.id, '@removed': { reason: 'deleted' } }]);
  });

  test('comes once for each object, or once for each change', async () => {
    const change = async (repeats: 'once' | 'eachChange'): Promise<number> => {
      const { admin, round } = setUp({ delta: { repeats } });
      const { link } = await round(users);
      admin.updateUser(first?.id ?? '', { jobTitle: 'One' });
      admin.updateUser(first?.id ?? '', { jobTitle: 'Two' });
      return (await round(link)).rows.length;
    };
    expect([await change('once'), await change('eachChange')]).toEqual([1, 2]);
  });

  test('may tell once more what the round before told', async () => {
    const { admin, round } = setUp({ delta: { replays: 'lastRound' } });
    const { link } = await round(users);
    admin.updateUser(first?.id ?? '', { jobTitle: 'One' });
    const told = await round(link);
    expect((await round(told.link)).rows).toEqual(told.rows);
  });

  test('tells of a change that was made while the round before was read', async () => {
    const { admin, send, round } = setUp({ delta: { pageSize: 20 } });
    const { body } = await send(users);
    admin.updateUser(first?.id ?? '', { jobTitle: 'One' });
    const { link } = await round(body['@odata.nextLink']);
    expect((await round(link)).rows.map(({ id }) => id)).toEqual([first?.id]);
  });
});

describe('what delta queries refuse', () => {
  test.each([
    '$top=10',
    '$expand=members',
    '$orderby=displayName',
    '$count=true',
    '$select=skills',
    '$filter=displayName eq 1',
  ])('%s', async (option) => {
    expect((await setUp().refusal(`/v1.0/groups/delta?${option}`))[0]).toBe(400);
  });

  test('more than fifty objects to filter by', async () => {
    const filter = (count: number): string =>
      `/v1.0/users/delta?$filter=${people
        .slice(0, count)
        .map(({ id }) => `id eq '${id}'`)
        .join(' or ')}`;
    const { round, refusal } = setUp();
    expect((await round(filter(50))).rows).toHaveLength(50);
    expect((await refusal(filter(51)))[0]).toBe(400);
  });

  test('a state token with another option beside it, or one of another query', async () => {
    const { round, refusal } = setUp();
    const { link } = await round(users);
    expect((await refusal(`${link}&$select=id`))[0]).toBe(400);
    expect((await refusal(link.replace('/users/', '/groups/')))[0]).toBe(400);
    expect((await refusal('/v1.0/users/delta?$deltatoken=0-made-up'))[0]).toBe(400);
  });

  test('a token older than seven days', async () => {
    const { clock, round, refusal } = setUp();
    const { link } = await round(users);
    clock.now += week;
    await round(link);
    clock.now += 1;
    expect(await refusal(link)).toEqual([400, 'syncStateNotFound']);
  });

  test('every token after a reset, with the way to a new round', async () => {
    const { admin, round, send } = setUp();
    const { link } = await round(users);
    admin.resetDelta();
    const { status, headers, body } = await send(link);
    expect([status, body.error.code]).toEqual([410, 'syncStateNotFound']);
    expect(headers.get('Location')).toBe(`${origin}/v1.0/users/delta?$deltatoken=`);
  });

  test('who may not read groups', async () => {
    expect(await setUp({ permissions: ['User.Read.All'] }).refusal(groups)).toEqual([
      403,
      'Authorization_RequestDenied',
    ]);
  });
});
