import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { exitCodes, exitCodeOfError, type ExitCode } from './exit-codes.ts';
import type { CommonOptions } from './options.ts';
import { systemTerminal, type Terminal } from './terminal.ts';
import { version } from './version.ts';

/** A command's own work; it returns the exit code. */
type Action<Options> = (
  terminal: Terminal,
  options: Options & CommonOptions,
  argument: string,
) => Promise<ExitCode>;

const formats = ['text', 'json', 'markdown', 'html', 'csv', 'junit'];

/** Runs one command line and returns the exit code. Command modules are loaded only when they run. */
export async function main(argv: readonly string[]): Promise<number> {
  let code: ExitCode = exitCodes.ok;
  const asksJson = argv.includes('--json');
  const handle =
    <Options>(load: () => Promise<Action<Options>>) =>
    async (...args: unknown[]): Promise<void> => {
      const command = args.at(-1) as Command;
      const options = command.optsWithGlobals<Options & CommonOptions>();
      const terminal = systemTerminal(options);
      try {
        code = await (await load())(terminal, options, typeof args[0] === 'string' ? args[0] : '');
      } catch (error) {
        code = await report(error, { json: terminal.json });
      }
    };
  const program = describe(handle);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.ok;
    return asksJson ? report(await badCommand(error), { json: true }) : exitCodes.failed;
  }
  return code;
}

async function badCommand(error: CommanderError): Promise<Error> {
  const { BridgeError } = await import('../model/errors.ts');
  return new BridgeError('badCommand', error.message.replace(/^error: /, ''), {
    remedy: 'See retool-bridge --help.',
  });
}

/** Says what went wrong: as JSON on stdout, or for people on stderr. */
async function report(error: unknown, { json }: { readonly json: boolean }): Promise<ExitCode> {
  const { errorText, asBridgeError } = await import('./error-text.ts');
  const known = asBridgeError(error);
  if (json) {
    const { errorJson } = await import('../report/json.ts');
    process.stdout.write(errorJson(known));
  } else process.stderr.write(errorText(known));
  return exitCodeOfError(known);
}

/** The whole command line as Commander knows it, for documents and tests about it; its commands do nothing. */
export function commandLine(): Command {
  return describe(() => async () => {});
}

/** Adds a command with the options that all take. */
type Add = (name: string, description: string) => Command;

type Handle = <Options>(load: () => Promise<Action<Options>>) => (...args: unknown[]) => Promise<void>;

function describe(handle: Handle): Command {
  const program = new Command('retool-bridge')
    .description(
      "Keeps a Retool organisation's people and groups in step with Okta, Microsoft Entra ID and SCIM files.",
    )
    .version(version, '--version', 'print the version')
    .showHelpAfterError('(see --help)')
    .exitOverride();
  const add: Add = (name, description) =>
    program
      .command(name)
      .description(description)
      .option('--config <file>', 'the configuration', 'bridge.yaml')
      .option('--json', 'print one JSON document')
      .option('--quiet', 'no progress')
      .option('--no-color', 'no colour; NO_COLOR=1 does the same, FORCE_COLOR=1 the opposite')
      .addOption(
        new Option('--log-level <level>', 'what to log on stderr')
          .choices(['debug', 'info', 'warn', 'error', 'silent'])
          .default('warn'),
      );
  const addForTarget: Add = (name, description) =>
    add(name, description).option(
      '--target <name>',
      'the one that is meant, where the configuration has several',
    );
  program.commandsGroup('Begin:');
  add('demo', 'start the sandbox and do the main job on it').action(
    handle(async () => (await import('./commands/demo.ts')).demo),
  );
  describeSetUp(add, handle);
  program.commandsGroup('Run:');
  describeRuns(addForTarget, handle);
  program.commandsGroup('Look back, and undo:');
  describeHistory(addForTarget, handle);
  program.commandsGroup('Approve, and stop:');
  describeApprovals(addForTarget, handle);
  program.commandsGroup('Ask, and settle who is who:');
  describeQuestions(addForTarget, handle);
  program.commandsGroup('Keep the state, and prove what was done:');
  describeState(addForTarget, handle);
  return program;
}

