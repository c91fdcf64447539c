import { z } from 'zod';
import { Text } from './scalars.ts';

function expression(description: string, ...examples: readonly string[]): z.ZodString {
  return z.string().meta({ description, examples: [...examples] });
}

const level = z.enum(['none', 'use', 'edit', 'own']);

const Access = z
  .strictObject({
    apps: level.meta({ description: 'Access to all apps.' }),
    resources: level.meta({ description: 'Access to all resources.' }),
    workflows: level.meta({ description: 'Access to all workflows.' }),
    queryLibrary: level.exclude(['own']).meta({ description: 'Access to the query library.' }),
  })
  .meta({ description: "The Retool group's universal access; left out, it is not managed." });

const Flags = z
  .strictObject({
    userList: z.boolean().optional().meta({ description: 'See the list of users.' }),
    auditLog: z.boolean().optional().meta({ description: 'See the audit log.' }),
    unpublishedRelease: z
      .boolean()
      .optional()
      .meta({ description: 'See releases before they are published.' }),
    usageAnalytics: z.boolean().optional().meta({ description: 'See usage analytics.' }),
    theme: z.boolean().optional().meta({ description: 'Change themes.' }),
    accountDetails: z.boolean().optional().meta({ description: 'Change the details of their own account.' }),
  })
  .meta({
    description: 'What else members of the Retool group may see and do; what is left out is not managed.',
    examples: [{ userList: true }],
  });

const grantLevel = z.enum(['use', 'edit', 'own']).meta({ description: 'What members may do with it.' });

/** What a grant can name. */
export const grantable = ['folder', 'app', 'resource', 'resourceConfiguration'] as const;

/** That exactly one object is named is checked apart from it. */
const Grant = z
  .strictObject({
    folder: Text.optional().meta({
      description: 'A folder by its name, its path from the root (Sales/Reports) or its id.',
    }),
    app: Text.optional().meta({ description: 'An app by its name or id.' }),
    resource: Text.optional().meta({ description: 'A resource by its name or id.' }),
    resourceConfiguration: Text.optional().meta({
      description: 'One environment of a resource: RESOURCE/ENVIRONMENT, or its id.',
    }),
    level: grantLevel,
  })
  .meta({
    oneOf: grantable.map((key) => ({ required: [key] })),
    description: 'Access to one folder, app, resource or resource configuration.',
  });

/** One entry of `mapping.groups`. That exactly one of match, id and when is there is checked apart from it. */
const Rule = z
  .strictObject({
    match: z
      .string()
      .optional()
      .meta({
        description:
          'Source groups by name: an RE2 pattern over the whole display name. Named groups (?P<name>…) may be used in to and admins.',
        examples: ['retool-(?P<team>[a-z]+)'],
      }),
    id: Text.optional().meta({ description: 'One source group by the id that its source gave it.' }),
    when: expression(
      'People by expression: CEL that gives true for whoever belongs into the group.',
      'user.enterprise.department == "Finance"',
    ).optional(),
    source: Text.optional().meta({
      description: 'Only groups, or people, of this source. Needed with id when there are several sources.',
    }),
    to: Text.meta({
      description: 'The Retool group. ${name} stands for what a named group of match captured.',
      examples: ['Finance', '${team}'],
    }),
    create: z
      .boolean()
      .prefault(false)
      .meta({ description: 'Whether the Retool group is created when it is missing.' }),
    access: Access.optional(),
    admins: Text.optional().meta({
      description:
        'The source group whose members become admins of the Retool group. ${name} stands for a named group of match.',
      examples: ['retool-${team}-owners'],
    }),
    provision: z.enum(['users', 'invites']).optional().meta({
      description:
        'How people of this rule get their accounts; left out, as everybody (provision). Of several rules the first that says it counts.',
    }),
    flags: Flags.optional(),
    landingPage: Text.nullable()
      .optional()
      .meta({
        description:
          'The app that members land on, by name or id; null for none. Left out, it is not managed.',
        examples: ['Sales home'],
      }),
    grants: z
      .array(Grant)
      .optional()
      .meta({
        description:
          'Access that the Retool group gets to single objects. Only what the bridge granted is taken back.',
        examples: [[{ folder: 'Sales', level: 'use' }]],
      }),
  })
  .meta({
    oneOf: [{ required: ['match'] }, { required: ['id'] }, { required: ['when'] }],
    description: 'One rule: exactly one of match, id and when says who belongs into the Retool group "to".',
  });

const User = z.strictObject({
  email: expression('CEL for the address of the account.', 'user.email'),
  first_name: expression('CEL for the first name.', 'user.name.givenName'),
  last_name: expression('CEL for the last name.', 'user.name.familyName'),
  user_type: expression(
    "CEL for Retool's type of user. Left out, it is not managed.",
    '"default"',
  ).optional(),
});

const accountsDescription = { description: 'What accounts are made of.' };

const Attributes = z
  .record(
    z.string().regex(/^[a-z0-9_]{1,255}$/, {
      error: 'expected the name of a Retool user attribute: 1 to 255 of a-z, 0-9 and "_"',
    }),
    z.string(),
  )
  .meta({
    description:
      'Retool user attributes, each with CEL for its value. They must be defined in Retool. No value clears one that is ours.',
    examples: [{ department: 'user.enterprise.department' }],
  });

const Rules = z.array(Rule).meta({
  description: 'Which source groups and people feed which Retool groups; every rule that fits applies.',
});

const Scope = expression(
  'CEL that is true for whoever counts. Left out, everybody does.',
  '!user.userName.endsWith("@ext.acme.com")',
).optional();

/** `mapping`: how people and groups of the sources become accounts, attributes and memberships. */
export const Mapping = z
  .strictObject({
    scope: Scope,
    user: User.meta(accountsDescription),
    attributes: Attributes.prefault({}),
    groups: Rules.prefault([]),
  })
  .meta({ description: 'How people and groups of the sources become accounts, attributes and memberships.' });

/** The same under one of several targets, where nothing is required: it is laid over the shared mapping. */
export const MappingOver = z
  .strictObject({
    scope: Scope,
    user: User.partial().optional().meta(accountsDescription),
    attributes: Attributes.optional(),
    groups: Rules.optional(),
  })
  .meta({ description: 'Laid over the shared mapping: maps merge, lists and single values replace.' });

export type GroupRuleInput = z.output<typeof Rule>;
