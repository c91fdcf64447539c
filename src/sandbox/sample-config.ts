import type { ServedSandbox } from './serve.ts';

/** What of the sample differs between one use and another. */
export interface SampleConfigOptions {
  /** Calls a minute that the bridge may make; default 45, Retool's own default for its clients. */
  readonly requestsPerMinute?: number;
  /** Where the bridge keeps its state; default `sqlite:./bridge.db`. */
  readonly state?: string;
  /** Where reports go; default `./reports`. */
  readonly reports?: string;
}

/** The variables that the sample configuration refers to. */
export function sampleEnvironment(served: ServedSandbox): Readonly<Record<string, string>> {
  return {
    OKTA_API_TOKEN: served.okta.token,
    ENTRA_CLIENT_SECRET: served.entra.clientSecret,
    RETOOL_API_TOKEN: served.retool.token,
  };
}

/** A commented `bridge.yaml` for the served stand-ins, ready to be written to a file. */
export function sampleConfig(served: ServedSandbox, options: SampleConfigOptions = {}): string {
  const exports = Object.entries(sampleEnvironment(served)).map(
    ([name, value]) => `#   export ${name}=${value}`,
  );
  return `# Connects the sandbox's Okta and Entra to its Retool. Set these first:
${exports.join('\n')}

${HEAD}
${sources(served)}
${target(served, options)}
${MAPPING}
${rules(options)}`;
}

const HEAD = `version: 1
`;

function sources({ okta, entra }: ServedSandbox): string {
  return `sources:
  okta:
    type: okta
    orgUrl: ${okta.url}
    auth: { token: { env: OKTA_API_TOKEN } }
    # Only members of these groups count; nobody else at Okta is looked at.
    scope: { groups: ["retool-*"] }
  entra:
    type: entra
    tenantId: ${entra.tenantId}
    auth: { clientSecret: { clientId: ${entra.clientId}, secret: { env: ENTRA_CLIENT_SECRET } } }
    # Members of groups within these groups count, too.
    scope: { groups: ["Retool *"], nested: true }
    # A real tenant needs no endpoints; these lead to the stand-in.
    endpoints: { login: ${entra.loginUrl}, graph: ${entra.url} }

# Some people are at both. Okta is asked first.
precedence: [okta, entra]
`;
}

function target({ retool }: ServedSandbox, { requestsPerMinute = 45 }: SampleConfigOptions): string {
  return `target:
  baseUrl: ${retool.url}
  token: { env: RETOOL_API_TOKEN }
  requestsPerMinute: ${requestsPerMinute}
`;
}

const ACCESS = '{ apps: use, resources: use, workflows: none, queryLibrary: use }';

const MAPPING = `mapping:
  user:
    email: user.email
    first_name: user.name.givenName
    last_name: user.name.familyName
  attributes:
    department: user.enterprise.department
    employee_id: user.enterprise.employeeNumber
    title: user.title
  groups:
    # retool-finance gives finance, retool-platform gives platform, and so on.
    - source: okta
      match: "retool-(?P<team>[a-z-]+)"
      to: "\${team}"
      create: true
      access: ${ACCESS}
    # Retool Finance joins the people whom Okta's rule puts into finance; both rules give the same access.
    - source: entra
      match: "Retool Finance"
      to: finance
      create: true
      access: ${ACCESS}
    # Teams of two words and more, such as Retool Field Sales, give Field Sales.
    - source: entra
      match: "Retool (?P<team>[A-Za-z]+ [A-Za-z ]+)"
      to: "\${team}"
      create: true
      access: ${ACCESS}
`;

function rules({ state = 'sqlite:./bridge.db', reports = './reports' }: SampleConfigOptions): string {
  return `policy: sync
leavers: disable

# The break-glass account belongs to nobody's source and is never written.
protect: { users: [owner@acme.com] }

state: ${JSON.stringify(state)}
reports: { directory: ${JSON.stringify(reports)}, formats: [html, json] }
`;
}
