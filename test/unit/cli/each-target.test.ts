import { describe, expect, test } from 'vitest';
import { forEachTarget, type TargetWork } from '../../../src/cli/each-target.ts';
import { combinedExitCode, type ExitCode } from '../../../src/cli/exit-codes.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import type { BridgeConfig } from '../../../src/config/types.ts';
import { BridgeError } from '../../../src/model/errors.ts';

test.each<readonly [readonly ExitCode[], ExitCode]>([
  [[], 0],
  [[0, 0], 0],
  [[0, 2], 2],
  [[2, 4], 4],
  [[4, 3, 2], 3],
  [[3, 5, 4], 5],
  [[5, 3, 4, 2, 1, 0], 1],
])('the codes %j come to %i, in any order', (codes, combined) => {
  expect(combinedExitCode(codes)).toBe(combined);
  expect(combinedExitCode(codes.toReversed())).toBe(combined);
});

/** As far as anybody looks at it here. */
function configOf(name: string | null): BridgeConfig {
  return { name, target: { baseUrl: `https://${name}.example/api/v2` } } as unknown as BridgeConfig;
}

function terminalOf(options: { readonly json: boolean; readonly signal?: AbortSignal }) {
  const said = { out: '', err: '' };
  const terminal = {
    signal: new AbortController().signal,
    ...options,
    out: (text: string) => void (said.out += text),
    err: (text: string) => void (said.err += text),
  } as unknown as Terminal;
  return { terminal, said };
}

const prints: TargetWork = async (terminal, { name }) => {
  terminal.out(terminal.json ? `{"of":"${name}"}\n` : `of ${name}\n`);
  return 2;
};
const fails: TargetWork = async (terminal, config) => {
  if (config.name !== 'b') return prints(terminal, config);
  throw new BridgeError('stateLocked', 'taken', { remedy: 'Wait.' });
};

describe('work for each target', () => {
  test('one alone prints what it prints', async () => {
    const { terminal, said } = terminalOf({ json: true });
    expect(await forEachTarget(terminal, [configOf(null)], prints)).toBe(2);
    expect(said.out).toBe('{"of":"null"}\n');
    await expect(forEachTarget(terminal, [configOf('b')], fails)).rejects.toThrow('taken');
  });

  test('several are one JSON document, errors among them', async () => {
    const { terminal, said } = terminalOf({ json: true });
    expect(await forEachTarget(terminal, ['a', 'b', 'c'].map(configOf), fails)).toBe(5);
    expect(JSON.parse(said.out)).toEqual({
      format: 'retool-bridge/targets',
      version: 1,
      targets: [
        { target: 'a', exitCode: 2, result: { of: 'a' } },
        {
          target: 'b',
          exitCode: 5,
          result: expect.objectContaining({ format: 'retool-bridge/error', code: 'stateLocked' }),
        },
        { target: 'c', exitCode: 2, result: { of: 'c' } },
      ],
    });
    expect(said.err).toBe('');
  });

  test('several are texts under their names, and errors go to stderr', async () => {
    const { terminal, said } = terminalOf({ json: false });
    await forEachTarget(terminal, ['a', 'b'].map(configOf), fails);
    expect(said).toEqual({
      out: '══ a · https://a.example/api/v2 ══\nof a\n\n══ b · https://b.example/api/v2 ══\n',
      err: 'error: taken\n  → Wait.\n',
    });
  });

  test('none is begun after an interruption', async () => {
    const { terminal, said } = terminalOf({ json: true, signal: AbortSignal.abort() });
    expect(await forEachTarget(terminal, ['a', 'b'].map(configOf), prints)).toBe(1);
    expect(said.out).not.toContain('"of"');
    expect(said.out.match(/"interrupted"/g)).toHaveLength(2);
  });
});
