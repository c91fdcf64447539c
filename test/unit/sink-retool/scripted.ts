import type { Fetch, Logger } from '../../../src/model/ports.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { PerformContext, Sink } from '../../../src/model/sink.ts';
import { createRetoolSink, type RetoolSinkParts } from '../../../src/sink-retool/index.ts';
import { createMemoryStore } from '../../../src/state/memory.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts';

export const token = 'retool_01scripted';
export const never = new AbortController().signal;

/** One request as it left. */
export interface Sent {
  readonly method: string;
  /** Path and query below `/api/v2`, or the whole path of another route. */
  readonly path: string;
  readonly body: unknown;
  readonly headers: Headers;
  readonly redirect: string | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What the scripted target answers to `METHOD /path`; `times` counts the requests to that route before this one. */
export type Script = (route: string, times: number, sent: Sent) => Response | Promise<Response>;

export interface Scripted {
  readonly sink: Sink;
  readonly sent: readonly Sent[];
  readonly clock: VirtualClock;
  /** The routes asked so far, `METHOD /path`. */
  routes(): readonly string[];
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The sink over a target whose every answer the test writes. */
export function scripted(script: Script, parts: Partial<RetoolSinkParts> = {}): Scripted {
  const clock = createVirtualClock();
  const sent: Sent[] = [];
  const fetch: Fetch = async (input, init) => {
    const { pathname, search } = new URL(input);
    const one: Sent = {
      method: init?.method ?? 'GET',
      path: pathname.replace(/^\/api\/v2/, '') + search,
      body: typeof init?.body === 'string' ? JSON.parse(init.body) : undefined,
      headers: new Headers(init?.headers),
      redirect: init?.redirect,
      at: clock.now(),
    };
    const route = `${one.method} ${one.path}`;
    const times = sent.filter(({ method, path }) => `${method} ${path}` === route).length;
    sent.push(one);
    return script(route, times, one);
  };
  const sink = createRetoolSink({
    baseUrl: 'https://acme.retool.example',
    token: new Secret(token, 'a test'),
    requestsPerMinute: 10_000,
    window: createMemoryStore().window,
    clock,
    random: () => 0.5,
    fetch,
    logger: silent,
    ...parts,
  });
  return { sink, sent, clock, routes: () => sent.map(({ method, path }) => `${method} ${path}`) };
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers });
}

/** The envelope of a list, with what a test overrides. */
export function list(data: readonly unknown[], rest: Readonly<Record<string, unknown>> = {}): Response {
  return json({
    success: true,
    data,
    total_count: data.length,
    next_token: null,
    has_more: false,
    ...rest,
  });
}

export function refusal(status: number, message: string): Response {
  return json({ success: false, message }, status);
}

export function user(id: string, rest: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id,
    legacy_id: 7,
    email: `${id}@acme.test`,
    active: true,
    created_at: '2026-01-01T00:00:00.000Z',
    last_active: null,
    first_name: 'Ada',
    last_name: 'Lovelace',
    metadata: {},
    is_admin: false,
    user_type: 'default',
    two_factor_auth_enabled: false,
    ...rest,
  };
}

export function group(
  id: number,
  name: string,
  rest: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    id,
    legacy_id: id,
    name,
    members: [],
    user_invites: [],
    universal_app_access: 'use',
    universal_resource_access: 'use',
    universal_workflow_access: 'none',
    universal_query_library_access: 'use',
    ...rest,
  };
}

/** What each list answers; a list that is not given is empty. */
export interface Lists {
  readonly users?: () => Response;
  readonly groups?: () => Response;
  readonly user_attributes?: () => Response;
  readonly user_invites?: () => Response;
}

export function lists(answers: Lists): Script {
  const answering = new Map<string, () => Response>(Object.entries(answers));
  return (route) => (answering.get(route.replace('GET /', '')) ?? (() => list([])))();
}

export function context(parts: Partial<PerformContext> = {}): PerformContext {
  return { idOf: () => null, metadataOf: () => null, onSend: () => undefined, ...parts };
}
