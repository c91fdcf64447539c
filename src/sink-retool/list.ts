import type { BridgeError } from '../model/errors.ts';
import { faultOf } from '../model/stated.ts';
import type { Answer } from './answer.ts';
import { capabilities } from './capabilities.ts';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import { invalidReply, unreadable, type Listing } from './listing.ts';
import { List } from './schema.ts';

/** Two million rows. */
const mostPages = 20_000;

export interface ListParts {
  readonly client: Client;
  /** Where the token was read from, for messages. */
  readonly tokenOrigin: string;
}

/**
 * All rows of a list, unchecked. The first request asks for everything: one call, and rows of one moment. Pages
 * are read only when the answer does not prove itself whole: from where it ends when it says that more follows,
 * and from the start when it is too large to read or counts other than it has rows.
 */
export async function readRows(
  parts: ListParts,
  listing: Listing,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const answer = await parts.client.call(requestFor(listing), signal);
  if (listing.isPaged && answer.state === 'unclear' && answer.because === 'tooLarge')
    return readPages(parts, listing, { rows: [], token: null }, signal);
  const list = listIn(answer, listing, parts);
  const token = tokenAfter(list, listing);
  if (token !== null) return readPages(parts, listing, { rows: list.data, token }, signal);
  if (isCount(list.total_count, list.data.length)) return list.data;
  if (!listing.isPaged) throw miscounted(listing, list.total_count, list.data.length);
  return readPages(parts, listing, { rows: [], token: null }, signal);
}

interface Start {
  readonly rows: readonly unknown[];
  /** Of the page to go on with; null: of the first. */
  readonly token: string | null;
}

async function readPages(
  parts: ListParts,
  listing: Listing,
  start: Start,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const rows = [...start.rows];
  const tokens = new Set<string>(start.token === null ? [] : [start.token]);
  let { token } = start;
  while (tokens.size < mostPages) {
    const list: List = listIn(
      await parts.client.call(requestFor(listing, { page: token }), signal),
      listing,
      parts,
    );
    for (const row of list.data) rows.push(row);
    token = tokenAfter(list, listing);
    if (token === null) {
      // The API documents the count as that of the reply; it has been that of the list in other releases.
      if (isCount(list.total_count, list.data.length) || isCount(list.total_count, rows.length)) return rows;
      throw miscounted(listing, list.total_count, rows.length);
    }
    if (tokens.has(token)) throw invalidReply(listing, 'its pages go round in circles');
    if (list.data.length === 0) throw invalidReply(listing, 'an empty page claims that more follow');
    tokens.add(token);
  }
  throw invalidReply(listing, `it has more than ${mostPages} pages`);
}

function requestFor(listing: Listing, paging?: { readonly page: string | null }): Call {
  const call: Call = { method: 'GET', path: [listing.name], repeats: 'read', priority: 0 };
  const { query } = listing;
  if (paging === undefined) return query === undefined ? call : { ...call, query };
  const limit = String(capabilities.pageLimit.value);
  const { page } = paging;
  return { ...call, query: { ...query, limit, ...(page === null ? {} : { next_token: page }) } };
}

function listIn(answer: Answer, listing: Listing, { tokenOrigin }: ListParts): List {
  if (answer.state !== 'ok') throw unreadable(listing, answer, tokenOrigin);
  const parsed = List.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw invalidReply(listing, faultOf(parsed.error));
}

/** The token of the next page, or null after the last one. */
function tokenAfter(list: List, listing: Listing): string | null {
  const token = list.next_token ?? '';
  const hasMore = list.has_more ?? token !== '';
  if (!hasMore) return null;
  if (token === '') throw invalidReply(listing, 'it says that there is more and not how to read it');
  return token;
}

function miscounted(listing: Listing, stated: number | null | undefined, rows: number): BridgeError {
  return invalidReply(listing, `it counts ${stated} rows and gave ${rows}`);
}

function isCount(stated: number | null | undefined, rows: number): boolean {
  return stated === null || stated === undefined || stated === rows;
}
