/** Items in the order of their keys, ready to be read page by page. */
export interface Listing<T> {
  /** Ascending by UTF-16 code unit, without doubles. */
  readonly keys: readonly string[];
  readonly items: readonly T[];
}

/** A stretch of a listing. */
export interface ListingPage<T> {
  readonly items: readonly T[];
  /** The key of the last item; null on an empty page. */
  readonly last: string | null;
  /** Whether an item that passes the test comes after this page. */
  readonly more: boolean;
}

/** Sorts items by their keys, which must be unique. */
export function listingOf<T>(items: Iterable<T>, keyOf: (item: T) => string): Listing<T> {
  const pairs = Array.from(items, (item) => ({ key: keyOf(item), item }));
  pairs.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { keys: pairs.map(({ key }) => key), items: pairs.map(({ item }) => item) };
}

/**
 * The first `limit` items that pass the test and whose keys come after `after` (null: from the start).
 * Since a cursor is a key, not a position, a change between two pages moves rows as it would at a provider.
 */
export function readPage<T>(
  listing: Listing<T>,
  options: { readonly after: string | null; readonly limit: number; readonly test?: (item: T) => boolean },
): ListingPage<T> {
  const { after, limit, test = () => true } = options;
  const items: T[] = [];
  let last: string | null = null;
  for (
    let index = after === null ? 0 : firstAfter(listing.keys, after);
    index < listing.keys.length;
    index += 1
  ) {
    const item = listing.items[index];
    if (item === undefined || !test(item)) continue;
    if (items.length === limit) return { items, last, more: true };
    items.push(item);
    last = listing.keys[index] ?? null;
  }
  return { items, last, more: false };
}

/** Keeps listings until something changes, since sorting a large directory for each page would cost too much. */
export interface ListingCache<T> {
  get(name: string, make: () => Listing<T>): Listing<T>;
  clear(): void;
}

/** An empty cache. */
export function createListingCache<T>(): ListingCache<T> {
  const kept = new Map<string, Listing<T>>();
  return {
    get(name, make) {
      const listing = kept.get(name) ?? make();
      kept.set(name, listing);
      return listing;
    },
    clear: () => kept.clear(),
  };
}

function firstAfter(keys: readonly string[], after: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
