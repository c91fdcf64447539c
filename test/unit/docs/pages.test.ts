import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { commandLine } from '../../../src/cli/program.ts';
import { errorHelp } from '../../../src/model/error-codes.ts';
import { docLinks } from '../../../src/run/check-docs.ts';
import { allPages, anchorsOf, blocksOf, pageText, proseOf, root } from '../../support/pages.ts';

interface Link {
  readonly page: string;
  readonly to: string;
}

function linksOf(page: string): readonly Link[] {
  const prose = proseOf(page).replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].flatMap(([, link, image]) => {
    const to = link ?? image ?? '';
    return /^[a-z]+:/.test(to) ? [] : [{ page, to }];
  });
}

/** What is wrong with a link; null: it leads somewhere. */
function faultOf({ page, to }: Link): string | null {
  const [path = '', anchor] = to.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (file.startsWith('..') || !existsSync(join(root, file))) return `${page}: no file ${to}`;
  if (anchor === undefined || !file.endsWith('.md')) return null;
  return anchorsOf(file).has(anchor) ? null : `${page}: no heading ${to}`;
}

test('every link between the pages leads to a file and a heading', () => {
  const links = allPages().flatMap(linksOf);
  expect(links.length).toBeGreaterThan(150);
  expect(links.map(faultOf).filter((fault) => fault !== null)).toEqual([]);
});

test('what the program calls a page of the documents is there', () => {
  const errors = Object.values(errorHelp).flatMap(({ remedy }) =>
    [...remedy.matchAll(/\]\(([^)]+)\)/g)].map(([, to = '']) => ({
      page: 'docs/reference/error-codes.md',
      to,
    })),
  );
  const checks = Object.values(docLinks)
    .flat()
    .map(([, to]) => ({ page: 'README.md', to }));
  expect([...errors, ...checks].map(faultOf).filter((fault) => fault !== null)).toEqual([]);
});

test('every page is reached from the index', () => {
  const reached = new Set(['docs/README.md']);
  for (const page of reached)
    for (const { to } of linksOf(page)) {
      const file = normalize(join(dirname(page), to.split('#')[0] ?? ''));
      if (file.endsWith('.md') && existsSync(join(root, file)) && statSync(join(root, file)).isFile())
        reached.add(file);
    }
  expect(allPages().filter((page) => !reached.has(page))).toEqual(['CHANGELOG.md']);
});

test('every incident that is played stands on its page', () => {
  const folder = 'test/scenarios/incidents';
  const linked = new Set(linksOf('docs/incidents.md').map(({ to }) => normalize(join('docs', to))));
  const played = readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
  expect(played.length).toBeGreaterThan(20);
  expect(played.filter((file) => !linked.has(file))).toEqual([]);
});

/** Commands as they are called on a page, within a line or in a block: what follows the program's name. */
function callsOn(page: string): readonly string[] {
  const inLines = [...proseOf(page).matchAll(/`((?:retool-bridge|\.\/bridge) [^`]+)`/g)].map(
    ([, call = '']) => call,
  );
  const inBlocks = blocksOf(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
    .flatMap((line) => line.split(/ [|;] | && |\s#/))
    .filter((line) => /^(?:[A-Z_]+=\S+ )*(?:retool-bridge|\.\/bridge) /.test(line));
  return [...inLines, ...inBlocks].map((call) => call.replace(/^.*?(?:retool-bridge|\.\/bridge) /, ''));
}

const program = commandLine();
/** What the wrapper takes before the program sees it. */
const wrapped: ReadonlySet<string> = new Set(['test', 'npm', 'npx', 'node']);

/** What is wrong with a call; null: there is such a command, with such options. */
function faultOfCall(call: string): string | null {
  const words = call.split(/\s+/).filter((word) => word !== '');
  const [name = ''] = words;
  if (wrapped.has(name) || /^[A-Z<{]|^…/.test(name)) return null;
  if (['--help', '--version', 'help'].includes(name)) return null;
  let command: Command | undefined = program;
  const own: string[] = [];
  for (const word of words) {
    const inner: Command | undefined = command.commands.find((one) => one.name() === word);
    if (inner === undefined) break;
    command = inner;
    own.push(...inner.options.map(({ long }) => long ?? ''));
  }
  if (command === program) return `${call}: no such command`;
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0] ?? '');
  const unknown = options.filter((option) => !own.includes(option) && option !== '--help');
  return unknown.length === 0 ? null : `${call}: no option ${unknown.join(', ')}`;
}

/** Options of commands that a later version knows, and the pages that speak of them already. */
const later: readonly string[] = [];

test('every command that a page names exists, with its options', () => {
  const calls = allPages().flatMap((page) => callsOn(page).map((call) => ({ page, call })));
  expect(calls.length).toBeGreaterThan(100);
  const faults = calls.flatMap(({ page, call }) => {
    const fault = faultOfCall(call);
    return fault === null || later.some((option) => fault.endsWith(`no option ${option}`))
      ? []
      : [`${page}: ${fault}`];
  });
  expect(faults).toEqual([]);
});

test('the reference is made from the code, and says so', () => {
  const made = allPages().filter((page) => page.startsWith('docs/reference/'));
  expect(made).toHaveLength(4);
  for (const page of made) expect(pageText(page)).toMatch(/^<!-- Made from /);
});
