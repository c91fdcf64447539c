import type { CurrentGroup } from '../model/current-state.ts';
import {
  keyText,
  type Conflict,
  type DesiredGroup,
  type Notice,
  type Skip,
  type SourceKey,
} from '../model/desired-state.ts';
import type { ManagedGroup } from '../model/store.ts';
import { folded } from '../model/text.ts';
import type { Index } from './index-current.ts';
import { isProtectedGroup, type PlanInput } from './input.ts';
import { groupSubject } from './operations.ts';
import { linkGroupCommand } from './way-out.ts';

/** A desired group and the Retool group it is, or will be. */
export interface ResolvedGroup {
  readonly desired: DesiredGroup;
  /** null: it has to be created. */
  readonly current: CurrentGroup | null;
  /** What we remember of it; null when a rule calls for it for the first time. */
  readonly managed: ManagedGroup | null;
  /** Source groups that feed it and are not linked to it yet. */
  readonly newFeeds: readonly SourceKey[];
  /** Set when the source group was renamed and the Retool group follows. */
  readonly renameTo: string | null;
}

export interface GroupResolution {
  readonly groups: readonly ResolvedGroup[];
  /** Managed groups no rule calls for any more, with the reason; only complete reads lead here. */
  readonly orphaned: readonly {
    readonly managed: ManagedGroup;
    readonly current: CurrentGroup;
    readonly code: 'groupGone' | 'noRule';
  }[];
  /** Managed groups that the target no longer lists: the guard holds the plan, and they are released. */
  readonly vanished: readonly ManagedGroup[];
  readonly skips: readonly Skip[];
  readonly conflicts: readonly Conflict[];
  readonly notices: readonly Notice[];
  readonly incomplete: readonly string[];
}

interface Work {
  readonly input: PlanInput;
  readonly index: Index;
  readonly groups: ResolvedGroup[];
  readonly taken: Set<string>;
  readonly skips: Skip[];
  readonly conflicts: Conflict[];
  readonly notices: Notice[];
  readonly incomplete: string[];
}

/**
 * Finds the Retool group of every desired group: by the id remembered for its name, then by exact
 * name. A group keeps its id through renames on either side; it is never deleted and made again.
 */
export function resolveGroups(input: PlanInput, index: Index): GroupResolution {
  const work: Work = {
    input,
    index,
    groups: [],
    taken: new Set(),
    skips: [],
    conflicts: [],
    notices: [],
    incomplete: [],
  };
  const byName = new Map([...input.memory.groups.values()].map((managed) => [managed.name, managed]));
  const desiredNames = new Set(input.desired.groups.map((group) => group.name));
  for (const desired of input.desired.groups) resolveOne(work, desired, byName, desiredNames);
  const vanished = [...input.memory.groups.values()].filter((managed) => !index.groupById.has(managed.id));
  return { ...work, orphaned: orphansOf(work), vanished };
}

function resolveOne(
  work: Work,
  desired: DesiredGroup,
  byName: ReadonlyMap<string, ManagedGroup>,
  desiredNames: ReadonlySet<string>,
): void {
  const subject = groupSubject(desired.name, null);
  if (isProtectedGroup(desired.name, work.input.policy)) {
    work.skips.push({
      subject,
      code: 'protectedGroup',
      text: `${desired.provenance.rule}: "${desired.name}" is a protected group and is left alone`,
    });
    return;
  }
  const managed = byName.get(desired.name);
  const known = managed === undefined ? undefined : work.index.groupById.get(managed.id);
  if (managed !== undefined && known !== undefined) {
    if (known.name !== desired.name)
      work.notices.push({
        code: 'groupRenamedInRetool',
        text: `the Retool group "${desired.name}" is now called "${known.name}"; it stays the same group`,
      });
    take(work, desired, known, managed, null);
    return;
  }
  const sameName = work.index.groupsByName.get(desired.name) ?? [];
  const [found] = sameName;
  if (sameName.length > 1) {
    work.conflicts.push({
      subject,
      code: 'ambiguousGroup',
      candidates: sameName.map((group) => group.id).toSorted(),
      text: `${sameName.length} Retool groups are called "${desired.name}"`,
    });
  } else if (found !== undefined) take(work, desired, found, null, null);
  else resolveMissing(work, desired, desiredNames);
}

function resolveMissing(work: Work, desired: DesiredGroup, desiredNames: ReadonlySet<string>): void {
  const subject = groupSubject(desired.name, null);
  const renamed = formerGroup(work, desired, desiredNames);
  if (renamed !== null) {
    followRename(work, desired, renamed);
    return;
  }
  const similar = work.input.current.groups.find((group) => folded(group.name) === folded(desired.name));
  if (similar !== undefined) {
    work.conflicts.push({
      subject,
      code: 'groupNameCase',
      candidates: [similar.id],
      text: `Retool has "${similar.name}", the rule calls for "${desired.name}": they differ by case only`,
    });
  } else if (desired.create && isCalledFor(desired)) {
    work.groups.push({ desired, current: null, managed: null, newFeeds: desired.fedBy, renameTo: null });
  } else if (!desired.create) {
    const text = `${desired.provenance.rule}: there is no Retool group "${desired.name}", and the rule does not create it`;
    work.skips.push({ subject, code: 'noSuchGroup', text });
    work.incomplete.push(text);
  }
}

