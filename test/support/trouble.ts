import type { Fetch } from '../../src/model/ports.ts';
import type { RetoolSandbox } from '../../src/sandbox/index.ts';
import { faultyFetch, isRead } from '../contract/sink-harness.ts';
import { changeByHand } from './hand.ts';
import type { Trouble } from './scenario.ts';

/** The line between the bridge and Retool, where what a scenario tells goes wrong. */
export interface TroubledLine {
  readonly network: (send: Fetch) => Fetch;
  /** What goes wrong from now on, in place of what did before. */
  meet(troubles: readonly Trouble[], retool: RetoolSandbox): void;
  /** The troubles that no request met: a scenario with one tests less than it says. */
  unmet(): readonly string[];
}

export function createTroubledLine(): TroubledLine {
  let troubles: readonly Trouble[] = [];
  let retool: RetoolSandbox | undefined;
  let met = new Map<Trouble, number>();
  let wasWritten = false;
  const before = new Map<string, string>();

  /** The one that this request meets, which counts it. */
  function metBy(request: Request): Trouble | undefined {
    const name = callName(request.method, new URL(request.url).pathname);
    const found = troubles.find(
      (trouble) =>
        trouble.on === name &&
        (met.get(trouble) ?? 0) < (trouble.times ?? Infinity) &&
        (trouble.answer !== 'stale' || (wasWritten && before.has(request.url))),
    );
    if (found !== undefined) met.set(found, (met.get(found) ?? 0) + 1);
    return found;
  }

  async function answerTo(request: Request, pass: RetoolSandbox['fetch']): Promise<Response> {
    const trouble = metBy(request);
    if (!isRead(request)) wasWritten = true;
    const { answer = 'none' } = trouble ?? {};
    if (answer === 'stale') return json(before.get(request.url) ?? '');
    const reply = await faultyFetch({ fetch: pass }, () => answer)(request.url, request);
    if (retool !== undefined) for (const change of trouble?.meanwhile ?? []) changeByHand(retool, change);
    return remembered(request, trouble === undefined ? reply : await spoilt(reply, trouble));
  }

  async function remembered(request: Request, reply: Response): Promise<Response> {
    if (request.method !== 'GET' || reply.status !== 200 || wasWritten) return reply;
    const body = await reply.text();
    before.set(request.url, body);
    return new Response(body, reply);
  }

  return {
    network: (send) => (input, init) =>
      answerTo(new Request(input, init), async (request) => send(request.url, request)),
    meet(next, sandbox) {
      [troubles, retool, met, wasWritten] = [next, sandbox, new Map(), false];
      before.clear();
    },
    unmet: () => troubles.filter((trouble) => !met.has(trouble)).map(({ on }) => on),
  };
}

/** A request without its ids, which are numbers or look like `user_1a`. */
export function callName(method: string, path: string): string {
  const folded = path.replace(/^\/api\/v2/, '').replaceAll(/\/(?:\d+|user_[^/]+)(?=\/|$)/g, '/{id}');
  return `${method} ${folded}`;
}

/** An answer with fewer rows, or with a key less in each. */
async function spoilt(reply: Response, { lacks, rows }: Trouble): Promise<Response> {
  if (lacks === undefined && rows === undefined) return reply;
  const list = (await reply.json()) as { readonly data: readonly object[] };
  const data = list.data.slice(0, rows).map((row) => without(row, lacks));
  const ending = rows === undefined ? {} : { total_count: data.length, has_more: false, next_token: null };
  return json(JSON.stringify({ ...list, data, ...ending }));
}

function without(row: object, key: string | undefined): object {
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== key));
}

function json(body: string): Response {
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}
