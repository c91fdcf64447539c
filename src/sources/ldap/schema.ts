import { z } from 'zod';
import { secret } from '../../http/options.ts';
import { isLoopback } from '../../model/loopback.ts';

/** What keeps a value from being the address of a directory server; null when nothing does. */
function problemOfAddress(value: string): string | null {
  const url = URL.parse(value);
  if (url === null || !['ldap:', 'ldaps:'].includes(url.protocol) || url.hostname === '')
    return 'expected an address that starts with ldaps://, or with ldap:// and startTls: true';
  if (url.username !== '' || url.password !== '') return 'must not carry a user name or password; see bind';
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    return 'must be the address of the server and nothing after it; see base';
  return null;
}

const address = z.string().superRefine((value, context) => {
  const problem = problemOfAddress(value);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

/** The name of an attribute (RFC 4512 section 2.5), with options such as `;lang-de` left out. */
const attribute = z
  .string()
  .regex(/^(?:[A-Za-z][A-Za-z0-9-]{0,255}|\d+(?:\.\d+)+)$/, { error: 'expected the name of an attribute' });

/** A filter as RFC 4515 writes it; the server has the last word on what it means. */
const filter = z.string().refine(isBalanced, {
  error: 'expected a filter such as (objectClass=person), with as many ")" as "("',
});

/** Parentheses within values are written \28 and \29, so those that are there belong together. */
function isBalanced(text: string): boolean {
  let depth = 0;
  for (const [index, character] of [...text].entries()) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    const isLast = index === [...text].length - 1;
    if (depth < 0 || (depth === 0 && !isLast)) return false;
  }
  return text.startsWith('(') && depth === 0;
}

const name = z.string().min(1);

function named(description: string) {
  return attribute.optional().meta({ description });
}

/** Attributes of people in the model that one attribute of the directory gives. */
const attributes = z.strictObject({
  id: named('An id that never changes. Default objectGUID in Active Directory, else entryUUID.'),
  userName: named('Default userPrincipalName in Active Directory, else uid.'),
  email: named('Default mail; of several values the first in the order of characters.'),
  givenName: named('Default givenName.'),
  familyName: named('Default sn.'),
  displayName: named('Default displayName.'),
  title: named('Default title.'),
  userType: named('Default employeeType.'),
  preferredLanguage: named('Default preferredLanguage.'),
  employeeNumber: named('Default employeeID in Active Directory, else employeeNumber.'),
  costCenter: named('No default.'),
  organization: named('Default company in Active Directory, else o.'),
  division: named('Default division in Active Directory.'),
  department: named('Default department in Active Directory, else departmentNumber.'),
});
export type AttributeNames = z.infer<typeof attributes>;

const words = z.array(z.string().min(1)).min(1);

const active = z
  .strictObject({
    attribute: attribute.meta({ description: 'The attribute that says so.' }),
    active: words.optional().meta({ description: 'What it says of people who are active, in any case.' }),
    inactive: words.optional().meta({ description: 'What it says of people who are not, in any case.' }),
  })
  .refine(({ active: on, inactive: off }) => on !== undefined || off !== undefined, {
    error: 'expected active, inactive or both: the words that the attribute holds',
  });
export type ActiveRule = z.infer<typeof active>;

const groups = z.strictObject({
  base: name.optional().meta({ description: 'Where groups are looked for. Default base.' }),
  filter: filter
    .optional()
    .meta({ description: 'Which groups are read. Default: all of the usual classes.' }),
  name: attribute.optional().meta({ description: 'The attribute with the name of a group. Default cn.' }),
  nested: z.boolean().optional().meta({
    description: 'Whether members of groups within a group count as its members, too. Default false.',
  }),
});

/** `sources.<id>` of type `ldap`. */
export const LdapOptions = z
  .strictObject({
    type: z
      .literal('ldap')
      .meta({ description: 'People and groups of an LDAP directory or Active Directory.' }),
    url: address.meta({ description: 'The server: ldaps://…, or ldap://… with startTls.' }),
    startTls: z
      .boolean()
      .optional()
      .meta({ description: 'Encrypts a connection to ldap://. Default false.' }),
    ca: name.optional().meta({
      description:
        'A PEM file with the certificate authority of the server, relative to the configuration. Default: those that Node knows.',
    }),
    bind: z
      .strictObject({ dn: name.meta({ description: 'Who the bridge signs in as.' }), password: secret })
      .meta({ description: 'How the bridge signs in.' }),
    base: name.meta({ description: 'Below which entry people are looked for, such as dc=acme,dc=com.' }),
    filter: filter.optional().meta({ description: 'Which people are read. Default: all there are.' }),
    kind: z.enum(['activeDirectory', 'other']).optional().meta({
      description: 'What the server is. Default: what it says of itself.',
    }),
    groups: groups.optional().meta({ description: 'Which groups are read.' }),
    attributes: attributes.optional().meta({ description: 'Other attributes than the usual ones.' }),
    active: active.optional().meta({
      description: 'Who is active. Default userAccountControl in Active Directory, elsewhere everybody.',
    }),
    select: z.array(attribute).optional().meta({
      description: 'Further attributes of people to read; they are in user.extra under these names.',
    }),
  })
  .superRefine(({ url, startTls = false }, context) => {
    const parsed = URL.parse(url);
    if (parsed === null) return;
    const refuse = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (parsed.protocol === 'ldaps:' && startTls)
      refuse('startTls', 'is for ldap://; ldaps:// is encrypted already');
    if (parsed.protocol === 'ldap:' && !startTls && !isLoopback(parsed.hostname))
      refuse('url', 'must start with ldaps://, or startTls be true (plain ldap:// is for loopback only)');
  });
export type LdapOptions = z.infer<typeof LdapOptions>;

/** What a server is, as far as it matters. */
export type Kind = 'activeDirectory' | 'other';
