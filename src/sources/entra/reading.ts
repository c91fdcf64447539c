import type { Collection } from '../../model/collection.ts';
import type { Logger } from '../../model/ports.ts';
import type { CallUse, EntraClient } from './client.ts';
import type { Guests } from './schema.ts';

/** Lists that are read at the same time. */
export const concurrency = 4;
/** The most that Graph gives in one page of any of these lists. */
export const top = '$top=999';

export const emptyRemedy =
  'Check the scope, and that the app has the application permissions User.Read.All and GroupMember.Read.All with admin consent.';

export interface ReadParts {
  readonly source: string;
  readonly client: EntraClient;
  readonly guests: Guests;
  /** Properties of users to read beside those that are always read. */
  readonly select: readonly string[];
  readonly logger: Logger;
  readonly use: CallUse;
  /** Told after each page how much there is so far. */
  readonly onPage: (seen: { readonly users: number; readonly groups: number }) => void;
}

/** A read under way. */
export interface Reading extends ReadParts {
  readonly collection: Collection;
}

/** Which rows of a member list are wanted: people with their properties, or no more than ids. */
export type Take = 'people' | 'idsOnly';

/** Items in parts of at most `size`. */
export function inParts<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
    items.slice(part * size, (part + 1) * size),
  );
}
