import type { CurrentGroup } from '../model/current-state.ts';
import type { Skip } from '../model/desired-state.ts';
import {
  accessFields,
  flagFields,
  settingsOf,
  type GroupFields,
  type Operation,
} from '../model/operation.ts';
import type { AccessLevels } from '../model/rules.ts';
import type { ManagedGroup } from '../model/store.ts';
import { compareText, count } from '../model/text.ts';
import { findObject } from './catalogue.ts';
import { causeOf } from './drift.ts';
import { isProtectedGroup, type PlanInput } from './input.ts';
import { groupSubject, operation, reasonFrom, unsourcedReason } from './operations.ts';
import type { GroupResolution, ResolvedGroup } from './resolve-groups.ts';

/** Creates, adoptions, renames, settings and deletions of groups. */
export function diffGroups(input: PlanInput, { groups, orphaned, vanished }: GroupResolution): GroupDiff {
  const draft: Draft = {
    operations: vanished.map(planRelease),
    skips: [],
    incomplete: [],
    deleted: new Set(),
  };
  for (const group of groups) {
    const settings = settingsWanted(input, draft, group);
    if (group.current === null) draft.operations.push(planCreate(group, settings));
    else planExisting(input, draft, { group, current: group.current, settings });
  }
  for (const orphan of orphaned) planDeletion(input, draft, orphan);
  return draft;
}

/** The operations on groups, and what was left as somebody changed it. */
export interface GroupDiff {
  readonly operations: readonly Operation[];
  readonly skips: readonly Skip[];
  readonly incomplete: readonly string[];
  /** Ids of the groups that are deleted: their members go with them. */
  readonly deleted: ReadonlySet<string>;
}

interface Draft {
  readonly operations: Operation[];
  readonly skips: Skip[];
  readonly incomplete: string[];
  readonly deleted: Set<string>;
}

/** The settings that rules keep on a group, under the target's names. */
function settingsWanted(input: PlanInput, draft: Draft, { desired, current }: ResolvedGroup): GroupFields {
  const { access, flags, landingPage } = desired;
  const given = { ...accessFields(access), ...flagFields(flags) };
  if (landingPage === undefined) return given;
  if (landingPage === null) return { ...given, landing_page_app_id: null };
  const found = findObject(input, { type: 'app', object: landingPage });
  if (found.state === 'found') return { ...given, landing_page_app_id: found.object.id };
  const text = `${desired.provenance.rule}: the landing page of "${desired.name}" is left as it is: ${found.text}`;
  draft.skips.push({ subject: groupSubject(desired.name, current?.id ?? null), code: found.code, text });
  draft.incomplete.push(text);
  return given;
}

/** A group that we made and nothing calls for any more, as far as nobody else uses it. */
function planDeletion(
  { policy, current: { invites } }: PlanInput,
  draft: Draft,
  { managed, current, code }: GroupResolution['orphaned'][number],
): void {
  if (policy.groups?.delete !== 'owned' || managed.origin !== 'created') return;
  const subject = groupSubject(managed.name, current.id);
  const strangers = [...current.members.keys()].filter((id) => !managed.members.has(id)).length;
  const invited = invites.filter(({ claimed, groups }) => !claimed && groups.has(current.id)).length;
  if (isProtectedGroup(current.name, policy) || strangers + invited > 0) {
    const text = `"${current.name}" is not deleted, since ${count(strangers + invited, 'member')} of it ${strangers + invited === 1 ? 'is' : 'are'} not from here`;
    draft.skips.push({ subject, code: 'groupNotEmpty', text });
    return;
  }
  const text = code === 'groupGone' ? 'its source group is gone' : 'no rule calls for it any more';
  const before = { name: current.name, members: [...current.members.keys()].toSorted(compareText) };
  draft.deleted.add(current.id);
  draft.operations.push(
    operation('deleteGroup', subject, { before, after: null }, unsourcedReason(code, 'groups.delete', text)),
  );
}

/** A group somebody deleted in Retool is ours no more. */
function planRelease({ id, name }: ManagedGroup): Operation {
  const reason = unsourcedReason('groupVanished', null, 'the group is no longer in Retool');
  return operation('release', groupSubject(name, id), { before: { name, fedBy: [] }, after: null }, reason);
}

/** What a new group gives when its rule says nothing of access: left out, it would be for Retool to choose. */
const noAccess: AccessLevels = { apps: 'none', resources: 'none', workflows: 'none', queryLibrary: 'none' };

function planCreate({ desired }: ResolvedGroup, settings: GroupFields): Operation {
  const after = {
    name: desired.name,
    ...accessFields(noAccess),
    ...settings,
    fedBy: desired.fedBy,
  };
  return operation(
    'createGroup',
    groupSubject(desired.name, null),
    { before: null, after },
    reasonFrom('newGroup', desired.provenance, desired.provenance.text),
  );
}

interface Existing {
  readonly group: ResolvedGroup;
  readonly current: CurrentGroup;
  readonly settings: GroupFields;
}

function planExisting(input: PlanInput, draft: Draft, { group, current, settings }: Existing): void {
  const { desired, managed, newFeeds, renameTo } = group;
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
  const before: Record<string, string | boolean | null> = {};
  const after: Record<string, string | boolean | null> = {};
  if (renameTo !== null && current.name !== renameTo)
    [before['name'], after['name']] = [current.name, renameTo];
  const now = settingsOf(current);
  // Settings come from the configuration alone: while that is as it was applied, only somebody in Retool changed them.
  const isApplied = managed !== null && input.memory.appliedConfig === input.config;
  for (const [field, value] of Object.entries(settings) as [keyof GroupFields, string | boolean | null][]) {
    const held = now[field];
    // What the target did not state cannot be compared; the resolution has said so.
    if (held === undefined || held === value) continue;
    const [shownHeld, desiredText] = [settingText(held), settingText(value)];
    const last = isApplied ? desiredText : undefined;
    const cause = causeOf(input, { subject, field, held: shownHeld, desired: desiredText, last });
    if (typeof cause === 'object') draft.skips.push(cause);
    else [before[field], after[field]] = [held, value];
  }
  if (Object.keys(after).length === 0) return;
  const [code, text] =
    after['name'] !== undefined
      ? ['renamed', 'its source group was renamed']
      : isApplied
        ? ['drift', `settings were changed by hand in Retool and differ from ${desired.provenance.rule}`]
        : ['changed', `settings differ from ${desired.provenance.rule}`];
  draft.operations.push(
    operation('updateGroup', subject, { before, after }, reasonFrom(code, desired.provenance, text)),
  );
}

function settingText(value: string | boolean | null): string {
  return value === null ? 'none' : String(value);
}
