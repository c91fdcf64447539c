import {
  createRetoolSandbox,
  type RetoolSandbox,
  type RetoolSandboxOptions,
  type RetoolSeed,
} from '../../../src/sandbox/retool/index.ts';

export const token = 'retool_01test7f3a';
export const origin = 'https://acme.retool.example';
export const startedAt = Date.parse('2026-03-01T09:00:00.000Z');

/** What came back, with the body parsed; `undefined` for an empty one. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export interface Harness {
  readonly sandbox: RetoolSandbox;
  /** Moves the virtual clock on. */
  advance(ms: number): void;
  /** A call below /api/v2 with the right token; `body` is sent as JSON. */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** The `data` of a call that must have succeeded. */
  data(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Any request at all. */
  send(path: string, init?: RequestInit): Promise<Answer>;
  userId(email: string): string;
  groupId(name: string): number;
}

export const people: RetoolSeed = {
  users: [
    { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace', admin: true },
    { email: 'Bob@acme.test', firstName: 'Bob', lastName: 'Kahn', metadata: { team: 'core', level: 3 } },
    { email: 'cyd@acme.test', firstName: 'Cyd', lastName: 'Kahn', active: false },
  ],
  groups: [{ name: 'Finance', members: ['bob@acme.test', 'cyd@acme.test'] }],
  userAttributes: [
    { name: 'department', label: 'Department', dataType: 'string', defaultValue: 'none' },
    { name: 'employee_id', label: 'Employee number', dataType: 'number' },
  ],
};

export function startRetool(seed: RetoolSeed = people, options: Partial<RetoolSandboxOptions> = {}): Harness {
  let now = startedAt;
  const sandbox = createRetoolSandbox({
    token,
    now: () => now,
    requestsPerMinute: 'unlimited',
    seed,
    ...options,
  });

  async function send(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await sandbox.fetch(new Request(`${origin}${path}`, init));
    const text = await response.text();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, body, headers: response.headers };
  }

  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = new Headers({ authorization: `Bearer ${token}` });
    if (body === undefined) return send(`/api/v2${path}`, { method, headers });
    headers.set('content-type', 'application/json');
    return send(`/api/v2${path}`, { method, headers, body: JSON.stringify(body) });
  }

  async function data(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await call(method, path, body);
    if (answer.status !== 200)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return Reflect.get(Object(answer.body), 'data');
  }

  return {
    sandbox,
    advance(ms) {
      now += ms;
    },
    call,
    data,
    send,
    userId: (email) => idOf(sandbox.state().users, (user) => user.email === email, email),
    groupId: (name) => idOf(sandbox.state().groups, (group) => group.name === name, name),
  };
}

function idOf<T extends { readonly id: unknown }>(
  items: readonly T[],
  matches: (item: T) => boolean,
  name: string,
): T['id'] {
  const item = items.find((each) => matches(each));
  if (item === undefined) throw new Error(`Nothing is called ${name}`);
  return item.id;
}

/** One refused request of a table: method, path and body, the status, and a part of the message. */
export type RefusedRequest = readonly [
  method: string,
  path: string,
  body: unknown,
  status: number,
  message: string,
];
