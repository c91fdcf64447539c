import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const read = (name: string): string => readFileSync(join(import.meta.dirname, '../..', name), 'utf8');

/** Instructions of the Dockerfile, with continued lines joined and comments left out. */
const instructions = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line !== '');

const named = (name: string): readonly string[] =>
  instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

describe('the image', () => {
  test('is built in one stage and run in another, from pinned majors', () => {
    expect(named('FROM')).toEqual([
      'node:24-bookworm-slim AS build',
      'gcr.io/distroless/nodejs24-debian12:nonroot',
    ]);
  });

  test('runs no install script and holds no development package', () => {
    expect(named('RUN').join('\n')).toMatch(/npm ci --ignore-scripts/);
    expect(named('RUN').join('\n')).toMatch(/npm prune --omit=dev --ignore-scripts/);
  });

  test('runs as a user that owns nothing but /data', () => {
    expect(named('USER')).toEqual(['65532:65532']);
    expect(named('COPY').filter((line) => line.includes('--chown'))).toEqual([
      '--from=build --chown=65532:65532 /data /data',
    ]);
  });

  test('starts the program as the wrapper does', () => {
    const [entry = '[]'] = named('ENTRYPOINT');
    const [, ...words]: readonly string[] = JSON.parse(entry);
    const [, started = ''] = /exec node (--disable-warning[\s\S]*?)"\$build/.exec(read('bridge')) ?? [];
    expect(words.slice(0, -1)).toEqual(started.split(/[\s\\]+/).filter((word) => word !== ''));
    expect(words.at(-1)).toBe('/app/dist/cli/main.js');
  });
});
