import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { publishedSchema, systemSurroundings } from '../../compose.ts';
import { BridgeError } from '../../model/errors.ts';
import { jsonDocument } from '../../report/escape.ts';
import {
  initialConfig,
  schemaFile,
  sourcesFrom,
  usualAnswers,
  variablesOf,
  type Answers,
  type InitSource,
} from '../../run/init.ts';
import type { Proposal } from '../../run/propose.ts';
import { writePrivately } from '../../runtime/files.ts';
import { asBridgeError, errorText } from '../error-text.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { proposalFrom, readUnwritten } from '../first-read.ts';
import { interview } from '../interview.ts';
import type { CommonOptions } from '../options.ts';
import { withPrompts, type Prompts } from '../prompts.ts';
import type { Terminal } from '../terminal.ts';

export interface InitOptions extends CommonOptions {
  readonly source?: readonly string[];
  readonly oktaUrl?: string;
  readonly entraTenant?: string;
  readonly entraClient?: string;
  readonly googleSubject?: string;
  readonly googleKey?: string;
  readonly ldapUrl?: string;
  readonly ldapBind?: string;
  readonly ldapBase?: string;
  readonly groups?: readonly string[];
  readonly file?: string;
  readonly retoolUrl?: string;
  readonly read?: boolean;
  readonly force?: boolean;
}

/** What is to be written, and what it rests on. */
interface Draft {
  readonly answers: Answers;
  /** null: nothing was read. */
  readonly proposal: Proposal | null;
}

/** `init`: writes a commented configuration; never over one that is there, unless told so. */
export async function init(terminal: Terminal, options: InitOptions): Promise<ExitCode> {
  if (options.force !== true && (await exists(options.config))) {
    throw new BridgeError('badCommand', `${options.config} is already there`, {
      remedy: 'Choose another file with --config, or overwrite it with --force.',
    });
  }
  const draft = isGuided(terminal, options)
    ? await withPrompts(terminal, (prompts) => guided(terminal, options, prompts))
    : await unguided(terminal, options);
  const text = initialConfig(draft.answers, draft.proposal);
  await readUnwritten(options.config, text, systemSurroundings(options.logLevel), 'ignore');
  await writePrivately(options.config, text);
  await writePrivately(join(dirname(options.config), schemaFile), await publishedSchema());
  terminal.out(doneText(terminal, options, draft));
  return exitCodes.ok;
}

/** Options that answer a question of the guided start. */
const answering: readonly (keyof InitOptions)[] = [
  'source',
  'oktaUrl',
  'entraTenant',
  'entraClient',
  'googleSubject',
  'googleKey',
  'ldapUrl',
  'ldapBind',
  'ldapBase',
  'groups',
  'file',
  'retoolUrl',
  'read',
];

/** Questions are for people at a terminal who have answered nothing yet. */
function isGuided(
  { stdinIsTerminal, stderrIsTerminal, json, quiet }: Terminal,
  options: InitOptions,
): boolean {
  const hasAnswers = answering.some((name) => options[name] !== undefined);
  return stdinIsTerminal && stderrIsTerminal && !json && !quiet && !hasAnswers;
}

async function unguided(terminal: Terminal, options: InitOptions): Promise<Draft> {
  const answers = answersFrom(options);
  if (options.read !== true) return { answers, proposal: null };
  return { answers, proposal: await proposalFrom(terminal, options, initialConfig(answers, null)) };
}

function answersFrom(options: InitOptions): Answers {
  const { oktaUrl, entraTenant, entraClient, googleSubject, googleKey, groups, file, retoolUrl } = options;
  const { ldapUrl, ldapBind, ldapBase } = options;
  const { okta, entra, google, ldap, file: usualFile, retool } = usualAnswers;
  return {
    sources: chosenFrom(options.source ?? usualAnswers.sources),
    okta: { ...okta, orgUrl: oktaUrl ?? okta.orgUrl, groups: groups ?? okta.groups },
    entra: {
      ...entra,
      tenantId: entraTenant ?? entra.tenantId,
      clientId: entraClient ?? entra.clientId,
      groups: groups ?? entra.groups,
    },
    google: {
      subject: googleSubject ?? google.subject,
      key: googleKey ?? google.key,
      groups: groups ?? google.groups,
    },
    ldap: {
      ...ldap,
      url: ldapUrl ?? ldap.url,
      bindDn: ldapBind ?? ldap.bindDn,
      base: ldapBase ?? ldap.base,
    },
    file: { path: file ?? usualFile.path },
    retool: { ...retool, baseUrl: retoolUrl ?? retool.baseUrl },
  };
}

function chosenFrom(given: readonly string[]): readonly InitSource[] {
  const chosen = sourcesFrom(given.flatMap((text) => text.split(',')));
  if ('sources' in chosen) return chosen.sources;
  throw new BridgeError('badCommand', chosen.problem, {
    remedy: 'Name one or several: --source okta entra.',
  });
}

async function guided(terminal: Terminal, options: InitOptions, prompts: Prompts): Promise<Draft> {
  const answers = await interview(prompts);
  const { env } = systemSurroundings(options.logLevel);
  const unset = variablesOf(answers).filter((name) => (env[name] ?? '') === '');
  if (unset.length > 0) {
    prompts.say(`\nNothing is read, since ${unset.join(' and ')} is not set: the rules are examples.\n`);
    return { answers, proposal: null };
  }
  const agrees = await prompts.confirm('Read both sides now, to propose rules? Nothing is changed', 'yes');
  if (!agrees) return { answers, proposal: null };
  try {
    const proposal = await proposalFrom(terminal, options, initialConfig(answers, null));
    prompts.say(proposalText(proposal));
    const takesIt = await prompts.confirm('Write these rules', 'yes');
    return { answers, proposal: takesIt ? proposal : null };
  } catch (error) {
    terminal.signal.throwIfAborted();
    const known = asBridgeError(error);
    if (known.code === 'interrupted' || known.code === 'internal') throw error;
    // The configuration is worth having all the same: check says what is wrong, as often as it takes.
    prompts.say(`\n${errorText(known)}The rules are examples for now.\n`);
    return { answers, proposal: null };
  }
}

function proposalText({ rules, attributes, protect, unmatched }: Proposal): string {
  const lines = [
    ...rules.map(({ match, to, why }) => `  ${match}  →  ${to}\n      ${why}`),
    ...(rules.length === 0 ? ['  no rule: no source group is in the scope'] : []),
    ...attributes.map(
      ({ name, expression }) => `  attribute ${name}: ${expression ?? 'nothing found for it'}`,
    ),
    ...protect.map((email) => `  protected: ${email}, an admin whom no source knows`),
    ...unmatched.map((name) => `  no rule for ${name}`),
  ];
  return `\nProposed:\n${lines.join('\n')}\n\n`;
}

function doneText(terminal: Terminal, { config: path }: InitOptions, { answers, proposal }: Draft): string {
  const { sources } = answers;
  const next = `retool-bridge check --config ${path}`;
  if (terminal.json) {
    const proposed = proposal === null ? {} : { proposal };
    return jsonDocument({ format: 'retool-bridge/init', version: 1, path, sources, next, ...proposed });
  }
  const todo =
    proposal === null
      ? `fill in what is missing, set ${variablesOf(answers).join(', ')}, and run`
      : 'read it through, and run';
  return `wrote ${path}, and ${schemaFile} for your editor\nnext: ${todo}\n  ${next}\n`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
