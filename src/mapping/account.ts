import { stringify, type CompiledExpression, type Value } from '../expressions/cel.ts';
import {
  keyText,
  type DesiredAccount,
  type DesiredAttribute,
  type Person,
  type Skip,
  type SourceKey,
  type UserType,
} from '../model/desired-state.ts';
import type { CompiledMapping } from './compile.ts';
import { ask, askForBool, askInTurn, type View } from './evaluate.ts';
import { keyOf, provenanceOf, type MergedPerson, type Problem } from './merge.ts';
import { cutName, isBlank, longestName, trimName } from './names.ts';

/** What one person became, and what is to be said about it. */
export interface MappedPerson {
  readonly person: Person;
  readonly skips: readonly Skip[];
}

/** Decides whether the person is wanted, a leaver or cannot be judged, and works out the account. */
export function mapPerson(
  merged: MergedPerson,
  views: readonly View[],
  mapping: CompiledMapping,
  segmenter: Intl.Segmenter,
): MappedPerson {
  const [first] = merged.identities;
  const keys = merged.identities.map(keyOf);
  const { email } = first;
  if (merged.shared !== null) return frozen({ keys, email }, merged.shared);
  if (first.user.unjudged !== undefined) {
    const who = { keys, email };
    return frozen(who, skipOf(who, { code: 'unjudged', text: first.user.unjudged }));
  }
  if (!first.user.active) {
    const provenance = provenanceOf(first, 'active', `not active in ${first.source}`);
    return { person: { state: 'inactive', keys, email, provenance }, skips: [] };
  }
  if (first.email === null) return frozen({ keys, email }, skipOf({ keys, email }, first.problem));
  if (mapping.scope !== null) {
    const verdict = askForBool(mapping.scope, views);
    if (verdict.state !== 'value') {
      const text =
        verdict.state === 'none' ? 'it reads a field this person does not have' : verdict.problem.text;
      return frozen(
        { keys, email },
        skipOf({ keys, email }, { code: 'scopeUndecided', text: `the scope: ${text}` }),
      );
    }
    if (!verdict.value) {
      const provenance = provenanceOf(verdict.identity, 'scope', 'the scope excludes this person');
      return { person: { state: 'outOfScope', keys, email, provenance }, skips: [] };
    }
  }
  return mapAccount({ merged, keys, email: first.email, views, mapping, segmenter });
}

/**
 * Somebody whose first source could not be read: nobody can judge them, whatever the others say. That the source was
 * not read is reported once, for all of them.
 */
export function unreadPerson({ identities }: MergedPerson): MappedPerson {
  const [{ email }] = identities;
  return {
    person: { state: 'frozen', keys: identities.map(keyOf), email, because: 'sourceUnread' },
    skips: [],
  };
}

/** Who is spoken of in a skip. */
interface Who {
  readonly keys: readonly SourceKey[];
  readonly email: string | null;
}

interface Work extends Who {
  readonly merged: MergedPerson;
  readonly email: string;
  readonly views: readonly View[];
  readonly mapping: CompiledMapping;
  readonly segmenter: Intl.Segmenter;
}

/** A part of an account, with what is to be reported about it; or why there is none. */
type Part<T> =
  | { readonly state: 'ready'; readonly value: T; readonly note: Problem | null }
  | { readonly state: 'failed'; readonly problem: Problem };

function mapAccount(work: Work): MappedPerson {
  const { merged, keys, email, mapping } = work;
  const firstName = mapName(work, 'first_name', mapping.firstName);
  if (firstName.state === 'failed') return frozen(work, skipOf(work, firstName.problem));
  const lastName = mapName(work, 'last_name', mapping.lastName);
  if (lastName.state === 'failed') return frozen(work, skipOf(work, lastName.problem));
  const userType = mapUserType(work);
  if (userType.state === 'failed') return frozen(work, skipOf(work, userType.problem));
  const attributes = mapAttributes(work);
  if (attributes.state === 'failed') return frozen(work, skipOf(work, attributes.problem));
  const sources = merged.identities.map((identity) => identity.source).join(', ');
  const account: DesiredAccount = {
    email,
    firstName: firstName.value,
    lastName: lastName.value,
    userType: userType.value,
    attributes: attributes.value,
    provenance: provenanceOf(merged.identities[0], 'user', `in scope in ${sources}`),
  };
  const notes = [firstName.note, lastName.note].filter((note) => note !== null);
  return { person: { state: 'wanted', keys, account }, skips: notes.map((note) => skipOf(work, note)) };
}

