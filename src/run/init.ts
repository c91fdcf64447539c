import { didYouMean } from '../model/closest.ts';
import type { Proposal, ProposedRule } from './propose.ts';

/** The sources `init` knows how to write. */
export type InitSource = 'okta' | 'entra' | 'google' | 'ldap' | 'file';

export const initSources: readonly InitSource[] = ['okta', 'entra', 'google', 'ldap', 'file'];

/** The chosen sources from names; what is wrong with a name that is none. */
export function sourcesFrom(
  names: readonly string[],
): { readonly sources: readonly InitSource[] } | { readonly problem: string } {
  const sources = names.flatMap((name) => initSources.filter((source) => source === name));
  const unknown = names.filter((name) => !initSources.some((source) => source === name));
  if (unknown.length === 0 && sources.length > 0) return { sources };
  const told = unknown.map((name) => `${name}${didYouMean(name, initSources)}`);
  return { problem: `unknown source: ${told.join(', ') || 'none'}; choose from ${initSources.join(', ')}` };
}

/** What a first configuration needs to know; secrets are named by their variables. */
export interface Answers {
  readonly sources: readonly InitSource[];
  readonly okta: { readonly orgUrl: string; readonly token: string; readonly groups: readonly string[] };
  readonly entra: {
    readonly tenantId: string;
    readonly clientId: string;
    readonly secret: string;
    readonly groups: readonly string[];
  };
  readonly google: {
    readonly subject: string;
    /** The path of the key file. */
    readonly key: string;
    readonly groups: readonly string[];
  };
  readonly ldap: {
    readonly url: string;
    readonly bindDn: string;
    readonly password: string;
    readonly base: string;
  };
  readonly file: { readonly path: string };
  readonly retool: { readonly baseUrl: string; readonly token: string };
}

/** Placeholders of the right form, for whoever answers nothing. */
export const usualAnswers: Answers = {
  sources: ['okta'],
  okta: { orgUrl: 'https://acme.okta.com', token: 'OKTA_API_TOKEN', groups: ['retool-*'] },
  entra: {
    tenantId: '00000000-0000-0000-0000-000000000000',
    clientId: '00000000-0000-0000-0000-000000000000',
    secret: 'ENTRA_CLIENT_SECRET',
    groups: ['Retool *'],
  },
  google: { subject: 'admin@acme.com', key: './google-key.json', groups: ['Retool *'] },
  ldap: {
    url: 'ldaps://dc1.corp.acme.com',
    bindDn: 'cn=bridge,ou=services,dc=corp,dc=acme,dc=com',
    password: 'LDAP_PASSWORD',
    base: 'dc=corp,dc=acme,dc=com',
  },
  file: { path: './people.scim.json' },
  retool: { baseUrl: 'https://acme.retool.com', token: 'RETOOL_API_TOKEN' },
};

/** The environment variables that the configuration will name. */
export function variablesOf({ sources, okta, entra, ldap, retool }: Answers): readonly string[] {
  return [
    ...(sources.includes('okta') ? [okta.token] : []),
    ...(sources.includes('entra') ? [entra.secret] : []),
    ...(sources.includes('ldap') ? [ldap.password] : []),
    retool.token,
  ];
}

/** The name of the JSON schema that lies beside the configuration, for editors. */
export const schemaFile = 'bridge.schema.json';

const sourceIds: Readonly<Record<InitSource, string>> = {
  okta: 'okta',
  entra: 'entra',
  google: 'gws',
  ldap: 'corp',
  file: 'staff',
};

/** A line with a remark in a column of its own, where there is room for one. */
function remarked(line: string, remark: string): string {
  return `${line.padEnd(46)} # ${remark}`;
}

const sourceText: Readonly<Record<InitSource, (answers: Answers) => string>> = {
  okta: ({ okta: { orgUrl, token, groups } }) => `  okta:
    type: okta
${remarked(`    orgUrl: ${scalar(orgUrl)}`, 'your Okta organisation')}
${remarked(`    auth: { token: { env: ${token} } }`, 'or { privateKey: { clientId: …, keyId: …, key: { file: okta.pem } } }')}
${remarked(`    scope: { groups: ${list(groups)} }`, 'or { app: 0oa… }: whoever is assigned to this Okta app')}
`,
  entra: ({ entra: { tenantId, clientId, secret, groups } }) => `  entra:
    type: entra
    tenantId: ${scalar(tenantId)}
    auth:
      clientSecret:
        clientId: ${scalar(clientId)}
        secret: { env: ${secret} }
${remarked(`    scope: { groups: ${list(groups)} }`, 'or { enterpriseApp: <service principal id> }')}
`,
  google: ({ google: { subject, key, groups } }) => `  gws:
    type: google
    customer: my_customer
    auth:
      serviceAccount: { file: ${scalar(key)} }
${remarked(`      subject: ${scalar(subject)}`, 'the administrator for whom the service account reads')}
${remarked(`    groups: ${list(groups)}`, 'leave it out for all groups')}
`,
  ldap: ({ ldap: { url, bindDn, password, base } }) => `  corp:
    type: ldap
${remarked(`    url: ${scalar(url)}`, 'or ldap://… with startTls: true')}
    bind: { dn: ${JSON.stringify(bindDn)}, password: { env: ${password} } }
    base: ${JSON.stringify(base)}
    # filter: (&(objectCategory=person)(objectClass=user)(mail=*))   # who is read; everybody when left out
    # groups: { filter: (cn=retool-*), nested: true }
`,
  file: ({ file: { path } }) => `  staff:
    type: file
${/\.csv$/i.test(path) ? csvText(path) : remarked(`    path: ${scalar(path)}`, '{ "Users": [SCIM User…], "Groups": [SCIM Group…] }')}
`,
};

