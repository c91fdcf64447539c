import { badRequest, GraphFault, unsupportedQuery } from './answers.ts';
import type { Change, MemberRef } from './changes.ts';
import type { Properties } from './properties.ts';
import type { EntraGroup, EntraUser } from './objects.ts';
import type { EntraTenant } from './tenant.ts';

/** How the rounds of delta queries come out; a client has to bear all of it. */
export interface DeltaHabits {
  /** Objects in a page; default 200. */
  readonly pageSize?: number;
  /** Members in a page, over all groups in it; a group with more comes again on the next one. Default 1000. */
  readonly membersPerPage?: number;
  /** `between`: every page is followed by an empty one that links on. Default `never`. */
  readonly emptyPages?: 'never' | 'between';
  /** `eachChange`: an object that changed twice comes twice. Default `once`. */
  readonly repeats?: 'once' | 'eachChange';
  /** `lastRound`: what the round before told is told again. Default `never`. */
  readonly replays?: 'never' | 'lastRound';
}

type Entity = 'users' | 'groups';

/** What a first request asked for, and every token of its rounds carries. */
interface Tracked {
  readonly entity: Entity;
  /** Null for the default: everything, members included. */
  readonly select: readonly string[] | null;
  /** The only objects that are tracked; null for all. */
  readonly ids: ReadonlySet<string> | null;
}

/** A row is made when its page is asked for, and shows the object as it then is. */
interface Row {
  readonly members: number;
  readonly show: () => Properties;
}

interface Place {
  readonly tracked: Tracked;
  readonly rows: readonly Row[];
  readonly from: number;
  /** Whether the page is one of the empty ones in between. */
  readonly gap: boolean;
  /** The count of changes that the next round begins after, and the one that this round began after. */
  readonly next: { readonly after: number; readonly before: number };
}

interface Mark {
  readonly tracked: Tracked;
  readonly after: number;
  readonly before: number;
  readonly issuedAt: number;
}

export interface DeltaCall {
  readonly origin: string;
  /** Without `/v1.0`: `/users/delta` or `/groups/delta`. */
  readonly path: string;
  readonly search: URLSearchParams;
}

/** The delta functions of users and groups. */
export interface DeltaQueries {
  /** @throws GraphFault 400 for what delta queries do not take, 410 after a reset. */
  answer(call: DeltaCall, entity: Entity, known: ReadonlySet<string>): Properties;
  reset(): void;
}

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;
const MOST_IDS = 50;
const BY_ID = /^id eq '([^']+)'$/;

/**
 * Rounds of pages that end in a delta link (Microsoft Graph: "Use delta query to track changes"). Tokens carry what the
 * first request asked for, and are refused beside it; they die after seven days. The first round tells what there is
 * and names deleted people as removed; a later one tells what changed, in the order in which it did. A change made
 * while a round is read is told in the next one, whether or not this one showed it already.
 */
export function createDeltaQueries(
  tenant: EntraTenant,
  habits: DeltaHabits,
  now: () => number,
): DeltaQueries {
  const places = new Map<string, Place>();
  const marks = new Map<string, Mark>();
  let issued = 0;
  let era = 0;
  const newToken = (): string => {
    issued += 1;
    return `${era}-${issued.toString(36).padStart(8, '0')}`;
  };

  function placeOf(call: DeltaCall, entity: Entity, known: ReadonlySet<string>): Place {
    const { search } = call;
    const names = [...search.keys()];
    const token = search.get('$skiptoken') ?? search.get('$deltatoken');
    if (token === null) return firstPlace(trackedOf(search, entity, known), tenant, habits);
    if (names.length > 1)
      throw badRequest('A state token carries the query: no other option may come with it.');
    if (!token.startsWith(`${era}-`)) throw resync(call);
    const place = search.has('$skiptoken') ? places.get(token) : laterPlace(markOf(token), tenant, habits);
    if (place?.tracked.entity !== entity) throw badRequest('The state token is not one of this query.');
    return place;
  }

  function markOf(token: string): Mark {
    const mark = marks.get(token);
    if (mark === undefined) throw badRequest('The state token is unknown.');
    if (now() - mark.issuedAt > WEEK_MS) throw stateNotFound();
    return mark;
  }

  function linkAfter(place: Place, end: number): readonly [name: string, query: string] {
    const token = newToken();
    const gap = habits.emptyPages === 'between' && !place.gap;
    if (end < place.rows.length || gap) {
      places.set(token, { ...place, from: end, gap });
      return ['@odata.nextLink', `$skiptoken=${token}`];
    }
    marks.set(token, { tracked: place.tracked, ...place.next, issuedAt: now() });
    return ['@odata.deltaLink', `$deltatoken=${token}`];
  }

  return {
    answer(call, entity, known) {
      const place = placeOf(call, entity, known);
      const end = place.gap ? place.from : endOfPage(place, habits);
      const [name, query] = linkAfter(place, end);
      return {
        '@odata.context': `${call.origin}/v1.0/$metadata#${entity}`,
        [name]: `${call.origin}/v1.0${call.path}?${query}`,
        value: place.rows.slice(place.from, end).map(({ show }) => show()),
      };
    },
    reset: () => void (era += 1),
  };
}

