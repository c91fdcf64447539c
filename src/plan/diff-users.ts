import type { CurrentUser } from '../model/current-state.ts';
import type { Conflict, Provenance, Skip } from '../model/desired-state.ts';
import type { AccountChange, AccountFields, AdoptedValue, Operation, Subject } from '../model/operation.ts';
import type { Correlation, Leaver, Match } from './correlate.ts';
import { isProtectedUser } from './correlate.ts';
import { diffAttributes, type AttributeChanges } from './diff-attributes.ts';
import { diffFields, equalFields, type FieldChanges } from './diff-fields.ts';
import { endOfGrace, minuteText } from './grace.ts';
import type { PlanInput } from './input.ts';
import { operation, reasonFrom, userSubject } from './operations.ts';
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
  for (const match of correlation.matches.values()) {
    if (match.kind === 'create') planCreate(draft, match);
    else if (!correlation.frozen.has(match.user.id)) planExisting(input, draft, match);
  }
  return draft;
}

function planLeaver(input: PlanInput, draft: Draft, { user, managed, reason, key }: Leaver): void {
  if (!user.active) return;
  const subject = userSubject(user);
  const because = {
    inactive: `not active in ${key.source}`,
    gone: `gone from ${key.source}`,
    outOfScope: 'no longer in scope',
  }[reason];
  const skip = (code: string, text: string): void =>
    void draft.skips.push({ subject, code, text: `${managed.email} is ${because}, but ${text}` });
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
    const rule = reason === 'outOfScope' ? 'scope' : 'leavers';
    const why = { code: reason, rule, source: key.source, externalId: key.externalId, text: because };
    draft.operations.push(
      operation('deactivateUser', subject, { before: { active: true }, after: { active: false } }, why),
    );
  }
}

function planCreate(draft: Draft, match: Extract<Match, { kind: 'create' }>): void {
  const { account, keys } = match.person;
  const metadata: Record<string, string> = Object.create(null);
  const sources: Record<string, string> = Object.create(null);
  for (const [name, [value]] of account.attributes) {
    if (value === undefined) continue;
    metadata[name] = value.value;
    sources[name] = value.provenance.source;
  }
  const after = {
    email: account.email,
    first_name: account.firstName,
    last_name: account.lastName,
    user_type: account.userType,
    metadata,
    links: keys,
    sources,
  };
  const subject: Subject = { type: 'user', key: account.email, id: null };
  draft.operations.push(
    operation(
      'createUser',
      subject,
      { before: null, after },
      reasonFrom('joiner', account.provenance, account.provenance.text),
    ),
  );
}

function planExisting(input: PlanInput, draft: Draft, match: Exclude<Match, { kind: 'create' }>): void {
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
  const attributes = diffAttributes(input, person, user, managed);
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

function planAdoption(
  match: Exclude<Match, { kind: 'create' }>,
  subject: Subject,
  attributes: AttributeChanges,
): Operation | null {
  const links = match.kind === 'adopt' ? match.person.keys : match.newKeys;
  const switchedOn = match.kind === 'managed' && match.managed.disabledByUs && match.user.active;
  if (links.length === 0 && attributes.adopted.size === 0 && !switchedOn) return null;
  const values: Record<string, AdoptedValue> = Object.create(null);
  for (const [name, value] of attributes.adopted) values[name] = value;
  const { provenance } = match.person.account;
  const [code, text] =
    match.kind === 'adopt'
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
function changeOf(
  match: Exclude<Match, { kind: 'create' }>,
  own: FieldChanges,
  { changes }: AttributeChanges,
): Change {
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