function describeSetUp(add: Add, handle: Handle): void {
  add('init', 'write a commented bridge.yaml: asks on a terminal, takes options elsewhere')
    .option('--source <types...>', 'okta, entra, google, ldap or file; okta when nothing is asked')
    .option('--okta-url <url>', 'the address of the Okta organisation')
    .option('--entra-tenant <id>', 'the id of the Entra tenant')
    .option('--entra-client <id>', 'the client id of the app registration')
    .option('--google-subject <address>', 'the administrator for whom the service account reads')
    .option('--google-key <path>', 'the key file of the service account')
    .option('--ldap-url <url>', 'the address of the directory')
    .option('--ldap-bind <dn>', 'the name to sign in with')
    .option('--ldap-base <dn>', 'where people are')
    .option('--groups <names...>', 'source groups whose members count; * and ? are wildcards')
    .option('--file <path>', 'the SCIM or CSV file')
    .option('--retool-url <url>', 'the address of the Retool organisation')
    .option('--read', 'read both sides, and propose group rules, attributes and accounts to protect')
    .option('--force', 'overwrite an existing file')
    .action(handle(async () => (await import('./commands/init.ts')).init));
  add(
    'sandbox',
    'serve stand-ins for Okta, Entra ID and Retool on loopback, and print a bridge.yaml for them',
  )
    .option('--users <n>', 'people in the world', wholeNumber(1), 200)
    .option('--groups <n>', 'groups in the world', wholeNumber(1), 20)
    .option('--seed <n>', 'another world', wholeNumber(0), 1)
    .option(
      '--port <p>',
      "Okta's port; Graph and login take the next, Retool the one after",
      wholeNumber(0),
      4800,
    )
    .option('--requests-per-minute <n>', "Retool's limit, or unlimited", rateLimit, 300)
    .action(handle(async () => (await import('./commands/sandbox.ts')).sandbox));
}

function describeRuns(add: Add, handle: Handle): void {
  add(
    'check',
    'look at configuration, credentials, scopes, limits, attributes and groups; changes nothing',
  ).action(handle(async () => (await import('./commands/check.ts')).check));
  add('plan', 'show what would change, and why; changes nothing')
    .option('--out <file>', 'save the plan, for apply')
    .addOption(new Option('--format <format>', 'how to print it').choices(formats).default('text'))
    .option('--report <file>', 'write a report as well (.html, .md, .json, .csv, .txt, .xml)')
    .option('--exit-code', 'exit 2 when changes are pending, 3 when the plan is held')
    .option('--rehearse', 'carry it out on a copy of Retool in memory first; exit 4 when that differs')
    .option('--against <file>', 'show instead what another configuration would change, by rule')
    .option('--only <who>', 'one person: an address, SOURCE:ID or a Retool id')
    .option('--from-snapshot <dir>', 'plan again what `bundle` wrote; no network, no state, no configuration')
    .option('--moved', 'the organisation only has a new address')
    .action(handle(async () => (await import('./commands/plan.ts')).plan));
  add('apply', 'carry out exactly a saved plan')
    .argument('<file>', 'the plan that plan --out wrote')
    .option('--approve <fingerprint>', 'approve what the guard holds')
    .option('--moved', 'the organisation only has a new address')
    .action(handle(async () => (await import('./commands/apply.ts')).apply));
  add('sync', 'plan, guard, apply: what the schedule runs')
    .option('--only <who>', 'one person: an address, SOURCE:ID or a Retool id')
    .option('--moved', 'the organisation only has a new address')
    .action(handle(async () => (await import('./commands/sync.ts')).sync));
  add(
    'backfill',
    'the first run over a living organisation: adopts, creates, adds members; resumes where it stopped',
  )
    .option('--until <HH:MM>', "stop in time for this time of day, in the schedule's time zone")
    .option('--max-calls <n>', 'send at most so many calls to Retool, reads included', wholeNumber(1))
    .option('--moved', 'the organisation only has a new address')
    .action(handle(async () => (await import('./commands/backfill.ts')).backfill));
  add('serve', 'sync on the configured schedule until stopped').action(
    handle(async () => (await import('./commands/serve.ts')).serve),
  );
}

function describeApprovals(add: Add, handle: Handle): void {
  add('approve', 'let go what a run held, in the next run; limits stay as they are')
    .argument('<fingerprint>', 'as the report of the held run says it; its first eight characters do')
    .action(handle(async () => (await import('./commands/approve.ts')).approve));
  add('pause', 'stop every run at its next call, and let none begin; access stays as it is')
    .argument('<reason>', 'why, for whoever wonders')
    .action(handle(async () => (await import('./commands/pause.ts')).pause));
  add('resume', 'end a pause').action(handle(async () => (await import('./commands/pause.ts')).resume));
}