/** While nothing that feeds a group could be found, it is not known whether anybody wants it. */
function isCalledFor({ fedBy, completeness }: DesiredGroup): boolean {
  return fedBy.length > 0 || completeness.state === 'complete';
}

/** The managed group its only source group used to feed under another name, if no rule calls for that name now. */
function formerGroup(
  work: Work,
  desired: DesiredGroup,
  desiredNames: ReadonlySet<string>,
): ManagedGroup | null {
  const [feed] = desired.fedBy;
  if (feed === undefined) return null;
  const id = work.index.linkedGroup.get(keyText(feed));
  const managed = id === undefined ? undefined : work.input.memory.groups.get(id);
  if (managed === undefined || desiredNames.has(managed.name) || work.taken.has(managed.id)) return null;
  return work.index.groupById.has(managed.id) ? managed : null;
}

function followRename(work: Work, desired: DesiredGroup, managed: ManagedGroup): void {
  const current = work.index.groupById.get(managed.id);
  if (current === undefined) return;
  const onlyFeed = desired.fedBy.length === 1 && (work.index.keysOfGroup.get(managed.id) ?? []).length === 1;
  if (managed.origin === 'created' && onlyFeed && work.input.policy.policy !== 'create-only') {
    take(work, desired, current, managed, desired.name);
    return;
  }
  work.taken.add(managed.id);
  const text = `its source group was renamed and now calls for "${desired.name}"; the Retool group "${current.name}" ${onlyFeed ? 'was not made by the bridge' : 'is fed by several'} and is left as it is`;
  work.conflicts.push({
    subject: groupSubject(managed.name, managed.id),
    code: 'sourceGroupRenamed',
    candidates: [managed.id],
    text,
  });
}

function take(
  work: Work,
  desired: DesiredGroup,
  current: CurrentGroup,
  managed: ManagedGroup | null,
  renameTo: string | null,
): void {
  const subject = groupSubject(desired.name, current.id);
  if (isProtectedGroup(current.name, work.input.policy)) {
    work.skips.push({
      subject,
      code: 'protectedGroup',
      text: `"${current.name}" is a protected group and is left alone`,
    });
    return;
  }
  if (work.taken.has(current.id)) {
    work.conflicts.push({
      subject,
      code: 'groupSharedByTwo',
      candidates: [current.id],
      text: `"${desired.name}" and another desired group are the same Retool group`,
    });
    return;
  }
  if (managed !== null && isReplaced(work, desired, managed)) {
    work.taken.add(current.id);
    work.conflicts.push({
      subject,
      code: 'sourceGroupReplaced',
      candidates: desired.fedBy.map(keyText),
      text: `the source group that fed "${desired.name}" is gone, and another of the same name is there now; nobody is added or removed because of it; if it is to take over: ${linkGroupCommand(desired.name, desired.fedBy[0])}`,
    });
    return;
  }
  const elsewhere = desired.fedBy.filter(
    (key) => (work.index.linkedGroup.get(keyText(key)) ?? current.id) !== current.id,
  );
  if (elsewhere.length > 0 && managed === null) {
    const text = `"${desired.name}" is now fed by ${elsewhere.map(keyText).join(', ')}, which fed another Retool group before`;
    work.notices.push({ code: 'feedMoved', text });
  }
  if (desired.access !== null && current.access === null) {
    const text = `Retool does not state the access settings of "${current.name}", so they are left as they are`;
    work.skips.push({ subject, code: 'accessUnknown', text });
  }
  work.taken.add(current.id);
  const newFeeds = desired.fedBy.filter((key) => work.index.linkedGroup.get(keyText(key)) !== current.id);
  work.groups.push({ desired, current, managed, newFeeds, renameTo });
}

/** Whether everything that fed the group is gone and something that never did stands in its place. */
function isReplaced({ input, index }: Work, { fedBy }: DesiredGroup, { id }: ManagedGroup): boolean {
  const known = index.keysOfGroup.get(id) ?? [];
  const isGone = (key: SourceKey): boolean =>
    input.desired.completeGroupSources.has(key.source) && !input.desired.seenGroups.has(keyText(key));
  return known.length > 0 && fedBy.length > 0 && known.every(isGone);
}

/** Managed groups without a desired one. While what fed them cannot be judged, they are left alone. */
function orphansOf(work: Work): GroupResolution['orphaned'] {
  const { desired, memory } = work.input;
  const orphaned: { managed: ManagedGroup; current: CurrentGroup; code: 'groupGone' | 'noRule' }[] = [];
  const named = new Set(desired.groups.map((group) => group.name));
  for (const managed of memory.groups.values()) {
    const current = work.index.groupById.get(managed.id);
    if (current === undefined || work.taken.has(managed.id) || named.has(managed.name)) continue;
    const feeds = (work.index.keysOfGroup.get(managed.id) ?? []).filter((key) =>
      desired.sources.includes(key.source),
    );
    if (feeds.some((key) => !desired.completeGroupSources.has(key.source))) continue;
    const gone = feeds.length > 0 && feeds.every((key) => !desired.seenGroups.has(keyText(key)));
    orphaned.push({ managed, current, code: gone ? 'groupGone' : 'noRule' });
  }
  return orphaned;
}
