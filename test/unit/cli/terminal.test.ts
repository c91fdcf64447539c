import { expect, test } from 'vitest';
import { colorOf, columnsIn } from '../../../src/cli/terminal.ts';

test.each([
  ['a terminal', {}, true, {}, 'always'],
  ['a pipe', {}, false, {}, 'never'],
  ['NO_COLOR', {}, true, { NO_COLOR: '1' }, 'never'],
  ['an empty NO_COLOR', {}, true, { NO_COLOR: '' }, 'always'],
  ['a dumb terminal', {}, true, { TERM: 'dumb' }, 'never'],
  ['FORCE_COLOR in a pipe, as for less -R', {}, false, { FORCE_COLOR: '1' }, 'always'],
  ['FORCE_COLOR=0', {}, true, { FORCE_COLOR: '0' }, 'never'],
  ['NO_COLOR before FORCE_COLOR', {}, true, { NO_COLOR: '1', FORCE_COLOR: '1' }, 'never'],
  ['--no-color before all', { color: false }, true, { FORCE_COLOR: '1' }, 'never'],
])('%s', (_name, options, isTerminal, env, color) => {
  expect(colorOf(options, { isTerminal, env })).toBe(color);
});

test.each([
  ['92', 92],
  ['0', undefined],
  ['wide', undefined],
  ['', undefined],
  [undefined, undefined],
])('COLUMNS=%s makes output that goes to no terminal %s wide', (COLUMNS, width) => {
  expect(columnsIn(COLUMNS === undefined ? {} : { COLUMNS })).toBe(width);
});