function describeState(add: Add, handle: Handle): void {
  const audit = add('audit', 'the chain of records of everything that was done');
  audit
    .command('verify')
    .description('whether the chain is as it was written; exit 1 when it is not')
    .option(
      '--head <head>',
      'where it ended once, as a run printed it: proves that nothing was cut off since',
    )
    .action(handle(async () => (await import('./commands/audit.ts')).verifyAudit));
  audit
    .command('export')
    .description('every record, with what its ids stand for')
    .addOption(new Option('--format <format>', 'how to print it').choices(['jsonl', 'csv']).default('jsonl'))
    .action(handle(async () => (await import('./commands/audit.ts')).exportAudit));
  audit
    .command('evidence')
    .description('who has what, since when, by which rule, approved by whom (CSV, or --json)')
    .action(handle(async () => (await import('./commands/audit.ts')).auditEvidence));
  const state = add('state', 'the state file');
  state
    .command('backup')
    .description('copy it whole, while runs go on')
    .argument('<file>', 'a new file')
    .action(handle(async () => (await import('./commands/state.ts')).backUpState));
  state
    .command('check')
    .description('whether it is whole, and what it stands at')
    .action(handle(async () => (await import('./commands/state.ts')).checkState));
  add('accounts', "Retool's accounts as they were last read")
    .option('--unmanaged', 'only those that no source knows')
    .addOption(
      new Option('--format <format>', 'how to print it').choices(['text', 'csv', 'json']).default('text'),
    )
    .action(handle(async () => (await import('./commands/accounts.ts')).accounts));
  add('forget', 'take one person out of what the state remembers')
    .argument('<email>', 'the address')
    .action(handle(async () => (await import('./commands/forget.ts')).forget));
}

function describeHistory(add: Add, handle: Handle): void {
  // What `runs` takes, its command takes as well: options of a command may stand behind the name of an inner one.
  const runs = add('runs', 'the history: the last runs, newest first')
    .option('--limit <n>', 'how many', wholeNumber(1), 20)
    .action(handle(async () => (await import('./commands/runs.ts')).runs));
  runs
    .command('show')
    .description('one run: its plan, what became of it, who approved')
    .argument('<id>', 'the id of a run, or last')
    .addOption(new Option('--format <format>', 'how to print it').choices(formats).default('text'))
    .action(handle(async () => (await import('./commands/runs.ts')).showRun));
  add('rollback', 'show the plan that undoes a run; changes nothing, apply carries it out')
    .argument('<id>', 'the id of the run, or last')
    .option('--only <email>', 'undo only what was done to this account')
    .option('--out <file>', 'save the plan, for apply')
    .addOption(new Option('--format <format>', 'how to print it').choices(formats).default('text'))
    .action(handle(async () => (await import('./commands/rollback.ts')).rollback));
}

function describeQuestions(add: Add, handle: Handle): void {
  add('explain', 'why this person has, or lacks, this access; answered from what the last run read')
    .argument('<who>', 'an address, SOURCE:ID or a Retool id (user_…)')
    .option('--live', 'ask Retool and the sources anew about this person, in at most 10 calls')
    .action(handle(async () => (await import('./commands/explain.ts')).explain));
  add('links', 'which record leads to which account, and which source group to which group')
    .argument('[who]', 'an address, a group, SOURCE:ID or a Retool id')
    .action(handle(async () => (await import('./commands/links.ts')).links));
  add('link', 'say whose account it is: the way out of a conflict')
    .argument('[who]', 'the address or Retool id of the account')
    .option('--group <name>', 'a Retool group instead, by the name that rules call for')
    .requiredOption('--source <id>', 'the source')
    .requiredOption('--id <id>', "the record's or source group's own id there")
    .action(handle(async () => (await import('./commands/links.ts')).link));
  add('unlink', 'undo a link; in Retool nothing changes by it')
    .argument('[who]', 'the address or Retool id of the account')
    .option('--group <name>', 'a Retool group instead')
    .option('--source <id>', 'only this source; alone: everything of a source that is gone')
    .action(handle(async () => (await import('./commands/links.ts')).unlink));
  add('bundle', 'write what a plan is made from, with pseudonyms for people, to be looked into elsewhere')
    .requiredOption('--out <dir>', 'a folder that is not there yet')
    .option('--plain', 'leave names, addresses and values as they are')
    .action(handle(async () => (await import('./commands/bundle.ts')).bundle));
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,7}$/.test(text) ? Number(text) : NaN;
    if (!(value >= least)) throw new InvalidArgumentError(`expected a whole number from ${least}.`);
    return value;
  };
}

function rateLimit(text: string): number | 'unlimited' {
  return text === 'unlimited' ? text : wholeNumber(1)(text);
}
