import type { z } from 'zod';
import { faultOf } from '../model/stated.ts';
import { readRows, type ListParts } from './list.ts';
import { invalidReply, type Listing } from './listing.ts';

/** All rows of a list, each checked; one that is not as promised makes the whole list unusable. */
export async function rowsOf<Row>(
  parts: ListParts,
  listing: Listing,
  schema: z.ZodType<Row>,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const rows = await readRows(parts, listing, signal);
  return rows.map((row, index) => {
    const parsed = schema.safeParse(row);
    if (parsed.success) return parsed.data;
    throw invalidReply(listing, `row ${index + 1}: ${faultOf(parsed.error)}`);
  });
}

/** When one of several reads fails, the others are of no use and would only spend calls. */
export async function allOrNothing<T>(
  signal: AbortSignal,
  reads: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  try {
    return await reads(AbortSignal.any([signal, stop.signal]));
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}
