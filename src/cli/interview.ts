import { initSources, sourcesFrom, usualAnswers, type Answers, type InitSource } from '../run/init.ts';
import type { Prompts, Question } from './prompts.ts';

/** Asks for everything that a first configuration needs, each with an answer that Enter gives. */
export async function interview(prompts: Prompts): Promise<Answers> {
  prompts.say(
    'A configuration for retool-bridge. Enter takes what stands in brackets; secrets are asked for by the names of their variables only.\n\n',
  );
  const sources = await askSources(prompts);
  const usual = usualAnswers;
  return {
    sources,
    okta: sources.includes('okta') ? await askOkta(prompts) : usual.okta,
    entra: sources.includes('entra') ? await askEntra(prompts) : usual.entra,
    google: sources.includes('google') ? await askGoogle(prompts) : usual.google,
    ldap: sources.includes('ldap') ? await askLdap(prompts) : usual.ldap,
    file: sources.includes('file')
      ? { path: await prompts.ask({ text: 'SCIM or CSV file', usual: usual.file.path }) }
      : usual.file,
    retool: {
      baseUrl: await prompts.ask(address('Address of Retool', usual.retool.baseUrl)),
      token: await prompts.ask(variable("Variable that holds Retool's token", usual.retool.token)),
    },
  };
}

async function askSources(prompts: Prompts): Promise<readonly InitSource[]> {
  const answer = await prompts.ask({
    text: `Where people come from: ${initSources.join(', ')}, or several with commas`,
    usual: 'okta',
    problem: (given) => {
      const chosen = sourcesFrom(namesIn(given));
      return 'problem' in chosen ? chosen.problem : null;
    },
  });
  const chosen = sourcesFrom(namesIn(answer));
  return 'sources' in chosen ? chosen.sources : [];
}

function namesIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}

async function askOkta(prompts: Prompts): Promise<Answers['okta']> {
  const usual = usualAnswers.okta;
  return {
    orgUrl: await prompts.ask(address('Address of Okta', usual.orgUrl)),
    token: await prompts.ask(variable("Variable that holds Okta's token", usual.token)),
    groups: await askGroups(prompts, 'Okta', usual.groups),
  };
}

async function askEntra(prompts: Prompts): Promise<Answers['entra']> {
  const usual = usualAnswers.entra;
  return {
    tenantId: await prompts.ask({ text: 'Id of the Entra tenant', usual: '', problem: noBlanks }),
    clientId: await prompts.ask({ text: 'Client id of the app registration', usual: '', problem: noBlanks }),
    secret: await prompts.ask(variable('Variable that holds its secret', usual.secret)),
    groups: await askGroups(prompts, 'Entra', usual.groups),
  };
}

async function askGoogle(prompts: Prompts): Promise<Answers['google']> {
  const usual = usualAnswers.google;
  return {
    subject: await prompts.ask({
      text: 'Address of the administrator for whom is read',
      usual: '',
      problem: noBlanks,
    }),
    key: await prompts.ask({ text: 'Key file of the service account', usual: usual.key }),
    groups: await askGroups(prompts, 'Google', usual.groups),
  };
}

async function askLdap(prompts: Prompts): Promise<Answers['ldap']> {
  const usual = usualAnswers.ldap;
  const ldap = /^ldaps?:\/\/./;
  return {
    url: await prompts.ask({
      text: 'Address of the directory',
      usual: usual.url,
      problem: (given) => (ldap.test(given) ? null : 'an address begins with ldaps:// or ldap://'),
    }),
    bindDn: await prompts.ask({ text: 'Name to sign in with (DN)', usual: usual.bindDn }),
    password: await prompts.ask(variable('Variable that holds its password', usual.password)),
    base: await prompts.ask({ text: 'Where people are (DN)', usual: usual.base }),
  };
}

async function askGroups(
  prompts: Prompts,
  where: string,
  usual: readonly string[],
): Promise<readonly string[]> {
  const text = `Groups at ${where} whose members count (* and ? are wildcards, several with commas)`;
  const answer = await prompts.ask({ text, usual: usual.join(', ') });
  return answer.split(',').map((name) => name.trim());
}

function address(text: string, usual: string): Question {
  return { text, usual, problem: addressProblem };
}

/** The first thing that is wrong with a base address; the configuration checks the rest. */
export function addressProblem(text: string): string | null {
  if (!/^https?:\/\//.test(text)) return 'an address begins with https://';
  return URL.canParse(text) ? null : 'this is no address';
}

function variable(text: string, usual: string): Question {
  return {
    text,
    usual,
    problem: (name) =>
      /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
        ? null
        : 'a name of letters, digits and "_"; the secret itself is not asked for',
  };
}

function noBlanks(text: string): string | null {
  return /\s/.test(text) ? 'it holds no blanks' : null;
}
