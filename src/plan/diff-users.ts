import type { CurrentInvite, CurrentUser } from '../model/current-state.ts';
import type { Conflict, DesiredAccount, Provenance, Skip } from '../model/desired-state.ts';
import type {
  AccountChange,
  AccountFields,
  AdoptedValue,
  CreatedAccount,
  Operation,
  Reason,
  Subject,
} from '../model/operation.ts';
import type { ManagedInvite } from '../model/store.ts';
import { folded } from '../model/text.ts';
import {
  hasAccount,
  isProtectedUser,
  type AccountMatch,
  type Correlation,
  type Leaver,
  type Match,
  type WantedPerson,
} from './correlation.ts';
import { diffAttributes, misfitOf, type AttributeChanges } from './diff-attributes.ts';
import { diffFields, equalFields, type FieldChanges } from './diff-fields.ts';
import { dormancyOf } from './dormant.ts';
import { endOfGrace, minuteText } from './grace.ts';
import type { PlanInput } from './input.ts';
import { operation, reasonFrom, unsourcedReason, userSubject } from './operations.ts';
import { linkCommand } from './way-out.ts';

/** The operations on accounts, and what was left alone. */
export interface UserDiff {
  readonly operations: readonly Operation[];
  readonly skips: readonly Skip[];
  readonly conflicts: readonly Conflict[];
  /** Accounts that `reactivateUser` switches on again, by account id: stale memberships go first. */
  readonly returning: ReadonlySet<string>;
  /** Accounts somebody disabled by hand: nothing is done to them. */
  readonly leftAlone: ReadonlySet<string>;
}

interface Draft {
  readonly operations: Operation[];
  readonly skips: Skip[];
  readonly conflicts: Conflict[];
  readonly returning: Set<string>;
  readonly leftAlone: Set<string>;
}

/** The id of the operation that revokes an invite. */
export function revocationId({ email }: CurrentInvite): string {
  return `revokeInvite:${folded(email)}`;
}

/** Compares every matched person with its account, and turns leavers into deactivations. */
export function diffUsers(input: PlanInput, correlation: Correlation): UserDiff {
  const draft: Draft = {
    operations: [],
    skips: [],
    conflicts: [],
    returning: new Set(),
    leftAlone: new Set(),
  };
  for (const leaver of correlation.leavers) planLeaver(input, draft, leaver);
  for (const user of correlation.replaced) planReplaced(draft, user);
  for (const match of correlation.matches.values()) {
    if (match.kind === 'create') planCreate(input, draft, match);
    else if (match.kind === 'replace') planReplacement(input, draft, match);
    else if (hasAccount(match) && !correlation.frozen.has(match.user.id)) planExisting(input, draft, match);
  }
  return draft;
}

/** What a source says of somebody who should have no access, in a few words. */
export function leavingText(reason: Leaver['reason'], { source }: Leaver['key']): string {
  return {
    inactive: `not active in ${source}`,
    gone: `gone from ${source}`,
    outOfScope: 'no longer in scope',
  }[reason];
}

/** Why what a leaver has is to go. */
export function leavingReason({ reason, key }: Pick<Leaver, 'reason' | 'key'>): Reason {
  const rule = reason === 'outOfScope' ? 'scope' : 'leavers';
  const { source, externalId } = key;
  return { code: reason, rule, source, externalId, text: leavingText(reason, key) };
}

