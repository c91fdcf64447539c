import type { Argument, Command, Option } from 'commander';
import { commandLine } from '../../src/cli/program.ts';
import { code, madeFrom, table } from './markdown.ts';

/** `docs/reference/commands.md`: every command with its arguments and options. */
export function commandsPage(): string {
  const program = commandLine();
  const common = commonOptions(program.commands);
  const list = program.commands.map(
    (command) => `- [${code(command.name())}](#${anchor(command)}): ${command.description()}`,
  );
  return `${madeFrom('src/cli/program.ts')}
# Commands

${program.description()}

In a checkout the program is called \`./bridge\`, else \`retool-bridge\`. \`--help\` and \`--version\` need no configuration;
\`retool-bridge COMMAND --help\` tells what stands here. Data goes to stdout, as one document; progress and logs go to
stderr. What the exit codes mean is a [page of its own](exit-codes.md).

${list.join('\n')}

## Options of every command

${optionsTable(program.commands[0]?.options.filter(({ long }) => common.has(long ?? '')) ?? [])}
${program.commands.flatMap((command) => sections(command, common)).join('\n')}`;
}

/** Long names of the options that every command has. */
function commonOptions(commands: readonly Command[]): ReadonlySet<string> {
  const [first, ...others] = commands.map(({ options }) => new Set(options.map(({ long }) => long ?? '')));
  return new Set([...(first ?? [])].filter((name) => others.every((names) => names.has(name))));
}

function sections(command: Command, common: ReadonlySet<string>): readonly string[] {
  return [section(command, common), ...command.commands.map((inner) => section(inner, common))];
}

function section(command: Command, common: ReadonlySet<string>): string {
  const own = command.options.filter(({ long }) => !common.has(long ?? ''));
  const inner = command.commands.map((one) => `[${code(fullName(one))}](#${anchor(one)})`);
  return [
    `## ${fullName(command)}\n`,
    `${code(usage(command, own))}\n`,
    `${sentence(command.description())}\n`,
    ...(inner.length === 0 ? [] : [`With a further word: ${inner.join(', ')}.\n`]),
    ...(command.registeredArguments.length === 0 ? [] : [argumentsTable(command.registeredArguments)]),
    ...(own.length === 0 ? [] : [optionsTable(own)]),
  ].join('\n');
}

function fullName(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${parent.name()} ${command.name()}`;
}

function anchor(command: Command): string {
  return fullName(command).replaceAll(' ', '-');
}

function usage(command: Command, own: readonly Option[]): string {
  const args = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  const required = own.filter(({ mandatory }) => mandatory).map(({ flags }) => flags);
  return ['retool-bridge', fullName(command), ...args, ...required, '[options]'].join(' ');
}

function argumentsTable(args: readonly Argument[]): string {
  return table(
    ['argument', 'is'],
    args.map((argument) => [code(argument.name()), argument.description]),
  );
}

function optionsTable(options: readonly Option[]): string {
  return table(
    ['option', 'does', 'default'],
    options.map((option) => [code(option.flags), does(option), fallback(option)]),
  );
}

function does({ description, argChoices }: Option): string {
  return argChoices === undefined ? description : `${description}: ${argChoices.map(code).join(', ')}`;
}

function fallback({ defaultValue, negate }: Option): string {
  return defaultValue === undefined || negate ? '' : code(String(defaultValue));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
