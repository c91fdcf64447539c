import type { Fault } from './source-faults.ts';

/** A page of any list. */
export interface Page {
  readonly rows: readonly unknown[];
  /** The address of the next page; null after the last. */
  readonly next: string | null;
}

/** How one system pages its lists. */
export interface Paging {
  /** The paths of the lists that a read of everything goes through. */
  readonly people: RegExp;
  readonly groups: RegExp;
  readonly members: RegExp;
  /** The query parameter that says where a page begins; absent for the first. */
  readonly cursor: string;
  /** Whether a page gives the address of the next one, or a token, with which nobody can be led elsewhere. */
  readonly next: 'address' | 'token';
  readonly read: (response: Response) => Promise<Page>;
  /** An answer with this page, as the list at `url` gives it. */
  readonly write: (page: Page, url: URL) => Response;
  /** Systems may give less than was asked for: so do these, and small worlds have many pages. */
  readonly withSmallPages: (request: Request) => Request;
}

function withParameter(request: Request, name: string, value: string): Request {
  const url = new URL(request.url);
  if (!url.searchParams.has(name)) return request;
  url.searchParams.set(name, value);
  return new Request(url, request);
}

export const oktaPages: Paging = {
  people: /^\/api\/v1\/users$/,
  groups: /^\/api\/v1\/groups$/,
  members: /^\/api\/v1\/groups\/[^/]+\/users$/,
  cursor: 'after',
  next: 'address',
  async read(response) {
    const rows = (await response.json()) as readonly unknown[];
    return { rows, next: /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1] ?? null };
  },
  write({ rows, next }) {
    const headers = new Headers({ 'content-type': 'application/json' });
    if (next !== null) headers.set('link', `<${next}>; rel="next"`);
    return new Response(JSON.stringify(rows), { headers });
  },
  withSmallPages: (request) => withParameter(request, 'limit', '20'),
};

export const entraPages: Paging = {
  people: /^\/v1\.0\/users$/,
  groups: /^\/v1\.0\/groups$/,
  members: /^\/v1\.0\/groups\/[^/]+\/transitiveMembers$/,
  cursor: '$skiptoken',
  next: 'address',
  async read(response) {
    const body = (await response.json()) as {
      readonly value: readonly unknown[];
      readonly '@odata.nextLink'?: string;
    };
    return { rows: body.value, next: body['@odata.nextLink'] ?? null };
  },
  write({ rows, next }) {
    const body = next === null ? { value: rows } : { value: rows, '@odata.nextLink': next };
    return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
  },
  withSmallPages: (request) => withParameter(request, '$top', '20'),
};

export const googlePages: Paging = {
  people: /^\/admin\/directory\/v1\/users$/,
  groups: /^\/admin\/directory\/v1\/groups$/,
  members: /^\/admin\/directory\/v1\/groups\/[^/]+\/members$/,
  cursor: 'pageToken',
  next: 'token',
  async read(response) {
    const { kind, nextPageToken, ...body } = (await response.json()) as Readonly<Record<string, unknown>>;
    const list = body[listNameIn(kind)];
    const rows = Array.isArray(list) ? list : [];
    if (typeof nextPageToken !== 'string') return { rows, next: null };
    return { rows, next: addressOfToken(nextPageToken) };
  },
  write({ rows, next }, url) {
    const kind = kindOfList(url);
    const token = next === null ? null : new URL(next).searchParams.get('pageToken');
    const body = {
      kind,
      ...(rows.length === 0 ? {} : { [listNameIn(kind)]: rows }),
      ...(token === null ? {} : { nextPageToken: token }),
    };
    return new Response(JSON.stringify(body), {
      headers: { 'content-type': 'application/json; charset=UTF-8' },
    });
  },
  withSmallPages: (request) => withParameter(request, 'maxResults', '20'),
};

function listNameIn(kind: unknown): string {
  return String(kind).split('#').at(-1) ?? '';
}

/** Which list a path is: `users`, `groups` or `members`. */
function kindOfList({ pathname }: URL): string {
  return `admin#directory#${pathname.split('/').at(-1)}`;
}

function addressOfToken(token: string): string {
  const url = new URL('https://directory.example');
  url.searchParams.set('pageToken', token);
  return url.href;
}

/** Answers that are pages, changed; all others as they are. */
export function repaged(paging: Paging, change: (page: Page, url: URL) => Page): Fault {
  return async (request, pass) => {
    const response = await pass();
    const url = new URL(request.url);
    const isList = [paging.people, paging.groups, paging.members].some((list) => list.test(url.pathname));
    if (!isList || response.status !== 200) return response;
    return paging.write(change(await paging.read(response), url), url);
  };
}

/** Every page the other way round. */
export function reversed(paging: Paging): Fault {
  return repaged(paging, ({ rows, next }) => ({ rows: rows.toReversed(), next }));
}

/** Every page is followed by an empty one, which links to the one that should have followed. */
export function withEmptyPages(paging: Paging): Fault {
  const detour = '~';
  return async (request, pass) => {
    const url = new URL(request.url);
    const cursor = url.searchParams.get(paging.cursor);
    if (cursor !== null && !cursor.endsWith(detour)) {
      url.searchParams.set(paging.cursor, `${cursor}${detour}`);
      return paging.write({ rows: [], next: url.href }, url);
    }
    if (cursor === null) return pass();
    url.searchParams.set(paging.cursor, cursor.slice(0, -detour.length));
    return pass(new Request(url, request));
  };
}
