import { z } from 'zod';
import { groupSelector, pathId, problemOfOrigin, secret } from '../../http/options.ts';
import { halfCharacter, isShallow, isWellFormed, tooDeep } from '../../model/stated.ts';

const origin = z.string().superRefine((value, context) => {
  const problem = problemOfOrigin(value);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

/** `sources.<id>` of type `google`. */
export const GoogleOptions = z.strictObject({
  type: z.literal('google').meta({ description: 'People and groups of a Google Workspace account.' }),
  customer: z
    .string()
    .regex(/^(?:my_customer|C[A-Za-z0-9]{1,63})$/, {
      error: 'expected my_customer, or an id such as C01abcdef',
    })
    .meta({ description: 'The account: my_customer is the one that the subject belongs to.' }),
  auth: z
    .strictObject({
      serviceAccount: secret.meta({
        description: 'The JSON key file of a service account, as Google gives it.',
      }),
      subject: z.email({ error: 'expected the address of an administrator' }).meta({
        description: 'The administrator for whom the service account reads (domain-wide delegation).',
      }),
    })
    .meta({ description: 'How the bridge signs in.' }),
  query: z.string().min(1).optional().meta({
    description:
      "Which people are read, as Google's search for users writes it, such as orgUnitPath=/Sales. Default: all.",
  }),
  groups: z.array(groupSelector).min(1).optional().meta({
    description:
      'The groups that are read, by name; "*" and "?" are wildcards, "id:…" is one group by id. Default: all.',
  }),
  nested: z.boolean().optional().meta({
    description: 'Whether members of groups within a group count as its members, too. Default false.',
  }),
  select: z
    .array(z.string().regex(/^[A-Za-z]\w{0,255}$/, { error: 'expected the name of a property of users' }))
    .optional()
    .meta({
      description:
        'Further properties of users to read, such as relations; they are in user.extra under these names.',
    }),
  endpoints: z
    .strictObject({
      login: origin.optional().meta({ description: 'In place of https://oauth2.googleapis.com.' }),
      directory: origin.optional().meta({ description: 'In place of https://admin.googleapis.com.' }),
    })
    .optional()
    .meta({ description: 'Other addresses than those of Google, for stand-ins.' }),
});
export type GoogleOptions = z.infer<typeof GoogleOptions>;

/** Where to sign in and where to read. */
export interface Endpoints {
  readonly login: URL;
  readonly directory: URL;
}

export function endpointsOf({ endpoints = {} }: GoogleOptions): Endpoints {
  return {
    login: new URL(endpoints.login ?? 'https://oauth2.googleapis.com'),
    directory: new URL(endpoints.directory ?? 'https://admin.googleapis.com'),
  };
}

/** A key file, as far as signing in needs it. */
export const ServiceAccountKey = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().min(1).optional(),
});
export type ServiceAccountKey = z.infer<typeof ServiceAccountKey>;

/** What the token endpoint gives; `expires_in` is in seconds (RFC 6749 section 5.1). */
export const TokenReply = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

/** Google leaves out what is not stated. */
const text = z.string().nullish();

/** The id of a row, whatever its kind. Any text is one: one that no path could carry just cannot be asked for by it. */
export const Identified = z.object({ id: z.string().min(1) });

/** A user, as far as the conversion knows its properties. Absent is not false: `suspended` must be there. */
export const GoogleUser = z
  .looseObject({
    id: z.string().min(1),
    primaryEmail: z.string().min(1),
    suspended: z.boolean(),
    archived: z.boolean().nullish(),
    name: z.object({ givenName: text, familyName: text, fullName: text, displayName: text }).nullish(),
    emails: z.array(z.object({ address: text, type: text, primary: z.boolean().nullish() })).nullish(),
    externalIds: z.array(z.looseObject({ value: text, type: text })).nullish(),
    organizations: z
      .array(
        z.looseObject({
          name: text,
          title: text,
          department: text,
          costCenter: text,
          description: text,
          primary: z.boolean().nullish(),
        }),
      )
      .nullish(),
    languages: z.array(z.looseObject({ languageCode: text })).nullish(),
  })
  .refine((row) => isShallow(row), tooDeep)
  .refine((row) => isWellFormed(row), halfCharacter);
export type GoogleUser = z.infer<typeof GoogleUser>;

export const GoogleGroup = z
  .looseObject({ id: pathId, email: z.string().min(1), name: text })
  .refine((row) => isShallow(row), tooDeep)
  .refine((row) => isWellFormed(row), halfCharacter);

/**
 * A member of a group. `CUSTOMER` stands for everybody of the account; its id is the account's. Another type than these
 * may stand for anybody.
 */
export const Member = z.object({ id: z.string().min(1), type: z.enum(['USER', 'GROUP', 'CUSTOMER']) });

/** What Google calls its lists, each with the name of its rows. */
export const lists = {
  users: 'admin#directory#users',
  groups: 'admin#directory#groups',
  members: 'admin#directory#members',
} as const;
export type ListName = keyof typeof lists;

/** A page of a list; one without rows leaves them out, so only its kind tells it from anything else. */
export function pageSchema(list: ListName) {
  return z.looseObject({
    kind: z.literal(lists[list]),
    [list]: z.array(z.unknown()).optional(),
    nextPageToken: z.string().min(1).optional(),
  });
}
