import { z } from 'zod';
import { Refusal, type Page } from './reply.ts';

/** The page a client asked for; without `limit` it asked for everything. */
export interface PageRequest {
  readonly limit: number | undefined;
  /** The key of the last item the client has. */
  readonly after: string | undefined;
}

const cursor = z.strictObject({ lastKey: z.string() });

/**
 * Reads `limit` (1..100) and `next_token`. The spec allows the token only together with a limit;
 * `serverLimit` is for a server that pages unasked, where following its own token has to work.
 */
export function readPageRequest(
  query: ReadonlyMap<string, string>,
  options: { readonly serverLimit?: number | undefined } = {},
): PageRequest {
  const asked = readLimit(query.get('limit'));
  const token = query.get('next_token');
  const { serverLimit } = options;
  if (token !== undefined && asked === undefined && serverLimit === undefined) {
    throw new Refusal(400, 'Query parameter next_token is only valid together with limit');
  }
  const limits = [asked, serverLimit].filter((limit) => limit !== undefined);
  return {
    limit: limits.length === 0 ? undefined : Math.min(...limits),
    after: token === undefined ? undefined : readToken(token),
  };
}

function readLimit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= 100) return limit;
  throw new Refusal(400, 'Query parameter limit must be an integer from 1 to 100');
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  try {
    return cursor.parse(JSON.parse(text)).lastKey;
  } catch {
    throw new Refusal(400, 'Invalid next_token');
  }
}

/**
 * Cuts one page out of `items`, which must be in the order of their keys. The cursor names the last item
 * handed out, not a position: an item that joins meanwhile neither repeats nor hides another.
 */
export function pageOf<T>(items: readonly T[], keyOf: (item: T) => string, request: PageRequest): Page<T> {
  const { after, limit } = request;
  const start = after === undefined ? 0 : firstBehind(items, keyOf, after);
  const end = limit === undefined ? items.length : Math.min(start + limit, items.length);
  const last = items[end - 1];
  const more = end < items.length && last !== undefined;
  const nextToken = more ? Buffer.from(JSON.stringify({ lastKey: keyOf(last) })).toString('base64url') : null;
  return { items: items.slice(start, end), nextToken };
}

function firstBehind<T>(items: readonly T[], keyOf: (item: T) => string, key: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && keyOf(item) <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A paging key for numeric ids: text order equals number order up to twelve digits. */
export function numericKey(id: number): string {
  return String(id).padStart(12, '0');
}
