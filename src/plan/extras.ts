import type { CurrentState } from '../model/current-state.ts';
import type { DesiredGroup, DesiredState } from '../model/desired-state.ts';
import type { Operation } from '../model/operation.ts';
import type { ObjectType, Policy } from '../model/rules.ts';
import { noExtras, type Extras } from '../model/sink.ts';
import type { Memory } from '../model/store.ts';

/** What has to be read before these operations can be compared with the target. */
export function extrasFor(operations: readonly Operation[]): Extras {
  const grants = new Map<string, Set<ObjectType>>();
  for (const operation of operations) {
    if (operation.kind !== 'grantAccess' && operation.kind !== 'revokeAccess') continue;
    const { group, object } = operation.after;
    if (group.id !== null) add(grants, group.id, object.type);
  }
  const isDecided = operations.some(({ kind }) => kind === 'decideAccessRequest');
  return { ...noExtras, grants, accessRequests: isDecided ? 'pending' : 'none' };
}

/**
 * What has to be read beside the four lists to plan this: catalogues of what rules name, the grants of the groups
 * they are about and of those in which we gave some, and access requests when somebody answers them.
 */
export function extrasToPlan(
  desired: Pick<DesiredState, 'groups'>,
  current: CurrentState,
  memory: Memory,
  policy: Policy,
): Extras {
  const catalogues = new Set<ObjectType>();
  const grants = new Map<string, Set<ObjectType>>();
  const idOf = groupFinder(current, memory);
  for (const group of desired.groups) {
    if (typeof group.landingPage === 'string') catalogues.add('app');
    const id = idOf(group);
    for (const { type } of group.grants ?? []) {
      catalogues.add(type);
      if (id !== null) add(grants, id, type);
    }
  }
  const listed = new Set(current.groups.map(({ id }) => id));
  for (const { id, grants: given } of memory.groups.values()) {
    for (const object of given?.keys() ?? [])
      if (listed.has(id)) add(grants, id, object.slice(0, object.indexOf(' ')) as ObjectType);
  }
  const { inScope = 'leave', outOfScope = 'leave' } = policy.accessRequests ?? {};
  const answers = inScope !== 'leave' || outOfScope !== 'leave';
  return { catalogues, grants, accessRequests: answers ? 'pending' : 'none' };
}

export function isNothing({ catalogues, grants, accessRequests }: Extras): boolean {
  return catalogues.size === 0 && grants.size === 0 && accessRequests === 'none';
}

/** As the plan will find them: by the id remembered for the name, then by the name. */
function groupFinder(current: CurrentState, memory: Memory): (group: DesiredGroup) => string | null {
  const remembered = new Map([...memory.groups.values()].map(({ id, name }) => [name, id]));
  const linked = new Map(
    memory.links.flatMap(({ type, source, externalId, targetId }) =>
      type === 'group' ? [[`${source}:${externalId}`, targetId] as const] : [],
    ),
  );
  const listed = new Set(current.groups.map(({ id }) => id));
  const named = new Map(current.groups.map(({ id, name }) => [name, id]));
  return ({ name, fedBy }) => {
    const feeds = fedBy.map(({ source, externalId }) => linked.get(`${source}:${externalId}`));
    const known = [remembered.get(name), named.get(name), ...feeds];
    return known.find((id) => id !== undefined && listed.has(id)) ?? null;
  };
}

function add(grants: Map<string, Set<ObjectType>>, group: string, type: ObjectType): void {
  grants.set(group, (grants.get(group) ?? new Set()).add(type));
}