function csvText(path: string): string {
  return `    path: ${scalar(path)}
    format: csv
    columns:
${remarked('      id: EmpNo', 'the names of your columns; the id must never change')}
      userName: Mail
      givenName: First name
      familyName: Last name
${remarked('      # groups: Teams', 'or memberships: { path: …, columns: { group: …, member: … } }')}`;
}

/**
 * A commented configuration that is safe to start with: it holds what is large, and takes back only what is ours.
 * Without a proposal the rules are examples.
 */
export function initialConfig(answers: Answers, proposal: Proposal | null): string {
  const chosen = initSources.filter((source) => answers.sources.includes(source));
  const { baseUrl, token } = answers.retool;
  return `# yaml-language-server: $schema=./${schemaFile}
#
# What retool-bridge keeps in step. Secrets are named here, never written here.
# Look at it with:  retool-bridge check     then:  retool-bridge plan
version: 1

sources:
${chosen.map((source) => sourceText[source](answers)).join('')}${precedenceText(chosen)}
target:
${remarked(`  baseUrl: ${scalar(baseUrl)}`, 'your Retool organisation')}
${remarked(`  token: { env: ${token} }`, 'scopes: Users, Groups and User Attributes, read and write')}
${remarked('  requestsPerMinute: 45', 'the bridge never sends more in any minute')}
${remarked('  # seats: 500', 'how many you have: a plan that needs more says so')}

mapping:
  # scope: '!user.userName.endsWith("@ext.acme.com")'   # CEL: who counts; everybody when left out
  user:
    email: user.email
    first_name: user.name.givenName
    last_name: user.name.familyName
${attributesText(proposal)}${rulesText(proposal, chosen)}
${remarked('policy: sync', 'create-only | upsert-only | sync')}
${remarked('leavers: disable', 'disable | keep')}
${remarked(`protect: { users: ${list(proposal?.protect ?? [])}, admins: 2 }`, 'your break-glass accounts and the owner of the token')}

# schedule: { cron: "*/15 * * * *", timezone: Etc/UTC }   # for retool-bridge serve
${remarked('state: sqlite:./bridge.db', 'what the bridge remembers: keep it, and back it up')}
reports: { directory: ./reports, formats: [html, json] }
`;
}

function precedenceText(chosen: readonly InitSource[]): string {
  if (chosen.length < 2) return '';
  const ids = chosen.map((source) => sourceIds[source]).join(', ');
  return `${remarked(`precedence: [${ids}]`, 'who wins when two sources speak of one person')}\n`;
}

function attributesText(proposal: Proposal | null): string {
  const attributes = proposal?.attributes ?? [];
  const fed = attributes.filter(({ expression }) => expression !== null);
  const others = attributes.filter(({ expression }) => expression === null);
  const head =
    fed.length > 0
      ? '  attributes:                                  # all of them are defined in Retool\n'
      : '  # attributes:                                # must be defined in Retool under Settings > User attributes\n';
  const example = attributes.length === 0 ? '  #   department: user.enterprise.department\n' : '';
  return [
    head,
    ...fed.map(({ name, expression }) => `    ${scalar(name)}: ${expression}\n`),
    ...others.map(({ name }) => `  #   ${comment(name)}: user.extra.…\n`),
    example,
  ].join('');
}

function rulesText(proposal: Proposal | null, chosen: readonly InitSource[]): string {
  const rules = proposal?.rules ?? [];
  const left = (proposal?.unmatched ?? []).map((name) => `    # no rule yet for ${comment(name)}\n`);
  if (rules.length > 0) return `  groups:\n${rules.map(ruleText).join('')}${left.join('')}`;
  const match =
    chosen.includes('entra') && !chosen.includes('okta')
      ? '"Retool (?P<team>.+)"'
      : 'retool-(?P<team>[a-z0-9-]+)';
  return `  groups:
${remarked(`    - match: ${match}`, 'RE2 over the whole name of a source group')}
      to: \${team}
${remarked('      create: true', 'make the Retool group when it is missing')}
${left.join('')}`;
}

function ruleText({ source, match, to, create, why }: ProposedRule): string {
  return [
    `    # ${comment(why)}\n`,
    `    - match: ${scalar(match)}\n`,
    ...(source === null ? [] : [`      source: ${scalar(source)}\n`]),
    `      to: ${scalar(to)}\n`,
    ...(create ? ['      create: true\n'] : []),
  ].join('');
}

function list(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;
}

/** A YAML scalar that is read back as this text: plain where nothing in it could mean anything else. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z.][A-Za-z0-9_./:@ -]*$/.test(text) && !/: |:$| $/.test(text);
  return isPlain && !/^(?:true|false|null|\.inf|\.nan)$/i.test(text) ? text : JSON.stringify(text);
}

/** Text from outside in a comment: it stays on its line. */
function comment(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
