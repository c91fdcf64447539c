import { z } from 'zod';
import { positionOf, takesSecret } from './positions.ts';
import { WrittenConfig } from './schema.ts';
import type { SourceOptions } from './types.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;
type Part = JsonSchema | boolean;

/** The JSON Schema of the configuration as the text of a file: draft 7, which editors understand best. */
export function configJsonSchema(sourceOptions: SourceOptions): string {
  const { $schema, definitions: _, ...config } = schemaOf(WrittenConfig);
  const sources = config.properties?.['sources'];
  if (typeof sources === 'object') sources.additionalProperties = { oneOf: sourceSchemas(sourceOptions) };
  return `${JSON.stringify({ $schema, title: 'retool-bridge', ...config, definitions }, null, 2)}\n`;
}

function sourceSchemas(sourceOptions: SourceOptions): JsonSchema[] {
  return Object.values(sourceOptions).map((options) => {
    const { $schema: _, definitions: __, ...schema } = schemaOf(options);
    return schema;
  });
}

const envReference = { $ref: '#/definitions/env' };
const secretReference = { $ref: '#/definitions/secret' };

/** The two kinds of reference. Schemas of secrets name them by the id `secret`, so it is defined here alone. */
const definitions = {
  env: {
    type: 'object',
    description: 'The value of an environment variable.',
    properties: {
      env: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', description: 'The name of the variable.' },
    },
    required: ['env'],
    additionalProperties: false,
  },
  secret: {
    description: 'A secret by reference: { env: NAME } or { file: PATH }; never the secret itself.',
    anyOf: [
      envReference,
      {
        type: 'object',
        properties: {
          file: {
            type: 'string',
            minLength: 1,
            description: 'A file with the secret alone, relative to the file this is written in.',
          },
        },
        required: ['file'],
        additionalProperties: false,
      },
    ],
  },
} as const;

function schemaOf(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-07',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (takesSecret(positionOf(zodSchema))) jsonSchema.allOf = [secretReference];
    },
  });
  return allowReferences(json);
}

/** Wherever a scalar may stand, a reference to a variable may; only `type` has to be readable at sight. */
function allowReferences(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties, anyOf, ...rest } = schema;
  if (isScalar(schema)) return orReference(schema);
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: allowInProperties(properties) }),
    ...(items === undefined || Array.isArray(items) ? {} : { items: allowIn(items) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: allowIn(additionalProperties) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(allowReferences) }),
  };
}

function allowIn<Schema extends Part>(schema: Schema): Part {
  return typeof schema === 'boolean' ? schema : allowReferences(schema);
}

function allowInProperties(properties: Readonly<Record<string, Part>>): Record<string, Part> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [key, key === 'type' ? schema : allowIn(schema)]),
  );
}

function isScalar({ type }: JsonSchema): boolean {
  return type === 'string' || type === 'number' || type === 'integer' || type === 'boolean';
}

/** Remarks stay outside, where editors look for them. */
function orReference({ description, default: fallback, examples, ...form }: JsonSchema): JsonSchema {
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(examples === undefined ? {} : { examples }),
    anyOf: [form, envReference],
  };
}
