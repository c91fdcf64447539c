import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../src/model/canonical.ts';
import { fingerprintOf } from '../../../src/plan/fingerprint.ts';
import { levelsOf } from '../../../src/plan/order.ts';
import {
  codesOf,
  current,
  defaultPolicy,
  desired,
  desiredGroup,
  group,
  idsOf,
  leaving,
  managed,
  managedGroup,
  memory,
  now,
  planOf,
  user,
  wanted,
} from './support.ts';

const world = {
  desired: desired(
    [leaving('out@acme.com', 'inactive'), wanted('new@acme.com'), wanted('moved@acme.com', { last: 'King' })],
    [desiredGroup('sales', { members: ['new@acme.com', 'moved@acme.com'] }), desiredGroup('old')],
  ),
  current: current([user('out@acme.com'), user('moved@acme.com')], [group('7', 'old', ['moved@acme.com'])]),
  memory: memory(
    [managed('out@acme.com'), managed('moved@acme.com')],
    [managedGroup('7', 'old', ['moved@acme.com'])],
  ),
};

describe('a plan', () => {
  test('takes access away first, then makes what others wait for', () => {
    const plan = planOf(world);
    expect(idsOf(plan)).toEqual([
      'deactivateUser:out@acme.com',
      'removeMember:moved@acme.com in old',
      'createGroup:sales',
      'createUser:new@acme.com',
      'updateUser:moved@acme.com',
      'addMembers:sales',
    ]);
    const seen = new Set<string>();
    for (const level of levelsOf(plan.operations)) {
      for (const operation of level) expect(operation.dependsOn.filter((id) => !seen.has(id))).toEqual([]);
      for (const operation of level) seen.add(operation.id);
    }
  });

  test('counts its operations, and its calls apart from those of reading', () => {
    const plan = planOf(world);
    expect(plan.summary).toMatchObject({ createUser: 1, deactivateUser: 1, total: 6 });
    expect(plan.forecast).toMatchObject({ calls: 6, reads: 6, minutes: 0.2 });
  });

  test('is for a day, and says so', () => {
    const plan = planOf(world);
    expect(Date.parse(plan.createdAt)).toBe(now);
    expect(Date.parse(plan.expiresAt)).toBe(now + 24 * 3_600_000);
  });

  test('differs from one made later in its times only', () => {
    const { createdAt: _made, expiresAt: _expires, ...early } = planOf(world);
    const {
      createdAt: _laterMade,
      expiresAt: _laterExpires,
      ...late
    } = planOf({ ...world, now: now + 5_000 });
    expect(late).toEqual(early);
  });

  test('says first when a new state meets accounts the mapping wants', () => {
    const plan = planOf({ desired: desired([wanted('a@acme.com')]), current: current([user('A@acme.com')]) });
    expect(codesOf(plan.notices)).toEqual(['newState']);
  });

  test('names what its policy left out', () => {
    const plan = planOf({ ...world, policy: { ...defaultPolicy, policy: 'create-only' } });
    expect(idsOf(plan)).toEqual(['createGroup:sales', 'createUser:new@acme.com', 'addMembers:sales']);
    expect(codesOf(plan.skips)).toEqual(['policy', 'policy', 'policy']);
  });

  test('upsert-only does not lower access, and keeps what raises it', () => {
    const access = (apps: 'none' | 'use') =>
      ({ apps, resources: 'none', workflows: 'none', queryLibrary: 'none' }) as const;
    const from = (now_: 'none' | 'use', to: 'none' | 'use') =>
      idsOf(
        planOf({
          desired: desired([], [desiredGroup('sales', { access: access(to) })]),
          current: current([], [{ ...group('7', 'sales'), access: access(now_) }]),
          memory: memory([], [managedGroup('7', 'sales')]),
          policy: { ...defaultPolicy, policy: 'upsert-only' },
        }),
      );
    expect(from('use', 'none')).toEqual([]);
    expect(from('none', 'use')).toEqual(['updateGroup:sales']);
  });
});

describe('the fingerprint', () => {
  const whole = planOf(world);

  test.each([
    ['another target', { target: 'https://other.retool.com/api/v2' }],
    ['another configuration', { config: 'other' }],
    ['one operation less', { operations: whole.operations.slice(1) }],
  ])('changes with %s', (_what, change) => {
    const { operations, target, config } = whole;
    expect(fingerprintOf({ operations, target, config, version: 1, ...change })).not.toBe(whole.fingerprint);
  });

  test('is the sha256 of the canonical JSON of operations, target, configuration and version', () => {
    const { operations, target, config } = whole;
    const text = canonicalJson({ operations, target, config, version: 1 });
    expect(whole.fingerprint).toBe(createHash('sha256').update(text).digest('hex'));
  });

  test('survives a way through JSON, whatever the order of keys', () => {
    const back = JSON.parse(JSON.stringify(whole)) as typeof whole;
    expect(fingerprintOf(back)).toBe(whole.fingerprint);
  });
});
