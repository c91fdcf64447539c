/** The sources `init` knows how to write. */
export type InitSource = 'okta' | 'entra' | 'file';

export const initSources: readonly InitSource[] = ['okta', 'entra', 'file'];

const sourceText: Readonly<Record<InitSource, string>> = {
  okta: `  okta:
    type: okta
    orgUrl: https://acme.okta.com            # your Okta organisation
    auth: { token: { env: OKTA_API_TOKEN } } # or { privateKey: { clientId: …, keyId: …, key: { file: okta.pem } } }
    scope: { groups: ["retool-*"] }          # or { app: 0oa… }: whoever is assigned to this Okta app
`,
  entra: `  entra:
    type: entra
    tenantId: 00000000-0000-0000-0000-000000000000
    auth:
      clientSecret:
        clientId: 00000000-0000-0000-0000-000000000000
        secret: { env: ENTRA_CLIENT_SECRET }
    scope: { groups: ["Retool *"] }          # or { enterpriseApp: <service principal id> }
`,
  file: `  staff:
    type: file
    path: ./people.scim.json                 # { "Users": [SCIM User…], "Groups": [SCIM Group…] }
`,
};

const sourceIds: Readonly<Record<InitSource, string>> = { okta: 'okta', entra: 'entra', file: 'staff' };

/** A commented configuration for these sources that is safe to start with: it holds what is large, and takes back only what is ours. */
export function initialConfig(sources: readonly InitSource[]): string {
  const chosen = initSources.filter((source) => sources.includes(source));
  const precedence =
    chosen.length < 2
      ? ''
      : `precedence: [${chosen.map((source) => sourceIds[source]).join(', ')}]   # who wins when two sources speak of one person\n`;
  return `# What retool-bridge keeps in step. Secrets are named here, never written here.
# Look at it with:  retool-bridge check     then:  retool-bridge plan
version: 1

sources:
${chosen.map((source) => sourceText[source]).join('')}${precedence}
target:
  baseUrl: https://acme.retool.com           # your Retool organisation
  token: { env: RETOOL_API_TOKEN }           # scopes: Users, Groups and User Attributes, read and write
  requestsPerMinute: 45                      # the bridge never sends more in any minute

mapping:
  # scope: '!user.userName.endsWith("@ext.acme.com")'   # CEL: who counts; everybody when left out
  user:
    email: user.email
    first_name: user.name.givenName
    last_name: user.name.familyName
  # attributes:                              # must be defined in Retool under Settings > User attributes
  #   department: user.enterprise.department
  groups:
    - match: ${chosen.includes('entra') && !chosen.includes('okta') ? '"Retool (?P<team>.+)"' : 'retool-(?P<team>[a-z0-9-]+)'}       # RE2 over the whole name of a source group
      to: \${team}
      create: true                           # make the Retool group when it is missing

policy: sync                                 # create-only | upsert-only | sync
leavers: disable                             # disable | keep
protect: { users: [], admins: 2 }            # put your break-glass accounts under users

# schedule: { cron: "*/15 * * * *", timezone: Etc/UTC }   # for retool-bridge serve
state: sqlite:./bridge.db                    # what the bridge remembers: keep it, and back it up
reports: { directory: ./reports, formats: [html, json] }
`;
}