function planLeaver(input: PlanInput, draft: Draft, { user, claims, reason, key }: Leaver): void {
  if (!user.active) return;
  const subject = userSubject(user);
  const because = leavingText(reason, key);
  const skip = (code: string, text: string): void =>
    void draft.skips.push({ subject, code, text: `${subject.key} is ${because}, but ${text}` });
  if (input.policy.leavers[reason] === 'keep') skip('kept', `leavers of this kind are kept`);
  else if (isProtectedUser(input, user)) skip('protected', 'the account is protected');
  else if (user.isAdmin && !input.policy.protect.allow.includes('admin'))
    skip(
      'leavingAdmin',
      'an admin is never disabled by the bridge: do it by hand, or open it with protect.allow',
    );
  else if (endOfGrace(input, reason, key) > input.now)
    skip('grace', `keeps access until ${minuteText(endOfGrace(input, reason, key))}`);
  else {
    const why = leavingReason({ reason, key });
    draft.operations.push(deactivation(subject, why));
    if (claims !== null) draft.operations.push(claimOfLeaver(user, claims, why));
  }
}

function deactivation(subject: Subject, reason: Reason, dependsOn: readonly string[] = []): Operation {
  const change = { before: { active: true }, after: { active: false } } as const;
  return operation('deactivateUser', subject, change, reason, dependsOn);
}

/** Whoever claimed an invite of ours and leaves before a run saw it: the account is ours as well, so that it is known why it is disabled. */
function claimOfLeaver(user: CurrentUser, claims: ManagedInvite, why: Reason): Operation {
  const after = { links: [], attributes: {}, active: false, claims: claims.id };
  const change = { before: { id: user.id, managed: false }, after };
  return operation('adopt', userSubject(user), change, {
    ...why,
    code: 'claimed',
    text: 'claimed its invite',
  });
}

/** Another account has taken its place, and an earlier run did not come to disabling it. */
function planReplaced(draft: Draft, user: CurrentUser): void {
  const text = 'another account has taken its place';
  draft.operations.push(deactivation(userSubject(user), unsourcedReason('replaced', 'onEmailChange', text)));
}

function planCreate(input: PlanInput, draft: Draft, match: Extract<Match, { kind: 'create' }>): void {
  const { account } = match.person;
  const { instead } = match;
  const made = creation(input, draft, match.person, instead === null ? [] : [revocationId(instead)]);
  draft.operations.push(
    operation(
      'createUser',
      made.subject,
      { before: null, after: made.after },
      reasonFrom('joiner', account.provenance, account.provenance.text),
      made.dependsOn,
    ),
  );
}

/** The account of somebody who has none, and what has to be there before it. */
function creation(
  input: PlanInput,
  draft: Draft,
  { account, keys }: WantedPerson,
  dependsOn: readonly string[],
): {
  readonly subject: Subject;
  readonly after: CreatedAccount;
  readonly dependsOn: readonly string[];
} {
  const subject: Subject = { type: 'user', key: account.email, id: null };
  const { metadata, sources, left } = firstValues(input, subject, account);
  draft.skips.push(...left);
  const after = {
    email: account.email,
    first_name: account.firstName,
    last_name: account.lastName,
    user_type: account.userType,
    metadata,
    links: keys,
    sources,
  };
  return { subject, after, dependsOn };
}

/** The attributes with which an account or an invite begins, and which source gave each. */
export function firstValues(
  input: PlanInput,
  subject: Subject,
  account: DesiredAccount,
): {
  readonly metadata: Record<string, string>;
  readonly sources: Record<string, string>;
  readonly left: readonly Skip[];
} {
  const metadata: Record<string, string> = Object.create(null);
  const sources: Record<string, string> = Object.create(null);
  const left: Skip[] = [];
  for (const [name, [value]] of account.attributes) {
    if (value === undefined) continue;
    const misfit = misfitOf(input, subject, name, value.value);
    if (misfit !== null) {
      left.push(misfit);
      continue;
    }
    metadata[name] = value.value;
    sources[name] = value.provenance.source;
  }
  return { metadata, sources, left };
}

