import { z } from 'zod';
import { halfCharacter, isShallow, isWellFormed, tooDeep } from '../../model/stated.ts';
import { exactlyOneOf, groupSelector, pathId, problemOfOrigin, secret } from '../../http/options.ts';

const tenantId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,127}$/, { error: "expected the tenant's id or one of its domains" })
  .refine((value) => !['common', 'organizations', 'consumers'].includes(value.toLowerCase()), {
    error: 'expected one tenant; "common" and its like are for people who sign in',
  });

const clientId = pathId.meta({ description: 'The client id of the app registration.' });

const origin = z.string().superRefine((value, context) => {
  const problem = problemOfOrigin(value);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

/** How the bridge signs in. */
const auth = z
  .strictObject({
    clientSecret: z
      .strictObject({ clientId, secret })
      .optional()
      .meta({ description: 'An app registration with a client secret: its value, not its id.' }),
    clientCertificate: z
      .strictObject({ clientId, certificate: secret })
      .optional()
      .meta({ description: 'An app registration with a certificate, as PEM: certificate and private key.' }),
    workloadIdentity: z
      .strictObject({
        clientId: clientId.optional(),
        tokenFile: z.string().min(1).optional().meta({
          description:
            'The file with the federated token, relative to the configuration. Default AZURE_FEDERATED_TOKEN_FILE.',
        }),
      })
      .optional()
      .meta({ description: 'A federated identity, as in Kubernetes. Client id: default AZURE_CLIENT_ID.' }),
    managedIdentity: z
      .strictObject({
        clientId: pathId.optional().meta({
          description: 'The client id of a user-assigned identity. Default the system-assigned one.',
        }),
      })
      .optional()
      .meta({ description: 'The identity of the Azure machine that the bridge runs on.' }),
  })
  .superRefine(exactlyOneOf('clientSecret', 'clientCertificate', 'workloadIdentity', 'managedIdentity'));
export type EntraAuth = z.infer<typeof auth>;

/** Which people and groups the source is about. */
const scope = z
  .strictObject({
    groups: z.array(groupSelector).min(1).optional().meta({
      description:
        'The groups of these names, with their members; "*" and "?" are wildcards, "id:…" is one group by id.',
    }),
    nested: z.boolean().optional().meta({
      description: 'Whether members of groups within a group count as its members, too. Default false.',
    }),
    enterpriseApp: pathId.optional().meta({
      description:
        'The people and groups assigned to the enterprise application with this object id. Entra assigns to direct members only.',
    }),
    everything: z.literal(true).optional().meta({ description: 'All people and all groups of the tenant.' }),
  })
  .superRefine(exactlyOneOf('groups', 'enterpriseApp', 'everything'))
  .refine(({ enterpriseApp, nested }) => enterpriseApp === undefined || nested !== true, {
    path: ['nested'],
    error: 'must not be true with enterpriseApp: Entra assigns to direct members only',
  });
export type EntraScope = z.infer<typeof scope>;

const cloud = z.enum(['public', 'usgov', 'usgovdod', 'china']);
type Cloud = z.infer<typeof cloud>;

const guests = z.enum(['exclude', 'include']);
export type Guests = z.infer<typeof guests>;

/** `sources.<id>` of type `entra`. */
export const EntraOptions = z.strictObject({
  type: z.literal('entra').meta({ description: 'People and groups of a Microsoft Entra ID tenant.' }),
  tenantId: tenantId.meta({ description: 'The id of the tenant, or one of its domains.' }),
  auth: auth.meta({
    description:
      'How the bridge signs in: exactly one of clientSecret, clientCertificate, workloadIdentity and managedIdentity.',
  }),
  scope: scope.meta({
    description: 'Which people and groups are read: exactly one of groups, enterpriseApp and everything.',
  }),
  cloud: cloud.optional().meta({ description: 'The cloud the tenant is in. Default public.' }),
  guests: guests.optional().meta({
    description: 'Whether guests (B2B) count as people. Default exclude.',
  }),
  select: z
    .array(
      z.string().regex(/^[A-Za-z]\w{0,255}$/, { error: 'expected the name of a property of Graph users' }),
    )
    .optional()
    .meta({
      description:
        'Further properties of users to read beside those that the bridge has a place for, such as officeLocation or extension_<app id>_<name>; they are in user.extra under these names.',
    }),
  rateShare: z
    .string()
    .regex(/^(?:100|[1-9]\d?)%$/, { error: 'expected a share from 1% to 100%' })
    .transform((share) => Number.parseInt(share, 10) / 100)
    .optional()
    .meta({
      description:
        "How much of the tenant's limits the bridge may use before it slows down, for example 50%. Default 100%.",
    }),
  endpoints: z
    .strictObject({
      login: origin
        .optional()
        .meta({ description: 'In place of, for example, https://login.microsoftonline.com.' }),
      graph: origin
        .optional()
        .meta({ description: 'In place of, for example, https://graph.microsoft.com.' }),
    })
    .optional()
    .meta({ description: 'Other addresses than those of the cloud, for stand-ins.' }),
});
export type EntraOptions = z.infer<typeof EntraOptions>;

/** Where to sign in and where to read, by cloud (Microsoft Graph: "National cloud deployments"). */
const clouds: Readonly<Record<Cloud, Endpoints>> = {
  public: endpointsOf('https://login.microsoftonline.com', 'https://graph.microsoft.com'),
  usgov: endpointsOf('https://login.microsoftonline.us', 'https://graph.microsoft.us'),
  usgovdod: endpointsOf('https://login.microsoftonline.us', 'https://dod-graph.microsoft.us'),
  china: endpointsOf('https://login.chinacloudapi.cn', 'https://microsoftgraph.chinacloudapi.cn'),
};

/** The origins of the two services. */
export interface Endpoints {
  readonly login: URL;
  readonly graph: URL;
}

export function endpointsFor({ cloud = 'public', endpoints = {} }: EntraOptions): Endpoints {
  const { login, graph } = clouds[cloud];
  return endpointsOf(endpoints.login ?? login.href, endpoints.graph ?? graph.href);
}

function endpointsOf(login: string, graph: string): Endpoints {
  return { login: new URL(login), graph: new URL(graph) };
}

/** Graph states a property without a value as null, and leaves out what was not selected. */
const text = z.string().nullish();

/** The id of a person. Any text is one here: one that no path could carry just cannot be asked for by it. */
const personId = z.string().min(1);

/** A member of a group. Graph names the type of each, since a list of members mixes them. */
export const Member = z.object({ id: personId, '@odata.type': z.string().min(1) });

/** A user, as far as the conversion knows its properties. Absent is not false: `accountEnabled` must be there. */
export const GraphUser = z
  .looseObject({
    id: personId,
    accountEnabled: z.boolean(),
    userPrincipalName: text,
    mail: text,
    otherMails: z.array(z.string()).nullish(),
    givenName: text,
    surname: text,
    displayName: text,
    userType: text,
    jobTitle: text,
    department: text,
    employeeId: text,
    companyName: text,
    preferredLanguage: text,
  })
  .refine((row) => isShallow(row), tooDeep)
  .refine((row) => isWellFormed(row), halfCharacter);
export type GraphUser = z.infer<typeof GraphUser>;

export const GraphGroup = z
  .looseObject({ id: pathId, displayName: z.string().min(1) })
  .refine((row) => isShallow(row), tooDeep)
  .refine((row) => isWellFormed(row), halfCharacter);

/** Who is assigned to an enterprise application. */
export const AppRoleAssignment = z.object({
  principalId: pathId,
  principalType: z.string(),
  principalDisplayName: text,
  /** All zeros for default access, which is no role. */
  appRoleId: text,
});
export type AppRoleAssignment = z.infer<typeof AppRoleAssignment>;

/** The app roles of an enterprise application; `value` is what the application sees of a role. */
export const AppRoles = z.object({
  appRoles: z.array(z.object({ id: z.string(), value: text, displayName: text })),
});

/** Rows are checked one by one by whoever knows what they are; a schema of unknowns would only copy them. */
const rows = z.custom<readonly unknown[]>(Array.isArray, { error: 'expected a list' });

/** A page of any list, or of a round. A link that is there but can't be read must not look like the end. */
export const Page = z.object({
  value: rows,
  '@odata.nextLink': z.string().min(1).optional(),
  '@odata.deltaLink': z.string().min(1).optional(),
});
export type Page = z.infer<typeof Page>;

/** The answers of a batch, in whatever order (Microsoft Graph: "JSON batching"). */
export const BatchReply = z.object({
  responses: z.array(
    z.object({
      id: z.string().regex(/^\d{1,2}$/),
      status: z.number(),
      headers: z.record(z.string(), z.string()).nullish(),
      body: z.unknown(),
    }),
  ),
});

/** A row of a delta round. Whatever `@removed` says, the object is no longer there. */
export const DeltaRow = z.looseObject({
  id: personId,
  '@removed': z.unknown().optional(),
  'members@delta': rows.optional(),
});
export type DeltaRow = z.infer<typeof DeltaRow>;

/** A member that joined a group, or with `@removed` left it. */
export const DeltaMember = z.object({
  id: personId,
  '@odata.type': z.string().min(1),
  '@removed': z.unknown().optional(),
});

/** How many people a tenant has, on a page that was asked for with `$count`. */
export const Counted = z.object({ '@odata.count': z.int().nonnegative() });

/** What the token endpoint gives; `expires_in` is in seconds (RFC 6749 section 5.1). */
export const TokenReply = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
export type TokenReply = z.infer<typeof TokenReply>;
