import type { CurrentGroup } from '../model/current-state.ts';
import type { Skip } from '../model/desired-state.ts';
import { accessFields, type GroupFields, type Operation } from '../model/operation.ts';
import type { AccessLevels } from '../model/rules.ts';
import type { ManagedGroup } from '../model/store.ts';
import { causeOf } from './drift.ts';
import type { PlanInput } from './input.ts';
import { groupSubject, operation, reasonFrom, unsourcedReason } from './operations.ts';
import type { GroupResolution, ResolvedGroup } from './resolve-groups.ts';

/** Creates, adoptions, renames and access settings of the desired groups. */
export function diffGroups(input: PlanInput, { groups, vanished }: GroupResolution): GroupDiff {
  const draft: Draft = { operations: vanished.map(planRelease), skips: [] };
  for (const group of groups) {
    if (group.current === null) draft.operations.push(planCreate(group));
    else planExisting(input, draft, group, group.current);
  }
  return draft;
}

/** The operations on groups, and what was left as somebody changed it. */
export interface GroupDiff {
  readonly operations: readonly Operation[];
  readonly skips: readonly Skip[];
}

interface Draft {
  readonly operations: Operation[];
  readonly skips: Skip[];
}

/** A group somebody deleted in Retool is ours no more. */
function planRelease({ id, name }: ManagedGroup): Operation {
  const reason = unsourcedReason('groupVanished', null, 'the group is no longer in Retool');
  return operation('release', groupSubject(name, id), { before: { name, fedBy: [] }, after: null }, reason);
}

/** What a new group gives when its rule says nothing of access: left out, it would be for Retool to choose. */
const noAccess: AccessLevels = { apps: 'none', resources: 'none', workflows: 'none', queryLibrary: 'none' };

function planCreate({ desired }: ResolvedGroup): Operation {
  const after = {
    name: desired.name,
    ...accessFields(desired.access ?? noAccess),
    fedBy: desired.fedBy,
  };
  return operation(
    'createGroup',
    groupSubject(desired.name, null),
    { before: null, after },
    reasonFrom('newGroup', desired.provenance, desired.provenance.text),
  );
}

function planExisting(
  input: PlanInput,
  draft: Draft,
  { desired, managed, newFeeds, renameTo }: ResolvedGroup,
  current: CurrentGroup,
): void {
  const subject = groupSubject(desired.name, current.id);
  if (managed === null || newFeeds.length > 0) {
    const reason = reasonFrom(
      managed === null ? 'sameName' : 'newFeed',
      desired.provenance,
      managed === null ? `used by ${desired.provenance.rule}` : 'fed by one more source group',
    );
    draft.operations.push(
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
  // Access comes from the configuration alone: while that is as it was applied, only somebody in Retool changed it.
  const isApplied = managed !== null && input.memory.appliedConfig === input.config;
  for (const [field, value] of Object.entries(accessFields(desired.access))) {
    const held = now[field as keyof GroupFields];
    // What the target did not state cannot be compared; the resolution has said so.
    if (held === undefined || held === value) continue;
    const last = isApplied ? value : undefined;
    const cause = causeOf(input, { subject, field, held, desired: value, last });
    if (typeof cause === 'object') draft.skips.push(cause);
    else [before[field], after[field]] = [held, value];
  }
  if (Object.keys(after).length === 0) return;
  const [code, text] =
    after['name'] !== undefined
      ? ['renamed', 'its source group was renamed']
      : isApplied
        ? ['drift', `access was changed by hand in Retool and differs from ${desired.provenance.rule}`]
        : ['changed', `access differs from ${desired.provenance.rule}`];
  draft.operations.push(
    operation('updateGroup', subject, { before, after }, reasonFrom(code, desired.provenance, text)),
  );
}
