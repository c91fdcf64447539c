/*
 * The process that bench/read-entra.ts measures: one reader, one read. Plain JavaScript over the compiled program, so
 * that nothing is stripped of types meanwhile. Takes an order as a message and answers with what it cost.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const never = new AbortController().signal;

/** @param {string} built @param {string} file */
const load = (built, file) => import(pathToFileURL(path.join(built, file)).href);

async function partsFor({ built, url, scope, app }) {
  const { Secret } = await load(built, 'model/secret.js');
  const { EntraOptions, endpointsFor } = await load(built, 'sources/entra/schema.js');
  const { silentLogger } = await load(built, 'runtime/logger.js');
  const { systemClock } = await load(built, 'runtime/clock.js');
  const auth = {
    clientSecret: { clientId: app.clientId, secret: new Secret(app.clientSecret, 'the benchmark') },
  };
  const endpoints = { login: url, graph: url };
  const options = EntraOptions.parse({ type: 'entra', tenantId: app.tenantId, auth, scope, endpoints });
  const world = { clock: systemClock(), random: Math.random, fetch: (input, init) => fetch(input, init) };
  return {
    options,
    endpoints: endpointsFor(options),
    world: { ...world, logger: silentLogger, env: {}, directory: '/' },
  };
}

/** The whole read: the snapshot is kept, as a run keeps it. Several reads go on from each other. */
async function snapshot(order, measured) {
  const { createSource } = await load(order.built, 'sources/entra/index.js');
  const { options, world } = await partsFor(order);
  const source = createSource('entra', options, world);
  await source.check(never);
  const calls = [];
  let last = await measured(() => source.read(never));
  calls.push(last.calls);
  while (calls.length < order.reads) {
    last = await source.read(never, undefined, last);
    calls.push(last.calls);
  }
  return { calls, rows: last.users.length };
}

/** The adapter's client alone: every answer is judged and parsed, and let go. */
async function answers(order, measured) {
  const { createEntraClient } = await load(order.built, 'sources/entra/client.js');
  const { createTokens } = await load(order.built, 'sources/entra/tokens.js');
  const { createPace } = await load(order.built, 'sources/entra/pace.js');
  const { issueBySecret } = await load(order.built, 'sources/entra/client-secret.js');
  const { options, endpoints, world } = await partsFor(order);
  const issue = issueBySecret(options.auth.clientSecret, { tenantId: options.tenantId, ...endpoints }, world);
  const tokens = createTokens(issue, world.clock);
  const pace = createPace({ clock: world.clock, share: 1 });
  const client = createEntraClient(endpoints.graph, { ...world, tokens, pace });
  const use = { signal: never, onCall: () => undefined };
  const ask = async ({ path: asked, body }) => {
    if (body === null) return client.get(asked.replace('/v1.0', ''), use);
    return client.batch(
      JSON.parse(body).requests.map(({ url }) => url),
      use,
    );
  };
  for (const request of order.requests.slice(0, 3)) await ask(request);
  await measured(async () => {
    for (const request of order.requests) await ask(request);
  });
  return { calls: [order.requests.length], rows: 0 };
}

/** The same requests with nothing around them; every page is parsed and let go. */
async function plainFetch({ url, app, requests }, measured) {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: app.clientId,
    client_secret: app.clientSecret,
    scope: `${url}/.default`,
  });
  const login = await fetch(`${url}/${app.tenantId}/oauth2/v2.0/token`, { method: 'POST', body: form });
  const headers = { authorization: `Bearer ${(await login.json()).access_token}` };
  const ask = async ({ method, path: asked, body }) => {
    const init = body === null ? { method, headers } : { method, headers, body };
    return (await fetch(`${url}${asked}`, init)).json();
  };
  for (const request of requests.slice(0, 3)) await ask(request);
  let rows = 0;
  await measured(async () => {
    for (const request of requests) rows += (await ask(request)).value?.length ?? 0;
  });
  return { calls: [requests.length], rows };
}

const readers = { snapshot, answers, plainFetch };

process.once('message', async (order) => {
  let cpuMs = 0;
  const measured = async (work) => {
    const before = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(before);
    cpuMs = (user + system) / 1_000;
    return result;
  };
  const told = await readers[order.reader](order, measured);
  process.send({ ...told, cpuMs, peakMb: process.resourceUsage().maxRSS / 1_024 });
});
