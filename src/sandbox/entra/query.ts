import { badRequest, unsupportedQuery } from './answers.ts';

const DEFAULT_PAGE = 100;
const LARGEST_PAGE = 999;

/** The options of a Graph query that were understood (OData 4.01 Part 2 §5.1). */
export interface GraphQuery {
  /** Null when the default properties are wanted. */
  readonly select: readonly string[] | null;
  readonly top: number;
  readonly after: string | null;
  readonly filter: string | null;
  /** `$count=true` together with `ConsistencyLevel: eventual`: what casts need, too. */
  readonly advanced: boolean;
}

/** The options an endpoint serves. */
export type GraphOption = '$select' | '$top' | '$skiptoken' | '$filter' | '$count';

/** @throws GraphFault 400 for an option that is unknown here, repeated or malformed. */
export function readQuery(
  search: URLSearchParams,
  context: { readonly options: readonly GraphOption[]; readonly consistencyLevel: string | null },
): GraphQuery {
  const known: readonly string[] = context.options;
  for (const name of new Set(search.keys())) {
    if (!known.includes(name)) throw badRequest(`The query option '${name}' is not supported here.`);
    if (search.getAll(name).length > 1)
      throw badRequest(`Query option '${name}' was specified more than once.`);
  }
  const count = search.get('$count');
  if (count !== null && count !== 'true' && count !== 'false') {
    throw badRequest(`Invalid value '${count}' for $count query option found.`);
  }
  return {
    select: readSelect(search.get('$select')),
    top: readTop(search.get('$top')),
    after: search.get('$skiptoken'),
    filter: search.get('$filter'),
    advanced: count === 'true' && context.consistencyLevel?.toLowerCase() === 'eventual',
  };
}

/** For an endpoint that reads its query itself. */
export const noQuery: GraphQuery = {
  select: null,
  top: DEFAULT_PAGE,
  after: null,
  filter: null,
  advanced: false,
};

/** The same query from another place on: what a nextLink carries, with `$` left as it is. */
export function nextSearch(search: URLSearchParams, skipToken: string): string {
  const kept = [...search].filter(([name]) => name !== '$skiptoken');
  return [...kept, ['$skiptoken', skipToken] as const]
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

function readSelect(select: string | null): readonly string[] | null {
  if (select === null) return null;
  const names = select.split(',').map((name) => name.trim());
  if (names.includes('')) throw badRequest('Parsing OData Select and Expand failed: Term is empty.');
  return [...new Set(names)];
}

function readTop(top: string | null): number {
  if (top === null) return DEFAULT_PAGE;
  const size = /^\d{1,9}$/.test(top) ? Number(top) : Number.NaN;
  if (size >= 1 && size <= LARGEST_PAGE) return size;
  throw unsupportedQuery(
    `Invalid page size specified: '${top}'. Must be between 1 and ${LARGEST_PAGE} inclusive.`,
  );
}
