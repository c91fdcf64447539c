import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { exitCodes, exitCodeOfError, type ExitCode } from './exit-codes.ts';
import { systemTerminal, type Terminal } from './terminal.ts';

/** Options every command takes. */
export interface CommonOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** A command's own work; it returns the exit code. */
type Action<Options> = (
  terminal: Terminal,
  options: Options & CommonOptions,
  argument: string,
) => Promise<ExitCode>;

const formats = ['text', 'json', 'markdown', 'html', 'csv'];

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

type Handle = <Options>(load: () => Promise<Action<Options>>) => (...args: unknown[]) => Promise<void>;

function describe(handle: Handle): Command {
  const program = new Command('retool-bridge')
    .description(
      "Keeps a Retool organisation's people and groups in step with Okta, Microsoft Entra ID and SCIM files.",
    )
    .version(version, '--version', 'print the version')
    .showHelpAfterError('(see --help)')
    .exitOverride();
  const add = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option('--config <file>', 'the configuration', 'bridge.yaml')
      .option('--json', 'print one JSON document')
      .option('--quiet', 'no progress')
      .addOption(
        new Option('--log-level <level>', 'what to log on stderr')
          .choices(['debug', 'info', 'warn', 'error', 'silent'])
          .default('warn'),
      );
  add('demo', 'start the sandbox and do the main job on it').action(
    handle(async () => (await import('./commands/demo.ts')).demo),
  );
  describeSetUp(add, handle);
  describeRuns(add, handle);
  return program;
}

function describeSetUp(add: (name: string, description: string) => Command, handle: Handle): void {
  add('init', 'write a commented bridge.yaml for the chosen sources')
    .option('--source <types...>', 'okta, entra or file', ['okta'])
    .option('--force', 'overwrite an existing file')
    .action(handle(async () => (await import('./commands/init.ts')).init));
  add(
    'check',
    'look at configuration, credentials, scopes, limits, attributes and groups; changes nothing',
  ).action(handle(async () => (await import('./commands/check.ts')).check));
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

function describeRuns(add: (name: string, description: string) => Command, handle: Handle): void {
  add('plan', 'show what would change, and why; changes nothing')
    .option('--out <file>', 'save the plan, for apply')
    .addOption(new Option('--format <format>', 'how to print it').choices(formats).default('text'))
    .option('--report <file>', 'write a report as well (.html, .md, .json, .csv, .txt)')
    .option('--exit-code', 'exit 2 when changes are pending, 3 when the plan is held')
    .option('--moved', 'the organisation only has a new address')
    .action(handle(async () => (await import('./commands/plan.ts')).plan));
  add('apply', 'carry out exactly a saved plan')
    .argument('<file>', 'the plan that plan --out wrote')
    .option('--approve <fingerprint>', 'approve what the guard holds')
    .option('--moved', 'the organisation only has a new address')
    .action(handle(async () => (await import('./commands/apply.ts')).apply));
  add('sync', 'plan, guard, apply: what the schedule runs')
    .option('--moved', 'the organisation only has a new address')
    .action(handle(async () => (await import('./commands/sync.ts')).sync));
  add('serve', 'sync on the configured schedule until stopped').action(
    handle(async () => (await import('./commands/serve.ts')).serve),
  );
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

/** Kept equal to package.json by a test; read from there it would cost every start a file. */
export const version = '0.1.0';
