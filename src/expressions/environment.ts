import { Environment, type EnvironmentOptions } from '@marcbachmann/cel-js';
import { folded } from '../model/text.ts';
import { compileSearch } from './pattern.ts';
import { celName, isRecord, recordTypes, type FieldType } from './schema.ts';

/** Ends the names of our own functions: a `/` cannot stand in a name, so no expression can call them directly. */
const ourMark = '/ours';

/**
 * Methods whose calls are led to functions of ours. The engine's `matches` runs JavaScript regular
 * expressions, which can take exponential time; its case functions fold all of Unicode, so that letters
 * which merely look like ASCII ones would become ASCII.
 */
export const replacedMethods: ReadonlyMap<string, string> = new Map(
  ['matches', 'lowerAscii', 'upperAscii'].map((name) => [name, name + ourMark]),
);

/** The name under which people know a function. */
export function publicName(text: string): string {
  return text.replaceAll(ourMark, '');
}

const options: EnvironmentOptions = {
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
};

/** The patterns of an expression's `matches()` calls that are literals, compiled once. */
export type Searches = ReadonlyMap<string, (subject: string) => boolean>;

/** The engine for checking: every field is declared, so that a wrong one is found without any data. */
export function checkingEnvironment(variables: ReadonlyMap<string, FieldType>): Environment {
  const environment = new Environment(options);
  for (const { name, fields } of recordTypes) environment.registerType(name, { fields: celFields(fields) });
  for (const [name, type] of variables) {
    if (isRecord(type) && !recordTypes.includes(type))
      environment.registerType(type.name, { fields: celFields(type.fields) });
    environment.registerVariable(name, celName(type));
  }
  return withOurFunctions(environment, new Map());
}

/** The engine for evaluating: records are dynamic, which costs a third of looking each field's type up. */
export function evaluatingEnvironment(searches: Searches): Environment {
  const environment = new Environment(options)
    .registerVariable('user', 'dyn')
    .registerVariable('groups', 'list<string>')
    .registerVariable('source', 'string')
    .registerVariable('from', 'dyn');
  return withOurFunctions(environment, searches);
}

function celFields(fields: Readonly<Record<string, FieldType>>): Record<string, string> {
  const named: Record<string, string> = Object.create(null);
  for (const [name, type] of Object.entries(fields)) named[name] = celName(type);
  return named;
}

function withOurFunctions(environment: Environment, searches: Searches): Environment {
  const method = { receiverType: 'string', async: false };
  return environment
    .registerFunction({
      ...method,
      name: `matches${ourMark}`,
      returnType: 'bool',
      params: [{ type: 'string' }],
      handler: (subject: string, pattern: string) =>
        (searches.get(pattern) ?? compileSearch(pattern))(subject),
    })
    .registerFunction({
      ...method,
      name: `lowerAscii${ourMark}`,
      returnType: 'string',
      params: [],
      handler: (text: string) => folded(text),
    })
    .registerFunction({
      ...method,
      name: `upperAscii${ourMark}`,
      returnType: 'string',
      params: [],
      handler: (text: string) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()),
    });
}
