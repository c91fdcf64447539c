import { code, madeFrom, table } from './markdown.ts';

/** What of a JSON schema this page tells. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly not?: Schema;
  readonly $ref?: string;
}

/** A key that may be written, by its way from the top. */
interface Key {
  readonly path: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

const durationPattern = 'ms|s|m|h|d';
const percentPattern = '%';

/** `docs/reference/configuration.md`, from the text of the JSON schema that editors use. */
export function configurationPage(schemaText: string): string {
  const schema: Schema = JSON.parse(schemaText);
  const { sources, ...others } = schema.properties ?? {};
  const known = keysOf({ ...schema, properties: others }, '').filter(
    ({ schema: { not } }) => not === undefined,
  );
  const top = known.filter(({ path }) => !path.includes('.') && !hasKeys(others[path]));
  const maps = Object.entries(others).filter(([, part]) => hasKeys(part));
  const refused = Object.entries(others).filter(([, part]) => part.not !== undefined);
  return `${madeFrom('config/bridge.schema.json, and that from the schemas that check it,')}
# Configuration

Every key of \`bridge.yaml\`. [bridge.example.yaml](../../config/bridge.example.yaml) shows them in place with remarks, and
[bridge.schema.json](../../config/bridge.schema.json) lets an editor complete and check them. Unknown keys are errors, with
line and column. **Bold** keys are required.

- Any scalar may be \`{ env: NAME }\`, the value of an environment variable. A secret must be \`{ env: NAME }\` or
  \`{ file: PATH }\`: it never stands in the file itself.
- Durations are \`500ms\`, \`30s\`, \`15m\`, \`24h\` or \`7d\`. Relative paths are relative to the file they stand in.
- A bold key below a map is required where the map is written.
- CEL expressions read \`user\`, \`groups\`, \`source\` and \`from.ID\`, and are checked when the file is loaded. Patterns are RE2.
- \`<name>\` stands for a name of your choice, \`[]\` for each entry of a list.

## At the top

${keyTable(top)}
## sources.\\<id\\>

${sources?.description ?? ''} The keys depend on \`type\`.

${sourceSections(sources)}
${maps.map(([name, part]) => mapSection(name, part, schema)).join('\n')}
## Not yet

Known by name, and refused with a word about it:

${table(
  ['key', 'is for'],
  refused.map(([name, { description = '' }]) => [code(name), description]),
)}`;
}

function hasKeys(schema: Schema | undefined): boolean {
  return schema?.properties !== undefined || typeof schema?.additionalProperties === 'object';
}

function mapSection(name: string, part: Schema, whole: Schema): string {
  const isRequired = whole.required?.includes(name) === true;
  const head = `${part.description ?? ''}${isRequired ? ' Required.' : ''}`;
  return `## ${name}\n\n${head}\n\n${keyTable(keysOf(part, `${name}.`))}`;
}

function sourceSections(sources: Schema | undefined): string {
  const { additionalProperties } = sources ?? {};
  const kinds = typeof additionalProperties === 'object' ? (additionalProperties.oneOf ?? []) : [];
  return kinds
    .map((kind) => {
      const type = kind.properties?.['type'];
      return `### type: ${String(type?.const)}\n\n${type?.description ?? ''}\n\n${keyTable(keysOf(kind, ''))}`;
    })
    .join('\n');
}

/** Every key below a map, depth first, as it is written. */
function keysOf(schema: Schema, prefix: string): readonly Key[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const path = `${prefix}${name}`;
    const isRequired = schema.required?.includes(name) === true;
    return [{ path, schema: part, isRequired }, ...below(part, path)];
  });
  const named = schema.additionalProperties;
  if (typeof named !== 'object') return own;
  const path = `${prefix}<name>`;
  return [...own, { path, schema: named, isRequired: false }, ...below(named, path)];
}

function below(schema: Schema, path: string): readonly Key[] {
  const alternatives = schema.anyOf?.filter(({ properties }) => properties !== undefined) ?? [];
  return [
    ...keysOf(schema, `${path}.`),
    ...(schema.items === undefined ? [] : keysOf(schema.items, `${path}[].`)),
    ...alternatives.flatMap((alternative) => keysOf(alternative, `${path}.`)),
  ];
}

function keyTable(keys: readonly Key[]): string {
  return table(
    ['key', 'takes', 'default', 'what it is'],
    keys.map(({ path, schema, isRequired }) => [
      isRequired ? `**${code(path)}**` : code(path),
      takes(schema),
      fallback(schema),
      about(schema),
    ]),
  );
}

/** The kinds of value, in words. */
function takes(schema: Schema): string {
  if (schema.not !== undefined) return 'nothing yet';
  if (schema.$ref?.endsWith('/secret') || schema.allOf !== undefined) return 'secret';
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  const forms = schema.anyOf?.filter(({ $ref }) => $ref === undefined);
  if (forms !== undefined) return [...new Set(forms.map(takes))].join(', or ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'any' : takes(schema.items)}`;
  if (schema.type === 'object') return 'map';
  if (schema.type === 'number' || schema.type === 'integer') return numberOf(schema);
  if (schema.pattern?.includes(durationPattern)) return 'duration';
  if (schema.pattern?.includes(percentPattern)) return 'percentage';
  return schema.type === 'string' ? 'text' : (schema.type ?? 'any');
}

function numberOf({ minimum, maximum }: Schema): string {
  const least = minimum === undefined ? '' : ` from ${minimum}`;
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`;
  return `number${least}${most}`;
}

function fallback({ default: value }: Schema): string {
  if (value === undefined || isEmptyMap(value)) return '';
  return code(typeof value === 'string' ? value : JSON.stringify(value));
}

function isEmptyMap(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

function about(schema: Schema): string {
  const { description = schema.$ref?.endsWith('/secret') ? 'The secret, by reference.' : '', examples = [] } =
    schema;
  const shown = examples.map((example) =>
    code(typeof example === 'string' ? example : JSON.stringify(example)),
  );
  const told = asText(description);
  return shown.length === 0 ? told : `${told} Such as ${shown.join(', ')}.`;
}

/** What a description says in pointed brackets would be taken for HTML. */
function asText(description: string): string {
  return description.replaceAll('<', '\\<').replaceAll('*', '\\*');
}
