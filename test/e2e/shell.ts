import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** What a block of commands came to. */
export interface Ran {
  /** stdout and then stderr. */
  readonly output: string;
  readonly code: number;
}

/** A reader's shell: what one block sets or where it goes holds for the next one, too. */
export interface Shell {
  /** Runs a block as far as its first command that fails; gives the last command's exit code. */
  run(commands: string): Promise<Ran>;
  /** Runs a block until the test ends; resolves as soon as it has printed the text. */
  start(commands: string, text: string): Promise<void>;
  /** The folder that the reader is in. */
  folder(): string;
}

/** Opens a shell in a folder, with these variables and no others. It and all it started end with the test. */
export async function openShell(folder: string, env: Readonly<Record<string, string>>): Promise<Shell> {
  const notes = await mkdtemp(join(tmpdir(), 'retool-bridge-shell-'));
  const groups: number[] = [];
  let place = folder;
  onTestFinished(async () => {
    for (const group of groups) endGroup(group);
    await rm(notes, { recursive: true, force: true });
  });

  function begin(script: string) {
    const child = spawn('/bin/bash', ['--norc', '--noprofile', '-c', script], {
      cwd: place,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    if (child.pid !== undefined) groups.push(child.pid);
    return child;
  }

  /** A bash that goes on from where the last block ended, as `vars` and `place` tell. */
  function continued(commands: string): string {
    return `source ${notes}/vars\nset -eo pipefail\n${commands}`;
  }

  await writeFile(join(notes, 'vars'), '');
  return {
    folder: () => place,
    run: (commands) =>
      new Promise((resolve, reject) => {
        const leave = `trap 'export -p > ${notes}/vars; pwd > ${notes}/place' EXIT\n`;
        const child = begin(`${leave}${continued(commands)}`);
        const said = { stdout: '', stderr: '' };
        for (const stream of ['stdout', 'stderr'] as const)
          child[stream].setEncoding('utf8').on('data', (text: string) => void (said[stream] += text));
        child.on('error', reject);
        child.on('close', (code) => {
          const moved = readFile(join(notes, 'place'), 'utf8').then((now) => {
            place = now.trim();
            return { output: `${said.stdout}${said.stderr}`, code: code ?? -1 };
          });
          moved.then(resolve, reject);
        });
      }),
    start: (commands, text) =>
      new Promise((resolve, reject) => {
        const child = begin(continued(commands));
        let said = '';
        for (const stream of ['stdout', 'stderr'] as const)
          child[stream].setEncoding('utf8').on('data', (part: string) => {
            said += part;
            if (said.includes(text)) resolve();
          });
        child.on('error', reject);
        child.on('close', (code) =>
          reject(new Error(`ended with ${code} before it said "${text}": ${said}`)),
        );
      }),
  };
}

function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    // A group whose processes have all ended is no longer there.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
