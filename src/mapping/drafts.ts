import {
  keyText,
  type DesiredGroup,
  type DesiredMember,
  type Person,
  type Provenance,
  type SourceKey,
} from '../model/desired-state.ts';
import { BridgeError } from '../model/errors.ts';
import type { AccessLevels, GroupRule } from '../model/rules.ts';
import { complete, partial } from '../model/snapshot.ts';

/** A Retool group while the rules are gone through. */
export interface Draft {
  readonly name: string;
  /** The rule that called for it first. */
  readonly rule: string;
  readonly source: SourceKey;
  create: boolean;
  access: { readonly levels: AccessLevels; readonly rule: string } | null;
  /** By `source:externalId`. */
  readonly fedBy: Map<string, SourceKey>;
  readonly members: Map<string, DesiredMember>;
  /** Members of whom some rule cannot say whether they administer the group. */
  readonly maybeAdmins: Set<string>;
  readonly undecided: Set<string>;
  /** Why something that may feed it could not be read. */
  partial: string | null;
}

/** What a rule says of a member's administering the group; `unsaid`: the rule is not about that. */
export type AdminFlag = 'yes' | 'no' | 'unknown' | 'unsaid';

/** The draft of a name, made when a rule first calls for it. Throws `mappingConflict` when rules differ on access. */
export function draftOf(drafts: Map<string, Draft>, rule: GroupRule, name: string, source: SourceKey): Draft {
  const draft = drafts.get(name) ?? newDraft(rule, name, source);
  drafts.set(name, draft);
  draft.create ||= rule.create;
  if (rule.access === null) return draft;
  if (draft.access === null) draft.access = { levels: rule.access, rule: rule.name };
  else if (!sameAccess(draft.access.levels, rule.access)) {
    throw new BridgeError(
      'mappingConflict',
      `${draft.access.rule} and ${rule.name} both feed the Retool group "${name}" but set different access`,
      { remedy: 'Give both rules the same access settings, or let only one of them have any.' },
    );
  }
  return draft;
}

function newDraft(rule: GroupRule, name: string, source: SourceKey): Draft {
  return {
    name,
    rule: rule.name,
    source,
    create: rule.create,
    access: null,
    fedBy: new Map(),
    members: new Map(),
    maybeAdmins: new Set(),
    undecided: new Set(),
    partial: null,
  };
}

export function addFeed(draft: Draft, key: SourceKey): void {
  draft.fedBy.set(keyText(key), key);
}

/** Adds a member. What rules say of group admins unites: a yes counts most, and no answer is never a no. */
export function addMember(draft: Draft, person: Person, flag: AdminFlag, provenance: Provenance): void {
  if (person.state !== 'wanted') return;
  const { email } = person.account;
  const earlier = draft.members.get(email);
  if (flag === 'unknown') draft.maybeAdmins.add(email);
  const said = flag === 'yes' ? true : flag === 'no' ? false : null;
  if (earlier === undefined) draft.members.set(email, { groupAdmin: said, provenance });
  else if (said !== null && earlier.groupAdmin !== true)
    draft.members.set(email, { ...earlier, groupAdmin: said });
}

/** Throws `mappingConflict` when two names differ by case only. */
export function refuseNamesThatDifferByCase(drafts: ReadonlyMap<string, Draft>): void {
  const byFolded = new Map<string, Draft>();
  for (const draft of drafts.values()) {
    const folded = draft.name.toLowerCase();
    const other = byFolded.get(folded);
    if (other !== undefined) {
      throw new BridgeError(
        'mappingConflict',
        `${other.rule} and ${draft.rule} name Retool groups that differ by case only: "${other.name}" and "${draft.name}"`,
        { remedy: 'Let both rules name the same group.' },
      );
    }
    byFolded.set(folded, draft);
  }
}

function sameAccess(a: AccessLevels, b: AccessLevels): boolean {
  return (
    a.apps === b.apps &&
    a.resources === b.resources &&
    a.workflows === b.workflows &&
    a.queryLibrary === b.queryLibrary
  );
}

/** The group as the rules made it, its members in the order of their addresses. */
export function finish(draft: Draft): DesiredGroup {
  const { name, rule, create, access, source, undecided, maybeAdmins } = draft;
  const members = inOrder(draft.members);
  for (const email of maybeAdmins) {
    const member = members.get(email);
    if (member?.groupAdmin === false) members.set(email, { ...member, groupAdmin: null });
  }
  return {
    name,
    create,
    access: access?.levels ?? null,
    fedBy: [...draft.fedBy.values()],
    members,
    undecided,
    provenance: { rule, ...source, text: `called for by ${rule}` },
    completeness: draft.partial === null ? complete : partial(draft.partial),
  };
}

function inOrder(members: ReadonlyMap<string, DesiredMember>): Map<string, DesiredMember> {
  const sorted = new Map<string, DesiredMember>();
  for (const email of [...members.keys()].sort()) {
    const member = members.get(email);
    if (member !== undefined) sorted.set(email, member);
  }
  return sorted;
}