function trackedOf(search: URLSearchParams, entity: Entity, known: ReadonlySet<string>): Tracked {
  for (const name of search.keys()) {
    if (!['$select', '$filter'].includes(name))
      throw badRequest(`The query option '${name}' is not supported for change tracking.`);
    if (search.getAll(name).length > 1)
      throw badRequest(`Query option '${name}' was specified more than once.`);
  }
  const select = search.get('$select')?.split(',') ?? null;
  const stranger = select?.find((name) => !known.has(name) && !/^extension_[0-9a-f]{32}_\w+$/.test(name));
  if (stranger !== undefined) throw badRequest(`Could not find a property named '${stranger}'.`);
  return { entity, select, ids: idsOf(search.get('$filter')) };
}

function idsOf(filter: string | null): ReadonlySet<string> | null {
  if (filter === null) return null;
  const ids = filter.split(' or ').map((part) => BY_ID.exec(part.trim())?.[1]);
  if (ids.length > MOST_IDS) throw unsupportedQuery(`At most ${MOST_IDS} objects can be filtered by.`);
  return new Set(
    ids.map((id) => {
      if (id === undefined) throw unsupportedQuery('Change tracking can be filtered by id only.');
      return id;
    }),
  );
}

function stateNotFound(): GraphFault {
  const message = 'The state token has expired. Perform a full synchronization.';
  return new GraphFault({ status: 400, code: 'syncStateNotFound', message });
}

function resync({ origin, path }: DeltaCall): GraphFault {
  const headers = { Location: `${origin}/v1.0${path}?$deltatoken=` };
  const message = 'The state of this tenant was reset. Perform a full synchronization.';
  return new GraphFault({ status: 410, code: 'syncStateNotFound', message, headers });
}

function endOfPage({ rows, from }: Place, { pageSize = 200, membersPerPage = 1000 }: DeltaHabits): number {
  let end = from;
  let members = 0;
  while (end < rows.length && end - from < pageSize) {
    members += rows[end]?.members ?? 0;
    if (members > membersPerPage && end > from) break;
    end += 1;
  }
  return end;
}

function firstPlace(tracked: Tracked, tenant: EntraTenant, habits: DeltaHabits): Place {
  const after = tenant.changes.length();
  const wanted = ({ id }: { readonly id: string }): boolean => tracked.ids?.has(id) !== false;
  const rows =
    tracked.entity === 'users'
      ? [...tenant.users.values()].filter(wanted).map(({ id }) => userRow(id, new Set(), tracked, tenant))
      : [...tenant.groups.values()].filter(wanted).flatMap((group) => {
          const members = [...group.members].map((id) => ({ id, kind: kindOf(id, tenant), gone: false }));
          return groupRows(group.id, members, { tracked, tenant, habits, changed: new Set() });
        });
  return { tracked, rows, from: 0, gap: false, next: { after, before: after } };
}

