import type { Grant } from '../model/current-state.ts';
import type { Provenance, Skip } from '../model/desired-state.ts';
import type { GrantObject, GroupRef, Operation, Reason, Subject } from '../model/operation.ts';
import type { GrantLevel } from '../model/rules.ts';
import { grantKey, type ManagedGroup } from '../model/store.ts';
import { findObject } from './catalogue.ts';
import { causeOf } from './drift.ts';
import type { PlanInput } from './input.ts';
import { groupSubject, operation, reasonFrom, unsourcedReason } from './operations.ts';
import type { GroupResolution, ResolvedGroup } from './resolve-groups.ts';

/** The operations on access to single objects, and what was left alone. */
export interface GrantDiff {
  readonly operations: readonly Operation[];
  readonly skips: readonly Skip[];
  readonly incomplete: readonly string[];
}

interface Draft {
  readonly operations: Operation[];
  readonly skips: Skip[];
  readonly incomplete: string[];
}

/** Gives what rules call for, and takes back what we gave and none calls for any more. Nobody else's access is looked at. */
export function diffGrants(
  input: PlanInput,
  resolution: GroupResolution,
  deleted: ReadonlySet<string>,
): GrantDiff {
  const draft: Draft = { operations: [], skips: [], incomplete: [] };
  for (const group of resolution.groups) diffGroup(input, draft, group);
  for (const { managed } of resolution.orphaned) {
    if (deleted.has(managed.id)) continue;
    const because = unsourcedReason('noRule', null, 'no rule calls for the group any more');
    takeBack(input, draft, managed, { kept: new Set(), because });
  }
  return draft;
}

function diffGroup(input: PlanInput, draft: Draft, group: ResolvedGroup): void {
  const { desired, managed } = group;
  const kept = new Set<string>();
  let isWhole = true;
  for (const rule of desired.grants ?? []) {
    const found = findObject(input, rule);
    if (found.state === 'missing') {
      isWhole = false;
      const text = `${desired.provenance.rule}: "${desired.name}" is not given access: ${found.text}`;
      draft.skips.push({
        subject: groupSubject(desired.name, group.current?.id ?? null),
        code: found.code,
        text,
      });
      draft.incomplete.push(text);
      continue;
    }
    const { type, id, path } = found.object;
    kept.add(grantKey({ type, id }));
    planGrant(input, draft, group, { object: { type, id, name: path }, level: rule.level });
  }
  // What could not be found may be what we gave: nothing is taken back then.
  if (managed === null || !isWhole || desired.completeness.state === 'partial') return;
  const because = unsourcedReason('noRule', desired.provenance.rule, 'no rule grants it any more');
  takeBack(input, draft, managed, { kept, because });
}

interface Wanted {
  readonly object: GrantObject;
  readonly level: GrantLevel;
}

function planGrant(
  input: PlanInput,
  draft: Draft,
  { desired, current, managed }: ResolvedGroup,
  { object, level }: Wanted,
): void {
  const group: GroupRef = { key: groupSubject(desired.name, null).key, id: current?.id ?? null };
  const subject = grantSubject(group, object);
  const held = current === null ? null : heldOf(input, current.id, object);
  const last = managed?.grants?.get(grantKey(object));
  const { provenance } = desired;
  if (held === level) {
    if (last === level || input.policy.adoptMemberships === 'none' || current === null) return;
    const change = { before: { id: current.id, managed: false }, after: { group, object, level } };
    draft.operations.push(
      operation('adopt', subject, change, reasonFrom('alreadyThere', provenance, 'already granted')),
    );
    return;
  }
  const cause = causeOf(input, {
    subject: { ...subject, id: group.id },
    field: 'access',
    held,
    desired: level,
    last,
  });
  if (typeof cause === 'object') {
    draft.skips.push(cause);
    return;
  }
  const change = { before: { group, object, level: held }, after: { group, object, level } };
  draft.operations.push(
    operation('grantAccess', subject, change, grantReason(provenance, cause), waitsFor(group)),
  );
}

function grantReason(provenance: Provenance, cause: 'changed' | 'drift'): Reason {
  return cause === 'drift'
    ? reasonFrom('drift', provenance, 'changed by hand in Retool')
    : reasonFrom('granted', provenance, `called for by ${provenance.rule}`);
}

function waitsFor({ key, id }: GroupRef): readonly string[] {
  return id === null ? [`createGroup:${key}`] : [];
}

/** Takes back what we gave, as long as it is there. */
function takeBack(
  input: PlanInput,
  draft: Draft,
  managed: ManagedGroup,
  { kept, because }: { readonly kept: ReadonlySet<string>; readonly because: Reason },
): void {
  const group = { key: groupSubject(managed.name, null).key, id: managed.id };
  for (const grant of input.current.grants?.get(managed.id) ?? []) {
    const key = grantKey(grant);
    if (kept.has(key) || managed.grants?.has(key) !== true) continue;
    const object = { type: grant.type, id: grant.id, name: nameOf(input, grant) };
    const change = {
      before: { group, object, level: grant.level },
      after: { group, object, level: null },
    };
    draft.operations.push(operation('revokeAccess', grantSubject(group, object), change, because));
  }
}

function nameOf({ current }: PlanInput, { type, id }: Grant): string {
  return current.catalogue?.find((object) => object.type === type && object.id === id)?.path ?? id;
}

function heldOf({ current }: PlanInput, group: string, { type, id }: GrantObject): GrantLevel | null {
  return current.grants?.get(group)?.find((grant) => grant.type === type && grant.id === id)?.level ?? null;
}

/** Names may repeat, so the id is part of the key. */
function grantSubject({ key }: GroupRef, { type, id }: GrantObject): Subject {
  return { type: 'grant', key: `${key} on ${type} ${id}`, id: null };
}