/** A new account under the new address; the old one is disabled once the new one has everything. */
function planReplacement(
  input: PlanInput,
  draft: Draft,
  { person, user }: Extract<Match, { kind: 'replace' }>,
): void {
  const { account } = person;
  const old = userSubject(user);
  const made = creation(input, draft, person, []);
  const after = { ...made.after, replaces: { key: old.key, id: user.id } };
  const text = `takes the place of ${old.key}, whose address changed; ${account.provenance.text}`;
  const reason = reasonFrom('replaced', account.provenance, text);
  const create = operation('createUser', made.subject, { before: null, after }, reason, made.dependsOn);
  draft.operations.push(create);
  if (!user.active) return;
  const why = reasonFrom('replaced', account.provenance, `${account.email} takes its place`);
  draft.operations.push(deactivation(old, why, [create.id]));
}

function planExisting(input: PlanInput, draft: Draft, match: AccountMatch): void {
  const { person, user } = match;
  const subject = userSubject(user);
  const managed = match.kind === 'managed' ? match.managed : null;
  if (isProtectedUser(input, user)) {
    draft.skips.push({
      subject,
      code: 'protected',
      text: `${subject.key} is protected and never written to`,
    });
    return;
  }
  if (!user.active && managed?.disabledByUs !== true && input.policy.reactivate !== 'all') {
    draft.conflicts.push({
      subject,
      code: 'disabledByHand',
      candidates: [user.id],
      text: `${subject.key} should have access, but somebody disabled the account in Retool; to switch it on again: ${linkCommand(subject.key, person.keys[0])}`,
    });
    draft.leftAlone.add(user.id);
    return;
  }
  const dormancy = dormancyOf(input, user, managed);
  if (dormancy !== null) draft.skips.push(...dormancy.skips);
  if (dormancy?.disables === true) draft.operations.push(deactivation(subject, dormancy.reason));
  if (dormancy?.disables === true || dormancy?.isLeft === true) {
    draft.leftAlone.add(user.id);
    return;
  }
  const owned = managed?.attributes ?? (match.kind === 'adopt' ? match.claims?.attributes : undefined);
  const holder = { subject, metadata: user.metadata, active: user.active, owned: owned ?? new Map() };
  const attributes = diffAttributes(input, person, holder);
  const adoption = planAdoption(match, subject, attributes);
  if (adoption !== null) draft.operations.push(adoption);
  for (const name of attributes.notCleared) {
    draft.skips.push({
      subject,
      code: 'policy',
      text: `${name} of ${subject.key} has no value any more; policy ${input.policy.policy} does not clear it`,
    });
  }
  const fields = diffFields(input, person.account, user, managed);
  draft.skips.push(...fields.left, ...attributes.left);
  const change = changeOf(match, fields, attributes);
  if (!user.active) draft.returning.add(user.id);
  const write = writeOf(
    user,
    subject,
    change,
    adoption === null || match.kind === 'managed' ? [] : [adoption.id],
  );
  if (write !== null) draft.operations.push(write);
}

function planAdoption(match: AccountMatch, subject: Subject, attributes: AttributeChanges): Operation | null {
  const links = match.kind === 'adopt' ? match.person.keys : match.newKeys;
  const switchedOn = match.kind === 'managed' && match.managed.disabledByUs && match.user.active;
  if (links.length === 0 && attributes.adopted.size === 0 && !switchedOn) return null;
  const values: Record<string, AdoptedValue> = Object.create(null);
  for (const [name, value] of attributes.adopted) values[name] = value;
  const { provenance } = match.person.account;
  const claims = match.kind === 'adopt' ? match.claims : null;
  const [code, text] =
    claims !== null
      ? ['claimed', `claimed its invite; ${provenance.text}`]
      : match.kind === 'adopt'
        ? ['sameAddress', `the account already has the address; ${provenance.text}`]
        : links.length > 0
          ? ['newSource', `also known to ${links.map((key) => key.source).join(', ')}`]
          : switchedOn
            ? ['switchedOn', 'somebody switched the account on again in Retool']
            : ['alreadyThere', `${Object.keys(values).join(', ')} already as the mapping wants`];
  const known = match.kind === 'adopt' ? equalFields(match.person.account, match.user) : {};
  const after = {
    links,
    attributes: values,
    ...(Object.keys(known).length === 0 ? {} : { fields: known }),
    active: match.user.active,
    ...(claims === null ? {} : { claims: claims.id }),
  };
  return operation(
    'adopt',
    subject,
    { before: { id: match.user.id, managed: match.kind === 'managed' }, after },
    reasonFrom(code, provenance, text),
  );
}

