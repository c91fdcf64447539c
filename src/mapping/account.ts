import { stringify, type CompiledExpression, type PersonContext, type Value } from '../expressions/cel.ts';
import type { DesiredAccount, DesiredAttribute, Person, Skip, UserType } from '../model/desired-state.ts';
import type { CompiledMapping } from './compile.ts';
import { keysOf, provenanceOf, type Identity, type MergedPerson } from './merge.ts';
import { cutName, longestName, trimName } from './names.ts';

/** What one person became, and what is to be said about it. */
export interface MappedPerson {
  readonly person: Person;
  readonly skips: readonly Skip[];
}

/** Maps one merged person; `contextOf` builds the variables an expression sees for one of the records. */
export type ContextOf = (person: MergedPerson, identity: Identity) => PersonContext;

const userTypes: ReadonlySet<string> = new Set(['default', 'mobile', 'embed']);

/** Decides whether the person is wanted, a leaver or cannot be judged, and works out the account. */
export function mapPerson(
  person: MergedPerson,
  mapping: CompiledMapping,
  contextOf: ContextOf,
  segmenter: Intl.Segmenter,
): MappedPerson {
  const [first] = person.identities;
  const keys = keysOf(person);
  if (person.unusable !== null) return frozen(person, person.unusable);
  if (!first.user.active) {
    const provenance = provenanceOf(first, 'active', `not active in ${first.source}`);
    return { person: { state: 'inactive', keys, email: person.email, provenance }, skips: [] };
  }
  const value = (expression: CompiledExpression): Found | null => firstValue(person, expression, contextOf);
  const scope = mapping.scope === null ? true : value(mapping.scope)?.value;
  if (scope === undefined)
    return frozen(
      person,
      skipOf(person, 'scopeUndecided', 'the scope reads a field this person does not have'),
    );
  if (scope !== true) {
    const provenance = provenanceOf(first, 'scope', 'the scope excludes this person');
    return { person: { state: 'outOfScope', keys, email: person.email, provenance }, skips: [] };
  }
  return mapAccount(person, mapping, value, contextOf, segmenter);
}

function mapAccount(
  person: MergedPerson,
  mapping: CompiledMapping,
  value: (expression: CompiledExpression) => Found | null,
  contextOf: ContextOf,
  segmenter: Intl.Segmenter,
): MappedPerson {
  const [first] = person.identities;
  const email = person.email ?? '';
  const skips: Skip[] = [];
  const name = (field: 'first_name' | 'last_name', expression: CompiledExpression): string | Skip => {
    const found = value(expression);
    if (found === null) return skipOf(person, 'missingName', `user.${field} has no value`);
    return usableName({ person, field, email, text: stringify(found.value), mapping, segmenter, skips });
  };
  const firstName = name('first_name', mapping.firstName);
  if (typeof firstName !== 'string') return frozen(person, firstName);
  const lastName = name('last_name', mapping.lastName);
  if (typeof lastName !== 'string') return frozen(person, lastName);
  const userType = mapping.userType === null ? null : value(mapping.userType)?.value;
  if (userType !== undefined && userType !== null && !isUserType(userType)) {
    return frozen(
      person,
      skipOf(person, 'invalidUserType', 'user.user_type is none of default, mobile, embed'),
    );
  }
  const account: DesiredAccount = {
    email,
    firstName,
    lastName,
    userType: userType ?? null,
    attributes: mapAttributes(person, mapping, contextOf),
    provenance: provenanceOf(
      first,
      'user',
      `in scope in ${person.identities.map((identity) => identity.source).join(', ')}`,
    ),
  };
  return { person: { state: 'wanted', keys: keysOf(person), account }, skips };
}

interface NameRequest {
  readonly person: MergedPerson;
  readonly field: string;
  readonly email: string;
  readonly text: string;
  readonly mapping: CompiledMapping;
  readonly segmenter: Intl.Segmenter;
  readonly skips: Skip[];
}

/** A name Retool takes: not blank and at most 36 characters, by the rules under `mapping.names`. */
function usableName(request: NameRequest): string | Skip {
  const { person, field, email, text, mapping, segmenter, skips } = request;
  const { names } = mapping.rules;
  let name = trimName(text);
  if (name === '') {
    if (names.blank === 'skip') return skipOf(person, 'blankName', `user.${field} is blank`);
    name = trimName(person.identities[0].user.displayName ?? '') || email.slice(0, email.indexOf('@'));
  }
  if (name.length <= longestName) return name;
  if (names.tooLong === 'skip')
    return skipOf(person, 'nameTooLong', `user.${field} is longer than ${longestName} characters`);
  const cut = cutName(name, segmenter);
  if (cut === '')
    return skipOf(person, 'nameTooLong', `user.${field} cannot be cut to ${longestName} characters`);
  skips.push(
    skipOf(
      person,
      'nameCut',
      `user.${field} is longer than ${longestName} characters and is cut to "${cut}"`,
    ),
  );
  return cut;
}

function mapAttributes(
  person: MergedPerson,
  mapping: CompiledMapping,
  contextOf: ContextOf,
): Map<string, readonly DesiredAttribute[]> {
  const contexts = person.identities.map((identity) => ({ identity, context: contextOf(person, identity) }));
  const attributes = new Map<string, readonly DesiredAttribute[]>();
  for (const { name, expression } of mapping.attributes) {
    const values: DesiredAttribute[] = [];
    for (const { identity, context } of contexts) {
      const value = expression.evaluate(context);
      if (value === undefined) continue;
      values.push({
        value: stringify(value),
        provenance: provenanceOf(identity, `attributes.${name}`, `${identity.source} says so`),
      });
    }
    if (values.length > 0) attributes.set(name, values);
  }
  return attributes;
}

interface Found {
  readonly value: Value;
}

/** The value of the first record, in precedence order, for which the expression has one. */
function firstValue(
  person: MergedPerson,
  expression: CompiledExpression,
  contextOf: ContextOf,
): Found | null {
  for (const identity of person.identities) {
    const value = expression.evaluate(contextOf(person, identity));
    if (value !== undefined) return { value };
  }
  return null;
}

function isUserType(value: Value): value is UserType {
  return typeof value === 'string' && userTypes.has(value);
}

function frozen(person: MergedPerson, skip: Skip): MappedPerson {
  return {
    person: { state: 'frozen', keys: keysOf(person), email: person.email, because: skip.code },
    skips: [skip],
  };
}

function skipOf(person: MergedPerson, code: string, text: string): Skip {
  const [first] = person.identities;
  const who = person.email ?? `${first.source}:${first.user.externalId}`;
  return { subject: { type: 'user', key: who, id: null }, code, text: `${who}: ${text}` };
}
