import {
  keyText,
  type DesiredGroup,
  type DesiredMember,
  type Person,
  type Provenance,
  type SourceKey,
} from '../model/desired-state.ts';
import { BridgeError } from '../model/errors.ts';
import type { AccessLevels, GrantRule, GroupRule } from '../model/rules.ts';
import { complete, partial } from '../model/snapshot.ts';

/** A Retool group while the rules are gone through. */
export interface Draft {
  readonly name: string;
  /** The rule that called for it first. */
  readonly rule: string;
  readonly source: SourceKey;
  create: boolean;
  access: { readonly levels: AccessLevels; readonly rule: string } | null;
  /** Flags and landing page, each with the rule that said it first. */
  readonly settings: Map<string, { readonly value: boolean | string | null; readonly rule: string }>;
  /** By kind of object and name; the rule that said it first. */
  readonly grants: Map<string, { readonly grant: GrantRule; readonly rule: string }>;
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
  for (const [flag, value] of Object.entries(rule.flags ?? {}))
    addSetting(draft, rule, `flags.${flag}`, value);
  if (rule.landingPage !== undefined) addSetting(draft, rule, 'landingPage', rule.landingPage);
  if (rule.access === null) return draft;
  if (draft.access === null) draft.access = { levels: rule.access, rule: rule.name };
  else if (!sameAccess(draft.access.levels, rule.access))
    throw differing(draft, draft.access.rule, rule, 'access');
  return draft;
}

function addSetting(draft: Draft, rule: GroupRule, setting: string, value: boolean | string | null): void {
  const earlier = draft.settings.get(setting);
  if (earlier === undefined) draft.settings.set(setting, { value, rule: rule.name });
  else if (earlier.value !== value) throw differing(draft, earlier.rule, rule, setting);
}

/** Adds the access to single objects that a rule gives; `fill` puts captured names in. */
export function addGrants(draft: Draft, rule: GroupRule, fill: (template: string) => string): void {
  for (const given of rule.grants ?? []) {
    const grant = { ...given, object: fill(given.object) };
    const key = JSON.stringify([grant.type, grant.object]);
    const earlier = draft.grants.get(key);
    if (earlier === undefined) draft.grants.set(key, { grant, rule: rule.name });
    else if (earlier.grant.level !== grant.level)
      throw differing(draft, earlier.rule, rule, `levels of access to "${grant.object}"`);
  }
}

function differing(draft: Draft, earlier: string, rule: GroupRule, what: string): BridgeError {
  return new BridgeError(
    'mappingConflict',
    `${earlier} and ${rule.name} both feed the Retool group "${draft.name}" but set different ${what}`,
    { remedy: `Give both rules the same ${what}, or let only one of them have any.` },
  );
}

function newDraft(rule: GroupRule, name: string, source: SourceKey): Draft {
  return {
    name,
    rule: rule.name,
    source,
    create: rule.create,
    access: null,
    settings: new Map(),
    grants: new Map(),
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
  const { name, rule, create, access, source, undecided, maybeAdmins, grants } = draft;
  const members = inOrder(draft.members);
  for (const email of maybeAdmins) {
    const member = members.get(email);
    if (member?.groupAdmin === false) members.set(email, { ...member, groupAdmin: null });
  }
  return {
    name,
    create,
    access: access?.levels ?? null,
    ...settingsOf(draft),
    ...(grants.size === 0 ? {} : { grants: [...grants.values()].map(({ grant }) => grant) }),
    fedBy: [...draft.fedBy.values()],
    members,
    undecided,
    provenance: { rule, ...source, text: `called for by ${rule}` },
    completeness: draft.partial === null ? complete : partial(draft.partial),
  };
}

function settingsOf({ settings }: Draft): Pick<DesiredGroup, 'flags' | 'landingPage'> {
  const flags: Record<string, boolean> = {};
  for (const [setting, { value }] of settings)
    if (typeof value === 'boolean') flags[setting.slice('flags.'.length)] = value;
  const page = settings.get('landingPage')?.value;
  return {
    ...(Object.keys(flags).length === 0 ? {} : { flags }),
    ...(page === undefined || typeof page === 'boolean' ? {} : { landingPage: page }),
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
