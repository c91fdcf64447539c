import { z } from 'zod';
import { deepestJson, halfCharacter, isShallow, isWellFormed, tooDeep } from '../../model/stated.ts';

const header = z.string().min(1);
const words = z.array(z.string().trim().min(1)).min(1);

/** The column that says who is active, with its words where they are not the usual ones. */
const activeColumn = z.union([
  header,
  z.strictObject({
    column: header.meta({ description: 'The name of the column.' }),
    active: words.meta({ description: 'What it says of people who are active, in any case.' }),
    inactive: words.meta({ description: 'What it says of all others, in any case.' }),
  }),
]);
export type ActiveColumn = z.infer<typeof activeColumn>;

/** The name of a column that may be missing. */
function column(description: string) {
  return header.optional().meta({ description });
}

/** Which column of a CSV file holds which attribute. */
const columns = z.strictObject({
  id: header.meta({
    description: 'The id that never changes, such as the employee number; not an address.',
  }),
  userName: column('The name somebody signs in with; where it is an address, the e-mail address too.'),
  email: column('The e-mail address. Default userName, where that is one.'),
  active: activeColumn.optional().meta({
    description:
      'Who is active: true, yes, y, 1 or active, and false, no, n, 0 or inactive; other words with { column, active, inactive }. Default: everybody in the file.',
  }),
  displayName: column('The name as it is shown.'),
  nickName: column('What somebody is called.'),
  title: column('The job title.'),
  userType: column('What kind of employee somebody is.'),
  preferredLanguage: column('A language such as de-CH.'),
  locale: column('A locale such as de-CH.'),
  timezone: column('A time zone such as Europe/Zurich.'),
  formattedName: column('The whole name, in user.name.formatted.'),
  givenName: column('The given name.'),
  familyName: column('The family name.'),
  middleName: column('The middle name.'),
  honorificPrefix: column('What stands before the name.'),
  honorificSuffix: column('What stands after the name.'),
  employeeNumber: column('The employee number.'),
  costCenter: column('The cost center.'),
  organization: column('The organization.'),
  division: column('The division.'),
  department: column('The department.'),
  manager: column("The id of the person's manager."),
  managerName: column("The name of the person's manager."),
  groups: column('The names of the groups somebody is in, all in one cell.'),
});
export type Columns = z.infer<typeof columns>;

const memberships = z.strictObject({
  path: header.meta({
    description: 'A CSV file with a row for each membership, relative to the configuration.',
  }),
  columns: z
    .strictObject({
      group: header.meta({ description: 'The id of the group, which is also its name where there is none.' }),
      member: header.meta({ description: 'The id of the person, or of a group within the group.' }),
      name: column('The name of the group.'),
    })
    .meta({ description: 'Which column holds what.' }),
});
export type Memberships = z.infer<typeof memberships>;

/** `sources.<id>` of type `file`. */
export const FileOptions = z
  .strictObject({
    type: z.literal('file').meta({ description: 'People and groups from SCIM or CSV files.' }),
    path: z.string().min(1).meta({
      description: 'The file, or a folder of files that are read as one, relative to the configuration.',
    }),
    format: z.enum(['scim', 'csv']).optional().meta({
      description:
        'scim (default): JSON with "Users" (SCIM users) and "Groups" (SCIM groups). csv: a row for each person, with a header.',
    }),
    files: z.array(z.string().min(1)).min(1).optional().meta({
      description: 'The names of files that the folder must hold: the read fails when one is missing.',
    }),
    columns: columns.optional().meta({
      description: 'For csv: which column holds what. Columns that are not named are in user.extra.',
    }),
    delimiter: z
      .string()
      .length(1)
      .optional()
      .meta({ description: 'For csv: what separates cells. Default ",".' }),
    separator: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'For csv: what separates groups within a cell. Default ";".' }),
    memberships: memberships
      .optional()
      .meta({ description: 'For csv: the groups, from a file of their own.' }),
  })
  .superRefine(refuseWhatDoesNotFit);
export type FileOptions = z.infer<typeof FileOptions>;

/** What only CSV files have, and what such files need. */
function refuseWhatDoesNotFit(
  options: Readonly<
    Partial<Record<'format' | 'columns' | 'delimiter' | 'separator' | 'memberships', unknown>>
  >,
  context: z.RefinementCtx,
): void {
  const refuse = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [key], message });
  if (options.format !== 'csv') {
    for (const key of ['columns', 'delimiter', 'separator', 'memberships'] as const)
      if (options[key] !== undefined) refuse(key, 'is for format: csv only');
    return;
  }
  if (options.columns === undefined) refuse('columns', 'missing; which column holds what, at least id');
  const { groups } = { groups: undefined, ...(options.columns as object | undefined) };
  if (groups !== undefined && options.memberships !== undefined)
    refuse('memberships', 'must not be there beside columns.groups: groups come from one place');
  if (groups === undefined && options.separator !== undefined)
    refuse('separator', 'is for the cells of columns.groups, which is not there');
}

/** The enterprise extension's name (RFC 7643 section 4.3). */
export const enterpriseUrn = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

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
    .refine((value) => judged(value).every(([, part]) => isShallow(part, deepestJson - 1)), tooDeep)
    .refine((value) => judged(value).every((part) => isWellFormed(part)), halfCharacter);
}
