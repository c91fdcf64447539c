import { access } from 'node:fs/promises';
import { BridgeError } from '../../model/errors.ts';
import { initialConfig, initSources, type InitSource } from '../../run/init.ts';
import { writePrivately } from '../../runtime/files.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../program.ts';
import type { Terminal } from '../terminal.ts';

/** `init`: writes a commented configuration; never over one that is there, unless told so. */
export async function init(
  terminal: Terminal,
  options: CommonOptions & { readonly source: readonly string[]; readonly force?: boolean },
): Promise<ExitCode> {
  const sources = options.source.flatMap((text) => text.split(','));
  const unknown = sources.filter((source) => !isInitSource(source));
  if (unknown.length > 0)
    throw new BridgeError('badCommand', `unknown source: ${unknown.join(', ')}`, {
      remedy: `Choose from ${initSources.join(', ')}.`,
    });
  if (options.force !== true && (await exists(options.config))) {
    throw new BridgeError('badCommand', `${options.config} is already there`, {
      remedy: 'Choose another file with --config, or overwrite it with --force.',
    });
  }
  await writePrivately(options.config, initialConfig(sources.filter(isInitSource)));
  const next = `retool-bridge check --config ${options.config}`;
  terminal.out(
    terminal.json
      ? `${JSON.stringify({ format: 'retool-bridge/init', version: 1, path: options.config, sources, next }, null, 2)}\n`
      : `wrote ${options.config}\nnext: fill in the addresses, set the secrets it names, and run\n  ${next}\n`,
  );
  return exitCodes.ok;
}

function isInitSource(text: string): text is InitSource {
  return (initSources as readonly string[]).includes(text);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
