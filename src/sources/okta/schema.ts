import { z } from 'zod';
import { exactlyOneOf, groupSelector, pathId, problemOfOrigin, secret } from '../../http/options.ts';

const orgUrl = z.string().superRefine((value, context) => {
  const problem = problemOfOrgUrl(value);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

function problemOfOrgUrl(value: string): string | null {
  const problem = problemOfOrigin(value);
  if (problem !== null) return problem;
  const [, org, domain] =
    /^(.+)-admin\.((?:okta|oktapreview|okta-emea)\.com)$/.exec(new URL(value).hostname) ?? [];
  return org === undefined
    ? null
    : `is the address of the admin console; the org is https://${org}.${domain}`;
}

/** How the bridge signs in. */
const auth = z
  .strictObject({
    token: secret
      .optional()
      .meta({ description: 'An API token (SSWS); it carries all rights of who created it.' }),
    privateKey: z
      .strictObject({
        clientId: z.string().min(1).meta({ description: 'The client id of the API Services app.' }),
        keyId: z
          .string()
          .min(1)
          .optional()
          .meta({ description: 'The id (kid) of the public key registered with the app.' }),
        key: secret,
      })
      .optional()
      .meta({ description: "An API Services app's private key, RSA, as PEM or JWK." }),
  })
  .superRefine(exactlyOneOf('token', 'privateKey'));

/** Which people and groups the source is about. */
const scope = z
  .strictObject({
    app: pathId.optional().meta({ description: 'The people and groups assigned to the app with this id.' }),
    groups: z.array(groupSelector).min(1).optional().meta({
      description:
        'The groups of these names, with their members; "*" and "?" are wildcards, "id:…" is one group by id.',
    }),
    everything: z.literal(true).optional().meta({ description: 'All people and all groups of the org.' }),
  })
  .superRefine(exactlyOneOf('app', 'groups', 'everything'));

/** Every status that Okta documents for users. */
export const oktaStatuses = [
  'ACTIVE',
  'DEPROVISIONED',
  'LOCKED_OUT',
  'PASSWORD_EXPIRED',
  'PROVISIONED',
  'RECOVERY',
  'STAGED',
  'SUSPENDED',
] as const;

/** What a status comes to: `absent` people are left out as if the org did not list them. */
const standing = z.enum(['active', 'inactive', 'absent']);
export type Standing = z.infer<typeof standing>;

/** `sources.<id>` of type `okta`. */
export const OktaOptions = z.strictObject({
  type: z.literal('okta').meta({ description: 'People and groups of an Okta org.' }),
  orgUrl: orgUrl.meta({ description: 'The address of the org, for example https://acme.okta.com.' }),
  auth: auth.meta({ description: 'How the bridge signs in: exactly one of token and privateKey.' }),
  scope: scope.meta({
    description: 'Which people and groups are read: exactly one of app, groups and everything.',
  }),
  statuses: z
    .partialRecord(z.enum(oktaStatuses), standing)
    .optional()
    .meta({ description: 'What a user status comes to, where it differs from the default.' }),
  rateShare: z
    .string()
    .regex(/^(?:100|[1-9]\d?)%$/, { error: 'expected a share from 1% to 100%' })
    .transform((share) => Number.parseInt(share, 10) / 100)
    .prefault('50%')
    .meta({
      description:
        "How much of each of the org's rate limits the bridge may use; the rest is left to whoever else asks. Default 50%.",
    }),
});
export type OktaOptions = z.infer<typeof OktaOptions>;

/** A surrogate without its other half is no character: it can be neither stored nor sent as it came. */
const whole = z.string().refine((value) => value.isWellFormed(), { error: 'it holds half a character' });

/** Okta states an attribute without a value as null or leaves it out. */
const text = whole.nullish();

const single = z.union([whole, z.number(), z.boolean(), z.null()]);

/** The types that Okta allows for attributes, custom ones included: boolean, integer, number, string, lists of them. */
const attribute = z.union([single, z.array(single)]);

/**
 * A user as every endpoint returns it. Any text is an id here: one that no path could carry is a person like any
 * other, who just cannot be asked for by it.
 */
export const OktaUser = z.object({
  id: whole.min(1),
  status: whole,
  profile: z
    .object({
      login: text,
      email: text,
      firstName: text,
      lastName: text,
      middleName: text,
      honorificPrefix: text,
      honorificSuffix: text,
      displayName: text,
      nickName: text,
      title: text,
      userType: text,
      preferredLanguage: text,
      locale: text,
      timezone: text,
      employeeNumber: text,
      costCenter: text,
      organization: text,
      division: text,
      department: text,
      managerId: text,
      manager: text,
    })
    .catchall(attribute),
});
export type OktaUser = z.infer<typeof OktaUser>;

/** The attributes of a profile that SCIM has a place for; all of them are text. */
export const placedAttributes: ReadonlySet<string> = new Set(Object.keys(OktaUser.shape.profile.shape));

/**
 * The user of a row that is plainly well formed, as it came; null for any other, which is for {@link OktaUser} to
 * judge. A read goes through a hundred thousand rows, and takes half as long when nothing is copied.
 */
export function plainUser(raw: unknown): OktaUser | null {
  const { id, status, profile } = fieldsOf(raw);
  if (!isText(id) || id === '' || !isText(status)) return null;
  if (typeof profile !== 'object' || profile === null || Array.isArray(profile)) return null;
  const attributes = fieldsOf(profile);
  for (const name of Object.keys(attributes))
    if (name === '__proto__' || !isPlain(attributes[name], name)) return null;
  // Every part of it has been looked at.
  return raw as OktaUser;
}

/** The id of a row, whatever else it holds; null when it has none. */
export function plainId(raw: unknown): string | null {
  const { id } = fieldsOf(raw);
  return isText(id) && id !== '' ? id : null;
}

function fieldsOf(raw: unknown): Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null ? (raw as Readonly<Record<string, unknown>>) : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}

function isPlain(value: unknown, name: string): boolean {
  if (value === null || isText(value)) return true;
  if (placedAttributes.has(name)) return false;
  if (typeof value === 'number' || typeof value === 'boolean') return true;
  return Array.isArray(value) && value.every((part) => part === null || isText(part));
}

/** A group as every endpoint returns it. */
export const OktaGroup = z.object({
  id: pathId,
  type: text,
  profile: z.object({ name: whole.min(1) }).catchall(attribute),
});

/** When the members of a group last changed, if its row says so. */
export const MembersStamped = z.object({ lastMembershipUpdated: z.string() });

/** The user inside an app assignment that was asked for with `expand=user`. */
export const AssignedUser = z
  .object({ _embedded: z.object({ user: z.unknown() }) })
  .transform(({ _embedded: { user } }) => user);

/** The group inside an app's group assignment that was asked for with `expand=group`. */
export const AssignedGroup = z
  .object({ _embedded: z.object({ group: z.unknown() }) })
  .transform(({ _embedded: { group } }) => group);
