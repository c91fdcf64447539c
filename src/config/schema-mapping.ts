import { z } from 'zod';
import { notYet, onlyYet, Text } from './scalars.ts';

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
    provision: onlyYet('users', 'Whether people get accounts or invites.'),
    flags: notYet('Settings of the Retool group, such as userList.'),
    landingPage: notYet("The Retool group's landing page."),
    grants: notYet('Access to single folders, apps and resources.'),
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
