import { BridgeError } from '../model/errors.ts';

/**
 * The address of the next page, resolved against `base`. Throws `sourceInvalid` when it leaves the origin
 * of `base` or carries user information: a reply may not choose to whom the credentials are sent.
 */
export function sameOriginUrl(next: string, base: URL): URL {
  const url = URL.parse(next, base.href);
  if (url === null) throw refusal('is not an address', base);
  if (url.origin !== base.origin) throw refusal(`leads to ${url.origin}`, base);
  if (url.username !== '' || url.password !== '') throw refusal('carries user information', base);
  return url;
}

function refusal(what: string, base: URL): BridgeError {
  return new BridgeError('sourceInvalid', `The link to the next page ${what} instead of ${base.origin}.`, {
    remedy: 'Check the configured address, and any proxy in between that rewrites replies.',
  });
}

/**
 * Watches over one listing: `visit` throws `sourceInvalid` for a page that was read before, or for more
 * than `limit` pages, so that a server whose links go round in circles ends the read and not the memory.
 */
export function pageGuard(limit: number): { visit(url: string): void } {
  const visited = new Set<string>();
  return {
    visit(url) {
      if (visited.has(url))
        throw new BridgeError('sourceInvalid', 'A page of a list links to a page that was read before.');
      if (visited.size >= limit)
        throw new BridgeError('sourceInvalid', `A list has more than ${limit} pages.`);
      visited.add(url);
    },
  };
}

/**
 * Watches over the rows of one listing, page by page. A row may come again on a later page, when a change moved
 * it while the pages were read. One id twice on a page, or a page of several rows and nobody new, is no such
 * change: the list is not what it claims to be, and pages may be missing from it. Then `visit` throws
 * `sourceInvalid`; rows without an id are null and do not count.
 */
export function rowGuard(list: string): { visit(ids: readonly (string | null)[]): void } {
  /** By id, the page that it was last seen on. */
  const seen = new Map<string, number>();
  let page = 0;
  return {
    visit(rows) {
      page += 1;
      let ids = 0;
      let repeated = 0;
      for (const id of rows) {
        if (id === null) continue;
        const before = seen.get(id);
        if (before === page) throw new BridgeError('sourceInvalid', `A page of ${list} has one id twice.`);
        ids += 1;
        if (before !== undefined) repeated += 1;
        seen.set(id, page);
      }
      if (ids > 1 && repeated === ids)
        throw new BridgeError('sourceInvalid', `A page of ${list} repeats what was read before.`);
    },
  };
}
