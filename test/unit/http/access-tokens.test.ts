import { describe, expect, test } from 'vitest';
import { HttpFailure } from '../../../src/http/request.ts';
import { BridgeError } from '../../../src/model/errors.ts';
import { TokenFailure } from '../../../src/http/call-failure.ts';
import { createAccessTokens } from '../../../src/http/access-tokens.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const never = new AbortController().signal;

/** Tokens `t1`, `t2` and so on, each good for 100 s and a second in the making. */
function setUp() {
  const clock = createVirtualClock({ advance: 'manual' });
  let issued = 0;
  const tokens = createAccessTokens(async () => {
    issued += 1;
    const text = `t${issued}`;
    await clock.sleep(1_000);
    return { text, lifetimeMs: 100_000 };
  }, clock);
  const asked = async (ask: () => Promise<string>): Promise<string> => {
    const token = ask();
    await clock.advance(1_000);
    return token;
  };
  return { clock, tokens, asked };
}

describe('tokens', () => {
  test('everybody who waits gets the same one', async () => {
    const { tokens, asked } = setUp();
    const both = Promise.all([tokens.current(never), tokens.current(never)]);
    expect(await asked(() => tokens.current(never))).toBe('t1');
    expect(await both).toEqual(['t1', 't1']);
  });

  test('one is used for four fifths of its life, counted from when it was asked for', async () => {
    const { clock, tokens, asked } = setUp();
    expect(await asked(() => tokens.current(never))).toBe('t1');
    await clock.advance(78_999);
    expect(await tokens.current(never)).toBe('t1');
    await clock.advance(1);
    expect(await asked(() => tokens.current(never))).toBe('t2');
  });

  test('a refused one is replaced once, however many hear of the refusal', async () => {
    const { tokens, asked } = setUp();
    const first = await asked(() => tokens.current(never));
    const both = Promise.all([tokens.renewed(first, never), tokens.renewed(first, never)]);
    expect(await asked(() => tokens.renewed(first, never))).toBe('t2');
    expect(await both).toEqual(['t2', 't2']);
    expect(await tokens.renewed(first, never)).toBe('t2');
  });

  test('what may pass is told from what does not, and the next caller tries anew', async () => {
    const refusal = new BridgeError('sourceUnauthorized', 'no');
    const answers = [new HttpFailure('network', 'reset'), refusal, null];
    const tokens = createAccessTokens(async () => {
      const error = answers.shift() ?? null;
      if (error !== null) throw error;
      return { text: 'good', lifetimeMs: 1_000 };
    }, createVirtualClock());
    await expect(tokens.current(never)).rejects.toBeInstanceOf(TokenFailure);
    await expect(tokens.current(never)).rejects.toBe(refusal);
    expect(await tokens.current(never)).toBe('good');
  });
});
