import type { CurrentGroup } from '../model/current-state.ts';
import type { GroupFields, Operation } from '../model/operation.ts';
import type { AccessLevels } from '../model/rules.ts';
import type { ManagedGroup } from '../model/store.ts';
import { groupSubject, operation, reasonFrom } from './operations.ts';
import type { GroupResolution, ResolvedGroup } from './resolve-groups.ts';

/** Creates, adoptions, renames and access settings of the desired groups. */
export function diffGroups({ groups, vanished }: GroupResolution): Operation[] {
  return [
    ...vanished.map(planRelease),
    ...groups.flatMap((group) =>
      group.current === null ? [planCreate(group)] : planExisting(group, group.current),
    ),
  ];
}

/** A group somebody deleted in Retool is ours no more. */
function planRelease({ id, name }: ManagedGroup): Operation {
  const reason = {
    code: 'groupVanished',
    rule: null,
    source: null,
    externalId: null,
    text: 'the group is no longer in Retool',
  };
  return operation('release', groupSubject(name, id), { before: { name, fedBy: [] }, after: null }, reason);
}

function planCreate({ desired }: ResolvedGroup): Operation {
  const after = { name: desired.name, ...accessFields(desired.access), fedBy: desired.fedBy };
  return operation(
    'createGroup',
    groupSubject(desired.name, null),
    { before: null, after },
    reasonFrom('newGroup', desired.provenance, desired.provenance.text),
  );
}

function planExisting(
  { desired, managed, newFeeds, renameTo }: ResolvedGroup,
  current: CurrentGroup,
): Operation[] {
  const operations: Operation[] = [];
  const subject = groupSubject(desired.name, current.id);
  if (managed === null || newFeeds.length > 0) {
    const reason = reasonFrom(
      managed === null ? 'sameName' : 'newFeed',
      desired.provenance,
      managed === null ? `used by ${desired.provenance.rule}` : 'fed by one more source group',
    );
    operations.push(
      operation(
        'adopt',
        subject,
        {
          before: { id: current.id, managed: managed !== null },
          after: { name: desired.name, fedBy: newFeeds },
        },
        reason,
      ),
    );
  }
  const before: Record<string, string> = {};
  const after: Record<string, string> = {};
  if (renameTo !== null && current.name !== renameTo)
    [before['name'], after['name']] = [current.name, renameTo];
  const now = accessFields(current.access);
  for (const [field, value] of Object.entries(accessFields(desired.access))) {
    const held = now[field as keyof GroupFields];
    // What the target did not state cannot be compared; the resolution has said so.
    if (held !== undefined && held !== value) [before[field], after[field]] = [held, value];
  }
  if (Object.keys(after).length > 0) {
    const reason = reasonFrom(
      after['name'] === undefined ? 'changed' : 'renamed',
      desired.provenance,
      after['name'] === undefined
        ? `access differs from ${desired.provenance.rule}`
        : 'its source group was renamed',
    );
    operations.push(operation('updateGroup', subject, { before, after }, reason));
  }
  return operations;
}

function accessFields(access: AccessLevels | null): GroupFields {
  if (access === null) return {};
  return {
    universal_app_access: access.apps,
    universal_resource_access: access.resources,
    universal_workflow_access: access.workflows,
    universal_query_library_access: access.queryLibrary,
  };
}
