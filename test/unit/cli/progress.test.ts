import { describe, expect, test } from 'vitest';
import { progressOn } from '../../../src/cli/progress.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

/** What was drawn on the status line, and what was printed for good. */
function screen(more: Partial<Terminal> = {}) {
  const drawn: string[] = [];
  const printed: string[] = [];
  const terminal: Terminal = {
    out: () => undefined,
    err: (text) => void printed.push(text),
    status: (text) => void drawn.push(text),
    json: false,
    quiet: false,
    stdinIsTerminal: true,
    stdoutIsTerminal: true,
    stderrIsTerminal: true,
    color: 'never',
    width: 100,
    signal: new AbortController().signal,
    ...more,
  };
  const clock = createVirtualClock({ advance: 'manual' });
  return { drawn, printed, clock, progress: progressOn(terminal, clock, 45) };
}

const okta = { source: 'okta', users: 50, groups: 3, calls: 4 };

describe('on a terminal', () => {
  test('reading draws a bar where an earlier read tells how many people to expect', () => {
    const { drawn, progress } = screen();
    progress.reading({ ...okta, expected: 100 });
    expect(drawn).toEqual([`reading  ${'█'.repeat(12)}${'░'.repeat(12)} okta 50 people, 3 groups, 4 calls`]);
  });

  test('reading draws none without, and sums up what does not fit', async () => {
    const { drawn, clock, progress } = screen({ width: 60 });
    progress.reading({ ...okta, expected: null });
    await clock.advance(1_000);
    progress.reading({ ...okta, source: 'entra', expected: 10 });
    expect(drawn).toEqual([
      'reading  okta 50 people, 3 groups, 4 calls',
      'reading  2 sources: 100 people, 6 groups, 8 calls',
    ]);
  });

  test('one of a kind is told as one, and a source that needs no calls tells none', () => {
    const { drawn, progress } = screen();
    progress.reading({ source: 'staff', users: 1, groups: 1, calls: 0, expected: null });
    expect(drawn).toEqual(['reading  staff 1 person, 1 group']);
  });

  test('applying says how far it is, what failed, and the calls and minutes left', () => {
    const { drawn, progress } = screen();
    progress.applying({ done: 5, total: 20, failed: 1, calls: { done: 6, left: 90 } });
    expect(drawn).toEqual([
      `applying ${'█'.repeat(6)}${'░'.repeat(18)} 5/20, 1 failed, 90 calls left, about 2 min`,
    ]);
  });

  test('planning and rehearsing are told, and the line is gone at the end', async () => {
    const { drawn, clock, progress } = screen({ width: 60 });
    progress.planning();
    await clock.advance(1_000);
    progress.rehearsing({ done: 1, total: 2, failed: 0, calls: { done: 1, left: 1 } });
    progress.done();
    expect(drawn).toEqual(['planning', `rehearsing ${'█'.repeat(6)}${'░'.repeat(6)} 1/2 on a copy`, '']);
  });

  test('no line is wider than the terminal, and none is drawn more often than ten times a second', async () => {
    const { drawn, clock, progress } = screen({ width: 40 });
    for (let time = 0; time < 50; time += 1) {
      progress.applying({ done: time, total: 50, failed: 3, calls: { done: 0, left: 12_345 } });
      await clock.advance(10);
    }
    expect(drawn).toHaveLength(5);
    expect(Math.max(...drawn.map((text) => text.length))).toBeLessThan(40);
  });
});

describe('elsewhere', () => {
  test('a plain line comes now and then, without bars', async () => {
    const { drawn, printed, clock, progress } = screen({ stderrIsTerminal: false });
    for (let second = 0; second < 25; second += 1) {
      progress.planning();
      progress.applying({ done: second, total: 100, failed: 0, calls: { done: second, left: 100 } });
      await clock.advance(1_000);
    }
    progress.done();
    expect(drawn).toEqual([]);
    expect(printed).toEqual([
      'applying 10/100, 100 calls left, about 3 min\n',
      'applying 20/100, 100 calls left, about 3 min\n',
    ]);
  });

  test('a wait is told at once: it comes before anything else, and is the only line for half a minute', () => {
    const { printed, progress } = screen({ stderrIsTerminal: false });
    progress.waiting('an earlier run was interrupted', 29_400);
    expect(printed).toEqual(['waiting 30 s: an earlier run was interrupted\n']);
  });

  test('--quiet says nothing', () => {
    const { drawn, printed, progress } = screen({ quiet: true });
    progress.reading({ ...okta, expected: null });
    progress.done();
    expect([drawn, printed]).toEqual([[], []]);
  });
});
