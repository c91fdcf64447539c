import { readFile } from 'node:fs/promises';
import { BridgeError, messageOf } from '../../model/errors.ts';
import { parsePlan } from '../../run/plan-file.ts';
import { reconcile } from '../../run/reconcile.ts';
import type { ExitCode } from '../exit-codes.ts';
import { finish } from '../finish.ts';
import { operator } from '../operator.ts';
import type { CommonOptions } from '../options.ts';
import { inSession, targetRule } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `apply FILE`: carries out exactly that plan, each operation checked against the state it was planned from. */
export async function apply(
  terminal: Terminal,
  options: CommonOptions & { readonly approve?: string; readonly moved?: boolean },
  file: string,
): Promise<ExitCode> {
  const plan = parsePlan(await readPlan(file), file);
  return inSession(terminal, options, async (session) => {
    const record = await reconcile(
      session.parts,
      { kind: 'apply', target: targetRule(options), plan, approve: options.approve ?? null, by: operator() },
      terminal.signal,
    );
    return finish(terminal, session, record, file);
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
    ? 'there is no such file'
    : messageOf(error);
}

async function readPlan(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new BridgeError('planUnreadable', `cannot read the plan ${file}: ${reasonOf(error)}`, {
      remedy: 'Make one with `retool-bridge plan --out FILE`.',
      cause: error,
    });
  }
}
