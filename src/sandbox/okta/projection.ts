import { invalid } from './answers.ts';
import type { OktaRecord } from './records.ts';

/** Leaves out what a client of the user list asked not to get. */
export type Projection = (user: OktaRecord) => OktaRecord;

const NAME = '[A-Za-z_][A-Za-z0-9_]*';
const FIELD = `(?:profile:\\((?<profile>${NAME}(?:,${NAME})*)\\)|(?<field>${NAME}))`;
const FIELDS = new RegExp(`^${FIELD.replaceAll(/\?<\w+>/g, '')}(?:,${FIELD.replaceAll(/\?<\w+>/g, '')})*$`);

/**
 * Reads the `fields` parameter, such as `id,status,profile:(login,email)` (Okta: list users).
 * @throws OktaFault E0000001 when it has another form.
 */
export function projectionOf(fields: string | null): Projection {
  if (fields === null) return (user) => user;
  if (!FIELDS.test(fields)) throw invalid('fields', 'The field list is malformed.');
  const top = new Set<string>();
  const inProfile = new Set<string>();
  for (const { groups } of fields.matchAll(new RegExp(FIELD, 'g'))) {
    if (groups?.['field'] !== undefined) top.add(groups['field']);
    for (const name of groups?.['profile']?.split(',') ?? []) inProfile.add(name);
  }
  return (user) => {
    const kept = pick(user, top);
    if (inProfile.size === 0) return kept;
    return { ...kept, profile: pick(Object(user['profile']), inProfile) };
  };
}

/** Honours `okta-response=omitCredentials` in the request's `Content-Type` (Okta: list users). */
export function omission(contentType: string | null): Projection {
  const wishes = /okta-response=([\w,]+)/.exec(contentType ?? '')?.[1]?.split(',') ?? [];
  if (!wishes.includes('omitCredentials')) return (user) => user;
  return (user) => Object.fromEntries(Object.entries(user).filter(([name]) => name !== 'credentials'));
}

function pick(record: OktaRecord, names: ReadonlySet<string>): OktaRecord {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.has(name)));
}