/** A name Retool takes: not blank and at most 36 characters, by the rules under `mapping.names`. */
function mapName(
  work: Work,
  field: 'first_name' | 'last_name',
  expression: CompiledExpression,
): Part<string> {
  const { names } = work.mapping.rules;
  const answer = askInTurn(expression, work.views);
  if (answer.state === 'none') return failed('missingName', `user.${field} has no value`);
  if (answer.state === 'undecided')
    return failed(answer.problem.code, `user.${field}: ${answer.problem.text}`);
  const told = trimName(stringify(answer.value));
  if (isBlank(told) && names.blank === 'skip') return failed('blankName', `user.${field} is blank`);
  const name = isBlank(told) ? nameInstead(work) : told;
  if (name.length <= longestName) return ready(name);
  const tooLong = `user.${field} is longer than ${longestName} characters`;
  if (names.tooLong === 'skip') return failed('nameTooLong', tooLong);
  const cut = cutName(name, work.segmenter);
  if (isBlank(cut)) return failed('nameTooLong', `${tooLong} and cannot be cut`);
  return ready(cut, { code: 'nameCut', text: `${tooLong} and is cut to "${cut}"` });
}

/** What stands in for a blank name: the display name, else the local part of the address. */
function nameInstead({ merged, email }: Work): string {
  const displayName = trimName(stringify(merged.identities[0].user.displayName ?? ''));
  return isBlank(displayName) ? email.slice(0, email.indexOf('@')) : displayName;
}

function mapUserType({ mapping, views }: Work): Part<UserType | null> {
  if (mapping.userType === null) return ready(null);
  const answer = askInTurn(mapping.userType, views);
  if (answer.state === 'none') return ready(null);
  if (answer.state === 'undecided')
    return failed(answer.problem.code, `user.user_type: ${answer.problem.text}`);
  if (isUserType(answer.value)) return ready(answer.value);
  return failed('invalidUserType', 'user.user_type is none of default, mobile, embed');
}

function isUserType(value: Value): value is UserType {
  return value === 'default' || value === 'mobile' || value === 'embed';
}

/** What each record says of each attribute. One that cannot be answered is no absence: it would be cleared. */
function mapAttributes({ mapping, views }: Work): Part<ReadonlyMap<string, readonly DesiredAttribute[]>> {
  const attributes = new Map<string, readonly DesiredAttribute[]>();
  for (const { name, expression } of mapping.attributes) {
    const rule = `attributes.${name}`;
    const values: DesiredAttribute[] = [];
    for (const view of views) {
      const answer = ask(expression, view);
      if (answer.state === 'undecided') return failed(answer.problem.code, `${rule}: ${answer.problem.text}`);
      if (answer.state === 'none') continue;
      const provenance = provenanceOf(answer.identity, rule, `${answer.identity.source} says so`);
      values.push({ value: stringify(answer.value), provenance });
    }
    if (values.length > 0) attributes.set(name, values);
  }
  return ready(attributes);
}

function ready<T>(value: T, note: Problem | null = null): Part<T> {
  return { state: 'ready', value, note };
}

function failed(code: string, text: string): { readonly state: 'failed'; readonly problem: Problem } {
  return { state: 'failed', problem: { code, text } };
}

function frozen({ keys, email }: Who, skip: Skip): MappedPerson {
  return { person: { state: 'frozen', keys, email, because: skip.code }, skips: [skip] };
}

/** A skip about a person, named by address where there is one. */
export function skipOf({ keys, email }: Who, { code, text }: Problem): Skip {
  const [key] = keys;
  const who = email ?? (key === undefined ? 'somebody' : keyText(key));
  return { subject: { type: 'user', key: who, id: null }, code, text: `${who}: ${text}` };
}
