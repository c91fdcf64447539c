import { readdir } from 'node:fs/promises';
import { makeBundleKey } from '../../compose.ts';
import { BridgeError } from '../../model/errors.ts';
import { jsonDocument } from '../../report/escape.ts';
import { makeBundle, type BundleReport } from '../../run/bundle/make.ts';
import { writePrivately } from '../../runtime/files.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { inSession } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { version } from '../version.ts';

/** `bundle --out DIR`: what a decision was made from, to be looked into elsewhere; with pseudonyms unless `--plain`. */
export async function bundle(
  terminal: Terminal,
  options: CommonOptions & { readonly out: string; readonly plain?: boolean },
): Promise<ExitCode> {
  await refuseFullFolder(options.out);
  return inSession(terminal, options, async ({ config, parts }) => {
    const report = await makeBundle(
      parts,
      {
        folder: options.out,
        redaction: options.plain === true ? 'none' : 'pseudonyms',
        key: makeBundleKey(),
        configuration: config,
        versions: {
          'retool-bridge': version,
          node: process.versions.node,
          platform: `${process.platform} ${process.arch}`,
        },
      },
      writePrivately,
      terminal.signal,
    );
    terminal.out(terminal.json ? jsonDocument(report) : bundleText(report));
    return exitCodes.ok;
  });
}

/** An older bundle in the same folder would be mixed with this one. */
async function refuseFullFolder(folder: string): Promise<void> {
  const files = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new BridgeError('reportUnwritable', `cannot use ${folder}: ${String(error)}`, {
      remedy: 'Give the name of a folder that is not there yet.',
      cause: error,
    });
  });
  if (files.length === 0) return;
  throw new BridgeError('badCommand', `${folder} is not empty`, {
    remedy: 'Give the name of a folder that is not there yet.',
  });
}

function bundleText({ folder, files, redaction, reproduces }: BundleReport): string {
  const lines = [
    `Wrote ${files.length} files to ${folder}, readable by you alone.`,
    redaction === 'none'
      ? 'Nothing is redacted: names, addresses and attributes of people are in it.'
      : 'People are replaced by pseudonyms. Domains, group names that rules use and the configuration stay: look before you share it.',
    ...(reproduces
      ? []
      : [
          'With pseudonyms the plan comes out otherwise: some rule looks into what they replace. --plain keeps it.',
        ]),
    `\`retool-bridge plan --from-snapshot ${folder}\` plans it again, without network and without a state.`,
  ];
  return `${lines.join('\n')}\n`;
}
