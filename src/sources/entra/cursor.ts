import { z } from 'zod';
import type { Json } from '../../model/json.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { digestOf } from '../../runtime/digest.ts';
import { groupSelect, userSelect } from './convert.ts';
import { endpointsFor, type EntraOptions } from './schema.ts';

const ids = z.array(z.string());

/** What every position knows: whose it is, and how many calls it would take to get there anew. */
const known = { version: z.literal(1), options: z.string(), anewCalls: z.int().nonnegative() };

/**
 * Where a source is on its way to reading changes only.
 *
 * - `listed`: all lists were read; the next read may begin with the deltas.
 * - `lists`: deltas are not worth while here, or not to be had; asked again a day after `since` (ISO 8601, UTC).
 * - `delta`: the next round begins at these paths.
 */
export const Position = z.discriminatedUnion('stage', [
  z.strictObject({ ...known, stage: z.literal('listed') }),
  z.strictObject({ ...known, stage: z.literal('lists'), since: z.string() }),
  z.strictObject({
    ...known,
    stage: z.literal('delta'),
    usersAt: z.string().startsWith('/users/delta?'),
    groupsAt: z.string().startsWith('/groups/delta?'),
    /** Group, people and groups directly in it; of groups without nesting only what their snapshot lacks. */
    lists: z.array(z.tuple([z.string(), ids, ids])),
    /** Who stands on these lists or among the assignments, but is not there: deleted people and groups. */
    absent: ids,
    /** Who is assigned to the application on their own, and left out as a guest. */
    leftOut: ids,
    /** The names of app roles by id. */
    roles: z.array(z.tuple([z.string(), z.string()])),
  }),
]);
export type Position = z.infer<typeof Position>;
export type DeltaPosition = Extract<Position, { stage: 'delta' }>;

/** What a position belongs to: read with other options, the same tenant says something else. */
export function optionsDigest(options: EntraOptions): string {
  const { tenantId, scope, guests = 'exclude', select = [] } = options;
  const { graph } = endpointsFor(options);
  return digestOf({
    tenantId,
    graph: graph.origin,
    scope,
    guests,
    users: userSelect(select),
    groups: groupSelect,
  });
}

/** The position in a snapshot; null when there is none, or one that was written under other options. */
export function positionIn(baseline: Snapshot | null, options: string): Position | null {
  const position = Position.safeParse(baseline?.cursor?.position).data ?? null;
  return position?.options === options ? position : null;
}

/** A position as the snapshot keeps it. */
export function cursorAt(position: Position, fullReadAt: string): NonNullable<Snapshot['cursor']> {
  // What zod infers is JSON, but its arrays are not readonly.
  return { position: position as Json, fullReadAt };
}
