import { expect, onTestFinished, test } from 'vitest';
import { createEntraSandbox, generateWorld, listen } from '../../src/sandbox/index.ts';
import { config, serveRetool, workplace } from './support.ts';

const app = { tenantId: 'ac3e0000-0000-4000-8000-000000000001', clientId: 'app', clientSecret: 'hush' };
const world = generateWorld({ users: 120, groups: 20, seed: 1 });

async function stage() {
  const sandbox = createEntraSandbox({ ...app, world, now: () => Date.now() });
  const listener = await listen(sandbox.fetch, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => listener.close());
  const retool = await serveRetool();
  const place = await workplace({ ENTRA_CLIENT_SECRET: app.clientSecret });
  const { url } = listener;
  const sources = `  entra:
    type: entra
    tenantId: ${app.tenantId}
    auth: { clientSecret: { clientId: ${app.clientId}, secret: { env: ENTRA_CLIENT_SECRET } } }
    scope: { groups: ["Retool *"], nested: true }
    endpoints: { login: "${url}", graph: "${url}" }`;
  const mapping = `  user: { email: user.email, first_name: user.name.givenName, last_name: user.name.familyName }
  groups:
    - { match: "Retool (?P<team>.+)", to: "\${team}", create: true }`;
  const more = 'guard: { creates: { count: 1000 }, disables: { count: 5 } }';
  await place.write('bridge.yaml', config({ target: retool.url, sources, mapping, more }));
  const graphCalls = (): number => sandbox.log.count(undefined, /^\/v1\.0\//);
  return { ...place, retool, admin: sandbox.admin, graphCalls };
}

test('a run goes on from the last one: what changed at Entra arrives, and two calls are enough when nothing did', async () => {
  const { json, retool, admin, graphCalls } = await stage();
  const first = await json('sync', '--json', '--quiet');
  expect([first.code, first.body['status']]).toEqual([0, 'changed']);
  const second = await json('sync', '--json', '--quiet');
  expect([second.code, second.body['status']]).toEqual([0, 'unchanged']);

  const groupNamed = (name: string) => world.entra.groups.find((group) => group.name === name);
  const warehouse = groupNamed('Retool Warehouse Floor');
  const isEnabled = (id: string): boolean =>
    world.people.some(({ entra }) => entra?.id === id && entra.enabled && entra.userType === 'Member');
  const elsewhere = groupNamed('Retool Finance')?.users ?? [];
  const [leaver = '', mover = ''] = (warehouse?.users ?? []).filter(
    (id) => isEnabled(id) && !elsewhere.includes(id),
  );
  admin.deleteUser(leaver);
  admin.removeMember(warehouse?.id ?? '', mover);
  admin.addMember('Retool Finance', mover);
  const before = graphCalls();
  const third = await json('sync', '--json', '--quiet');
  expect([third.code, third.body['status']]).toEqual([0, 'changed']);
  expect(third.body['plan'].summary).toMatchObject({
    deactivateUser: 1,
    removeMember: 1,
    addMembers: 1,
    total: 3,
  });
  // Two rounds, the list that the mover left, the leaver by id, and once more as the proof of absence.
  expect(graphCalls() - before).toBeLessThan(10);

  const [writes, calls] = [retool.writes(), graphCalls()];
  const fourth = await json('sync', '--json', '--quiet');
  expect([fourth.code, fourth.body['status'], fourth.body['calls'].source]).toEqual([0, 'unchanged', 2]);
  expect([retool.writes() - writes, graphCalls() - calls]).toEqual([0, 2]);
});