interface Change {
  /** How many of the account's own fields change. */
  readonly fields: number;
  readonly before: AccountFields;
  readonly after: AccountChange;
  readonly attributes: AttributeChanges['changes'];
  readonly provenance: Provenance;
}

/** The changed fields of one account, before and after. */
function changeOf(match: AccountMatch, own: FieldChanges, { changes }: AttributeChanges): Change {
  const { account } = match.person;
  const fields = Object.keys(own.after).length;
  const sources: Record<string, string> = Object.create(null);
  const metadataBefore: Record<string, string | null> = Object.create(null);
  const metadataAfter: Record<string, string | null> = Object.create(null);
  const drift = [...own.drift];
  for (const [name, change] of changes) {
    metadataBefore[name] = change.before;
    metadataAfter[name] = change.after;
    sources[name] = change.source;
    if (change.code === 'drift') drift.push(`attributes.${name}`);
  }
  const marks = { sources, ...(drift.length === 0 ? {} : { drift }) };
  const [first] = changes.values();
  const provenance = fields === 0 && first !== undefined ? first.provenance : account.provenance;
  if (changes.size === 0)
    return { fields, before: own.before, after: { ...own.after, ...marks }, attributes: changes, provenance };
  return {
    fields,
    before: { ...own.before, metadata: metadataBefore },
    after: { ...own.after, metadata: metadataAfter, ...marks },
    attributes: changes,
    provenance,
  };
}

/**
 * One call carries all of a person's changes. A single attribute is written by its own route, which
 * touches nothing else; everything more goes into one PATCH (docs/adr/0005).
 */
function writeOf(
  user: CurrentUser,
  subject: Subject,
  change: Change,
  dependsOn: readonly string[],
): Operation | null {
  const { before, after, provenance } = change;
  const names = [
    ...Object.keys(after).filter((key) => !['metadata', 'sources', 'drift'].includes(key)),
    ...change.attributes.keys(),
  ];
  if (!user.active) {
    const reason = reasonFrom('returner', provenance, `is back: ${provenance.text}`);
    return operation(
      'reactivateUser',
      subject,
      { before: { ...before, active: false }, after: { ...after, active: true } },
      reason,
      dependsOn,
    );
  }
  if (names.length === 0) return null;
  const reason = reasonFrom(reasonCode(change, names), provenance, changeText(change, names));
  if (change.fields > 0 || change.attributes.size > 1)
    return operation('updateUser', subject, { before, after }, reason, dependsOn);
  const [only] = change.attributes.values();
  const kind = only?.after === null ? 'clearAttributes' : 'setAttributes';
  return operation(kind, subject, { before, after }, reason, dependsOn);
}

/** A change that only clears one attribute says why it is cleared, and one that only puts values back says that. */
function reasonCode(change: Change, names: readonly string[]): string {
  const [only] = change.attributes.values();
  if (change.fields === 0 && change.attributes.size === 1 && only !== undefined) return only.code;
  return change.after.drift?.length === names.length ? 'drift' : 'changed';
}

function changeText({ after, provenance }: Change, names: readonly string[]): string {
  const { drift = [] } = after;
  const differ = `${names.join(', ')} ${names.length === 1 ? 'differs' : 'differ'}`;
  if (drift.length === 0) return `${differ}: ${provenance.text}`;
  const which = drift.length === names.length ? '' : `${drift.join(', ')} `;
  return `${differ}: ${which}changed by hand in Retool; ${provenance.text}`;
}
