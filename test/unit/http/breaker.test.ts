import { describe, expect, test } from 'vitest';
import { createBreaker, type Breaker } from '../../../src/http/breaker.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts';

const never = new AbortController().signal;
const rules = { opensAfter: 3, probeEveryMs: 30_000, givesUpAfterMs: 600_000 };

interface Bench {
  readonly breaker: Breaker;
  readonly clock: VirtualClock;
  /** When probes were sent, milliseconds from the start. */
  readonly probes: readonly number[];
  readonly turns: readonly string[];
}

/** A breaker before a server whose `n`th probe is answered as `answers` says, from 0. */
function bench(answers: (probe: number) => boolean | Promise<boolean>): Bench {
  const clock = createVirtualClock();
  const probes: number[] = [];
  const turns: string[] = [];
  const breaker = createBreaker({
    rules,
    clock,
    probe: async () => answers(probes.push(clock.elapsed()) - 1),
    onTurn: (state) => turns.push(state),
  });
  return { breaker, clock, probes, turns };
}

function opened(answers: (probe: number) => boolean | Promise<boolean>): Bench {
  const made = bench(answers);
  made.breaker.heard('useful');
  for (let time = 0; time < rules.opensAfter; time += 1) made.breaker.heard('useless');
  return made;
}

describe('closed', () => {
  test('lets everything through at once', async () => {
    const { breaker, clock, probes } = bench(() => true);
    expect(await breaker.pass(never)).toBe(true);
    expect([clock.elapsed(), probes.length]).toEqual([0, 0]);
  });

  test('stays so while answers of use come in between', () => {
    const { breaker } = bench(() => true);
    for (let time = 0; time < 20; time += 1) {
      breaker.heard(time % rules.opensAfter === 0 ? 'useful' : 'useless');
      expect(breaker.isOpen()).toBe(false);
    }
  });

  test('stays so for a server that never answered: that is a wrong address', () => {
    const { breaker } = bench(() => true);
    for (let time = 0; time < 100; time += 1) breaker.heard('useless');
    expect(breaker.isOpen()).toBe(false);
  });
});

describe('open', () => {
  test('after so many answers without use in a row', () => {
    const { breaker, turns } = opened(() => true);
    expect([breaker.isOpen(), turns]).toEqual([true, ['open']]);
  });

  test('all who wait share one probe at a time, and go on when one is answered', async () => {
    const { breaker, clock, probes, turns } = opened((probe) => probe === 2);
    const waiting = Array.from({ length: 8 }, () => breaker.pass(never));
    expect(await Promise.all(waiting)).toEqual(Array(8).fill(true));
    expect(probes).toEqual([30_000, 60_000, 90_000]);
    expect([clock.elapsed(), turns]).toEqual([90_000, ['open', 'closed']]);
  });

  test('gives up after ten minutes, and tries once more for whoever comes later', async () => {
    const { breaker, clock, probes } = opened((probe) => probe === 20);
    expect(await breaker.pass(never)).toBe(false);
    expect([clock.elapsed(), probes.length]).toEqual([600_000, 20]);
    expect(await breaker.pass(never)).toBe(true);
    expect([clock.elapsed(), probes.length]).toEqual([630_000, 21]);
  });

  test('an answer that was under way closes it too, without a probe', async () => {
    const { breaker, clock, probes } = opened(() => false);
    const waiting = breaker.pass(never);
    await clock.sleep(1_000);
    breaker.heard('useful');
    expect(await waiting).toBe(true);
    expect(probes).toEqual([]);
  });

  test('one who leaves does not end the wait of the others', async () => {
    const { breaker, probes } = opened(() => true);
    const controller = new AbortController();
    const leaving = breaker.pass(controller.signal);
    const staying = breaker.pass(never);
    controller.abort(new Error('stopped'));
    await expect(leaving).rejects.toThrow('stopped');
    expect(await staying).toBe(true);
    expect(probes).toHaveLength(1);
  });

  test('what a probe throws is told, not waited out', async () => {
    const { breaker } = opened(() => Promise.reject(new Error('the state cannot be written')));
    await expect(breaker.pass(never)).rejects.toThrow('the state cannot be written');
  });
});
