import { z } from 'zod';
import { isWellFormed } from '../../model/stated.ts';

/** `sources.<id>` of type `file`. */
export const FileOptions = z.strictObject({
  type: z.literal('file').meta({ description: 'People and groups from a file of SCIM resources.' }),
  path: z.string().min(1).meta({
    description:
      'The file, relative to the configuration: JSON with "Users" (SCIM users) and "Groups" (SCIM groups).',
  }),
});
export type FileOptions = z.infer<typeof FileOptions>;

/** The enterprise extension's name (RFC 7643 section 4.3). */
export const enterpriseUrn = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** How deep a row may nest; no directory comes near, and it bounds the recursion over what a file holds. */
const deepest = 32;

/** Null and absent are the same state (RFC 7643 section 2.5). */
const text = z.string().nullish();

/** The key of a row: SCIM's `id`, or `externalId` where there is no `id`. */
const ids = { id: z.string().min(1).nullish(), externalId: z.string().min(1).nullish() };

/**
 * A row of `Users` (RFC 7643 sections 4.1 and 4.3): only attributes that the model knows have a type here.
 * `active` must be a boolean when it is there: null, like `"False"`, could be read either way.
 */
export const ScimUser = sound(
  z.looseObject({
    ...ids,
    active: z.boolean().optional(),
    userName: text,
    displayName: text,
    nickName: text,
    title: text,
    userType: text,
    preferredLanguage: text,
    locale: text,
    timezone: text,
    name: z
      .object({
        formatted: text,
        givenName: text,
        familyName: text,
        middleName: text,
        honorificPrefix: text,
        honorificSuffix: text,
      })
      .nullish(),
    emails: z.array(z.object({ value: text, type: text, primary: z.boolean().nullish() })).nullish(),
    [enterpriseUrn]: z
      .object({
        employeeNumber: text,
        costCenter: text,
        organization: text,
        division: text,
        department: text,
        manager: z.object({ value: text, displayName: text }).nullish(),
      })
      .nullish(),
  }),
);
export type ScimUser = z.infer<typeof ScimUser>;

/** A row of `Groups` (RFC 7643 section 4.2); `members` is judged apart, so that it spoils no more than itself. */
export const ScimGroup = sound(
  z.looseObject({ ...ids, displayName: z.string().min(1), members: z.unknown().optional() }),
  'members',
);
export type ScimGroup = z.infer<typeof ScimGroup>;

/** An entry of a group's `members`. */
export const ScimMember = sound(z.object({ value: z.string().min(1), type: text }));
export type ScimMember = z.infer<typeof ScimMember>;

/**
 * What holds for a row whatever attributes it has, but for the attribute that is judged apart; text has to be
 * Unicode (RFC 7643 section 2.3.1).
 */
function sound<Row extends z.ZodObject>(row: Row, apart?: string): Row {
  const judged = (value: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] =>
    Object.entries(value).filter(([name]) => name !== apart);
  return row
    .refine((value) => judged(value).every(([, part]) => isShallow(part, deepest - 1)), {
      error: `it is nested deeper than ${deepest} levels`,
      abort: true,
    })
    .refine((value) => judged(value).every(isWellFormed), { error: 'it holds half a character' });
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((part) => isShallow(part, levels - 1));
}
