import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/model/plan.ts';
import { current, desired, leaving, managed, memory, planOf, user, wanted } from './support.ts';

/** Three active accounts and a disabled one; one leaves, two come, one comes back. */
const world = {
  desired: desired([
    leaving('out@acme.com', 'inactive'),
    wanted('stay@acme.com'),
    wanted('back@acme.com'),
    wanted('new@acme.com'),
    wanted('newer@acme.com'),
  ]),
  current: current([
    user('out@acme.com'),
    user('stay@acme.com'),
    user('hand@acme.com'),
    user('back@acme.com', { active: false }),
  ]),
  memory: memory([
    managed('out@acme.com'),
    managed('stay@acme.com'),
    managed('back@acme.com', { disabledByUs: true }),
  ]),
};

const overSeats = ({ notices }: Plan): readonly string[] =>
  notices.filter(({ code }) => code === 'overSeats').map(({ text }) => text);

describe('the forecast', () => {
  test('counts the seats that are taken before and after, and the mails that may go out', () => {
    expect(planOf(world).forecast).toMatchObject({
      seats: { before: 3, after: 5, limit: null },
      mails: 2,
    });
  });

  test('says what target.seats is short of, and holds nothing for it', () => {
    const plan = planOf({ ...world, seats: 4 });
    expect(overSeats(plan)).toEqual([
      '5 active accounts after this plan, 1 more than target.seats allows (4); Retool may refuse the last new accounts, or bill for them',
    ]);
    expect(plan.violations).toEqual([]);
    expect(plan.fingerprint).toBe(planOf(world).fingerprint);
  });

  test('blames no new accounts for seats that are short already', () => {
    const plan = planOf({ current: current([user('a@acme.com'), user('b@acme.com')]), seats: 1 });
    expect(overSeats(plan)).toEqual([
      '2 active accounts after this plan, 1 more than target.seats allows (1)',
    ]);
  });

  test.each([5, 6, null])('is silent when there are seats enough (%s)', (seats) => {
    expect(overSeats(planOf({ ...world, seats }))).toEqual([]);
  });
});