function laterPlace({ tracked, after, before }: Mark, tenant: EntraTenant, habits: DeltaHabits): Place {
  const until = tenant.changes.length();
  const changes = tenant.changes
    .between(habits.replays === 'lastRound' ? before : after, until)
    .filter((change) => isTold(change, tracked));
  const bundles = habits.repeats === 'eachChange' ? changes.map((change) => [change]) : byObject(changes);
  const rows = bundles.flatMap((bundle) => rowsOf(bundle, { tracked, tenant, habits }));
  return { tracked, rows, from: 0, gap: false, next: { after: until, before: after } };
}

function isTold(
  { entity, id, properties, added, removed }: Change,
  { entity: of, select, ids }: Tracked,
): boolean {
  if (entity !== of || ids?.has(id) === false) return false;
  if (properties === 'whole' || select === null) return true;
  if (select.includes('members') && added.length + removed.length > 0) return true;
  return select.some((name) => properties.has(name));
}

function byObject(changes: readonly Change[]): readonly (readonly Change[])[] {
  return [...Map.groupBy(changes, ({ id }) => id).values()];
}

/** What several changes of one object come to. */
function rowsOf(bundle: readonly Change[], parts: Omit<RowParts, 'changed'>): readonly Row[] {
  const { tracked, tenant } = parts;
  const [{ id } = { id: '' }] = bundle;
  const changed = new Set(
    bundle.flatMap(({ properties }) => (properties === 'whole' ? [] : [...properties])),
  );
  if (tracked.entity === 'users') return [userRow(id, changed, tracked, tenant)];
  const members = new Map<string, Touched>();
  for (const { added, removed } of bundle) {
    for (const member of removed) members.set(member.id, { ...member, gone: true });
    for (const member of added) members.set(member.id, { ...member, gone: false });
  }
  return groupRows(id, [...members.values()], { ...parts, changed });
}

function userRow(id: string, changed: ReadonlySet<string>, tracked: Tracked, tenant: EntraTenant): Row {
  return { members: 0, show: () => shown(tenant.users.get(id), id, changed, tracked) };
}

/** A member that joined, or left. */
interface Touched extends MemberRef {
  readonly gone: boolean;
}

interface RowParts {
  readonly tracked: Tracked;
  readonly tenant: EntraTenant;
  readonly habits: DeltaHabits;
  /** The properties that are shown even if they are empty now. */
  readonly changed: ReadonlySet<string>;
}

function groupRows(
  id: string,
  members: readonly Touched[],
  { tracked, tenant, habits: { membersPerPage = 1000 }, changed }: RowParts,
): readonly Row[] {
  const isTracked = tracked.select === null || tracked.select.includes('members');
  const told = isTracked ? members : [];
  const slices = Array.from({ length: Math.max(1, Math.ceil(told.length / membersPerPage)) }, (_, index) =>
    told.slice(index * membersPerPage, (index + 1) * membersPerPage),
  );
  return slices.map((slice) => ({
    members: slice.length,
    show: () => {
      const row = shown(tenant.groups.get(id), id, changed, tracked);
      if (slice.length === 0 || '@removed' in row) return row;
      return { ...row, 'members@delta': slice.map(memberShown) };
    },
  }));
}

function memberShown({ id, kind, gone }: Touched): Properties {
  const row = { '@odata.type': `#microsoft.graph.${kind}`, id };
  return gone ? { ...row, '@removed': { reason: 'deleted' } } : row;
}

/** A property that was never set is left out; one that was emptied is null. */
function shown(
  object: EntraUser | EntraGroup | undefined,
  id: string,
  changed: ReadonlySet<string>,
  { select }: Tracked,
): Properties {
  if (object === undefined) return { id, '@removed': { reason: 'deleted' } };
  if (object.kind === 'user' && object.state === 'deleted') return { id, '@removed': { reason: 'changed' } };
  const names = (select ?? Object.keys(object.properties)).filter((name) => name !== 'members');
  const stated = names.filter((name) => {
    const value = object.properties[name];
    return value !== undefined && (value !== null || changed.has(name));
  });
  return { ...Object.fromEntries(stated.map((name) => [name, object.properties[name]])), id };
}

function kindOf(id: string, { users, groups }: EntraTenant): MemberRef['kind'] {
  if (users.has(id)) return 'user';
  return groups.has(id) ? 'group' : 'device';
}
