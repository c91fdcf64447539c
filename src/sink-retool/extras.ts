import type { CatalogueObject, CurrentState, Grant } from '../model/current-state.ts';
import type { ObjectType } from '../model/rules.ts';
import type { Extras } from '../model/sink.ts';
import { faultOf } from '../model/stated.ts';
import { groupId } from './bodies.ts';
import {
  toAccessRequest,
  toApp,
  toFolders,
  toGrant,
  toResource,
  toResourceConfiguration,
} from './convert.ts';
import { invalidReply, listings, unreadable } from './listing.ts';
import type { ListParts } from './list.ts';
import { allOrNothing, rowsOf } from './rows.ts';
import {
  AccessRequest,
  App,
  Folder,
  Grant as GrantRow,
  List,
  Resource,
  ResourceConfiguration,
} from './schema.ts';

/** Adds to what was read: catalogues of objects, direct grants of groups, access requests that wait. */
export async function readExtras(
  parts: ListParts,
  current: CurrentState,
  { catalogues, grants, accessRequests }: Extras,
  signal: AbortSignal,
): Promise<CurrentState> {
  const asked = [...grants].flatMap(([group, types]) => [...types].map((type) => ({ group, type })));
  const [objects, granted, requests] = await allOrNothing(signal, (signal) =>
    Promise.all([
      Promise.all([...catalogues].map((type) => catalogueOf[type](parts, signal))),
      Promise.all(asked.map(async (one) => ({ ...one, rows: await grantsOf(parts, one, signal) }))),
      accessRequests === 'none' ? null : rowsOf(parts, listings.accessRequests, AccessRequest, signal),
    ]),
  );
  return {
    ...current,
    ...(catalogues.size === 0 ? {} : { catalogue: objects.flat() }),
    ...(grants.size === 0 ? {} : { grants: merged(current.grants, granted) }),
    ...(requests === null ? {} : { accessRequests: requests.map(toAccessRequest) }),
  };
}

type ReadCatalogue = (parts: ListParts, signal: AbortSignal) => Promise<readonly CatalogueObject[]>;

const catalogueOf: Readonly<Record<ObjectType, ReadCatalogue>> = {
  folder: async (parts, signal) => toFolders(await rowsOf(parts, listings.folders, Folder, signal)),
  app: async (parts, signal) => (await rowsOf(parts, listings.apps, App, signal)).map(toApp),
  resource: async (parts, signal) =>
    (await rowsOf(parts, listings.resources, Resource, signal)).map(toResource),
  resource_configuration: async (parts, signal) =>
    (await rowsOf(parts, listings.resourceConfigurations, ResourceConfiguration, signal)).map(
      toResourceConfiguration,
    ),
};

interface Asked {
  readonly group: string;
  readonly type: ObjectType;
}

const permissions = { name: 'permissions/listObjects', scope: 'Permissions > Read', isPaged: false } as const;

/** What one group was given directly of one kind of object; the API has one call for each pair. */
async function grantsOf(
  { client, tokenOrigin }: ListParts,
  { group, type }: Asked,
  signal: AbortSignal,
): Promise<readonly Grant[]> {
  const body = { subject: { type: 'group', id: Number(groupId(group)) }, object_type: type };
  const answer = await client.call(
    { method: 'POST', path: ['permissions', 'listObjects'], body, repeats: 'read', priority: 0 },
    signal,
  );
  if (answer.state !== 'ok') throw unreadable(permissions, answer, tokenOrigin);
  const list = List.safeParse(answer.body);
  if (!list.success) throw invalidReply(permissions, faultOf(list.error));
  return list.data.data.map((row, index) => {
    const parsed = GrantRow.safeParse(row);
    if (!parsed.success) throw invalidReply(permissions, `row ${index + 1}: ${faultOf(parsed.error)}`);
    return toGrant(parsed.data);
  });
}

/** The kinds that were asked about now take the place of what was read of them before. */
function merged(
  earlier: CurrentState['grants'],
  granted: readonly (Asked & { readonly rows: readonly Grant[] })[],
): ReadonlyMap<string, readonly Grant[]> {
  const all = new Map(earlier);
  for (const { group, type, rows } of granted)
    all.set(group, [...(all.get(group) ?? []).filter((grant) => grant.type !== type), ...rows]);
  return all;
}
