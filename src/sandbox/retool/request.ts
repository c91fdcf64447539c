import type { z } from 'zod';
import { Refusal } from './reply.ts';

type Issue = z.core.$ZodIssue;

/** Checks a request body against its schema; the first thing wrong with it becomes a 400. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Refusal(400, issue === undefined ? 'Invalid body' : describeIssue(issue, body));
}

/** Parses a request's text as JSON, refusing what is not declared as JSON, empty or malformed. */
export function readJson(text: string | null, contentType: string | null): unknown {
  if (text === null) throw new Refusal(400, 'Missing required body');
  if (!isJson(contentType)) throw new Refusal(415, 'The body must be application/json');
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'The body is not valid JSON');
  }
}

function isJson(contentType: string | null): boolean {
  const [type = ''] = (contentType ?? '').split(';');
  return type.trim().toLowerCase() === 'application/json';
}

/** Query parameters by name, refusing unknown names and names given twice. */
export function readQuery(
  search: URLSearchParams,
  known: readonly string[] = [],
): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of search) {
    if (!known.includes(name)) throw new Refusal(400, `Unrecognized query parameter: ${name}`);
    if (query.has(name)) throw new Refusal(400, `Query parameter ${name} is given twice`);
    query.set(name, value);
  }
  return query;
}

/** A query parameter that is either `true` or `false`, by default false. */
export function readFlag(query: ReadonlyMap<string, string>, name: string): boolean {
  const text = query.get(name) ?? 'false';
  if (text !== 'true' && text !== 'false') {
    throw new Refusal(400, `Query parameter ${name} must be true or false`);
  }
  return text === 'true';
}

/** Words a schema issue the way recorded 400 bodies of the API do. */
function describeIssue(issue: Issue, body: unknown): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => [...issue.path, key].join('.'));
    return `Unrecognized body parameter: ${keys.join(', ')}`;
  }
  if (path === '') return `Invalid body: ${issue.message}`;
  if (valueAt(body, issue.path) === undefined) return `Missing required body parameter: ${path}`;
  if (issue.code === 'invalid_type') return `Invalid ${issue.expected} type for body parameter: ${path}`;
  if (issue.code === 'invalid_format') return `Invalid ${issue.format} type for body parameter: ${path}`;
  return `${issue.message}: ${path}`;
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
