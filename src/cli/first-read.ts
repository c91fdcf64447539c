import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, readConfig, systemSurroundings, type Surroundings } from '../compose.ts';
import type { BridgeConfig } from '../config/types.ts';
import { propose, type Proposal } from '../run/propose.ts';
import { readSources } from '../run/read.ts';
import { readWholeTarget } from '../run/whole-target.ts';
import type { CommonOptions } from './options.ts';
import { progressOn } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** A configuration that is not written yet, as if it lay where it will. Throws `configInvalid` and the like. */
export function readUnwritten(
  path: string,
  text: string,
  surroundings: Surroundings,
  secrets: 'require' | 'ignore',
): Promise<BridgeConfig> {
  const readFile = async (file: string): Promise<Uint8Array> =>
    file === path ? new TextEncoder().encode(text) : surroundings.readFile(file);
  return readConfig(path, { ...surroundings, readFile }, { secrets });
}

/** Reads both sides once with a configuration that is not written yet, over a state that is thrown away. */
export async function proposalFrom(
  terminal: Terminal,
  options: CommonOptions,
  text: string,
): Promise<Proposal> {
  const surroundings = systemSurroundings(options.logLevel);
  const config = await readUnwritten(options.config, text, surroundings, 'require');
  const progress = progressOn(terminal, surroundings.clock, config.target.requestsPerMinute);
  const folder = await mkdtemp(join(tmpdir(), 'retool-bridge-init-'));
  try {
    const state = { kind: 'sqlite', path: join(folder, 'init.db') } as const;
    const { parts, close } = await compose({ ...config, state }, surroundings, progress);
    try {
      const current = await readWholeTarget(parts.sink, terminal.signal);
      const snapshots = await readSources({ ...parts, progress }, { snapshots: new Map() }, terminal.signal);
      return propose(snapshots, current);
    } finally {
      progress.done();
      close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
