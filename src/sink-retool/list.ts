import type { Answer } from './answer.ts';
import { capabilities } from './capabilities.ts';
import type { Call, Client } from './client.ts';
import { invalidReply, isMissing, unreadable, type Listing } from './listing.ts';
import { describeIssue, List } from './schema.ts';

/** Two million rows. */
const mostPages = 20_000;

export interface ListParts {
  readonly client: Client;
  /** Where the token was read from, for messages. */
  readonly tokenOrigin: string;
}

/**
 * All rows of a list, unchecked, or `missing` where the release or plan has no such list. The first request
 * asks for everything: one call, and rows of one moment. Pages are read only when the answer does not prove
 * itself whole: when it says there is more, is too large to read, or counts other than it has rows.
 */
export async function readRows(
  parts: ListParts,
  listing: Listing,
  signal: AbortSignal,
): Promise<readonly unknown[] | 'missing'> {
  const answer = await parts.client.call(requestFor(listing), signal);
  if (isMissing(listing, answer)) return 'missing';
  if (answer.state === 'unclear' && answer.because === 'tooLarge') return readPages(parts, listing, signal);
  const list = listIn(answer, listing, parts);
  const isWhole = tokenAfter(list, listing) === null && isCount(list.total_count, list.data.length);
  return isWhole ? list.data : readPages(parts, listing, signal);
}

async function readPages(
  parts: ListParts,
  listing: Listing,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  const tokens = new Set<string>();
  let token: string | null = null;
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
      throw invalidReply(listing, `it counts ${list.total_count} rows and gave ${rows.length}`);
    }
    if (tokens.has(token)) throw invalidReply(listing, 'its pages go round in circles');
    if (list.data.length === 0) throw invalidReply(listing, 'an empty page claims that more follow');
    tokens.add(token);
  }
  throw invalidReply(listing, `it has more than ${mostPages} pages`);
}

function requestFor(listing: Listing, paging?: { readonly page: string | null }): Call {
  const call: Call = { method: 'GET', path: [listing.name], repeats: 'read', priority: 0 };
  if (paging === undefined) return call;
  const limit = String(capabilities.pageLimit.value);
  return { ...call, query: paging.page === null ? { limit } : { limit, next_token: paging.page } };
}

function listIn(answer: Answer, listing: Listing, { tokenOrigin }: ListParts): List {
  if (answer.state !== 'ok') throw unreadable(listing, answer, tokenOrigin);
  const parsed = List.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw invalidReply(listing, describeIssue(parsed.error));
}

/** The token of the next page, or null after the last one. */
function tokenAfter(list: List, listing: Listing): string | null {
  const token = list.next_token ?? '';
  const hasMore = list.has_more ?? token !== '';
  if (!hasMore) return null;
  if (token === '') throw invalidReply(listing, 'it says that there is more and not how to read it');
  return token;
}

function isCount(stated: number | null | undefined, rows: number): boolean {
  return stated === null || stated === undefined || stated === rows;
}
