import { describe, expect, test } from 'vitest';
import type { Reply } from '../../../src/model/sink.ts';
import { disabling, joining, member, onGroup, onUser } from './operations.ts';
import { context, json, never, refusal, scripted, type Sent, type Script } from './scripted.ts';

function idsIn({ body }: Sent): readonly string[] {
  return (body as { readonly members: readonly { readonly id: string }[] }).members.map(({ id }) => id);
}

/** A target that takes a batch whole or not at all. */
function taking(refuse: (ids: readonly string[], calls: number) => Response | null): {
  readonly script: Script;
  readonly members: Set<string>;
} {
  const members = new Set<string>();
  return {
    members,
    script: (_route, calls, sent) => {
      const no = refuse(idsIn(sent), calls);
      if (no !== null) return no;
      for (const id of idsIn(sent)) members.add(id);
      return json({ success: true, data: { id: 12 } });
    },
  };
}

async function add(count: number, script: Script): Promise<{ reply: Reply; calls: number }> {
  const target = scripted(script);
  const members = Array.from({ length: count }, (_, index) => member(`user_${index}`));
  const reply = await target.sink.perform(onGroup('addMembers', '12', joining(members)), context(), never);
  return { reply, calls: target.sent.length };
}

const unknownUser = (id: string): Response => refusal(404, `No user '${id}' found for organization`);

describe('a batch of members', () => {
  test.each([2, 3, 10, 100, 1_000])(
    'of %i with one bad among them names it and takes the others',
    async (count) => {
      const bad = `user_${count - 2}`;
      const { script, members } = taking((ids) => (ids.includes(bad) ? unknownUser(bad) : null));
      const { reply, calls } = await add(count, script);
      expect(reply).toEqual({
        state: 'done',
        id: null,
        refused: [{ key: `${bad}@acme.test`, text: `HTTP 404: No user '${bad}' found for organization` }],
      });
      expect(members.size).toBe(count - 1);
      expect(calls - 1).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(count)) + 1);
    },
  );

  test('larger than the target takes at once goes in parts', async () => {
    const { script, members } = taking((ids) => (ids.length > 100 ? refusal(413, 'too large') : null));
    const { reply } = await add(5_000, script);
    expect(reply).toEqual({ state: 'done', id: null });
    expect(members.size).toBe(5_000);
  });

  test('of nothing but bad members is refused without hundreds of calls', async () => {
    const { script } = taking(() => refusal(400, 'no'));
    const { reply, calls } = await add(1_000, script);
    expect(reply).toEqual({ state: 'refused', code: 'invalid', text: 'HTTP 400: no', fatal: false });
    expect(calls).toBeLessThanOrEqual(81);
  });

  test('for a group that is gone is not halved', async () => {
    const { script } = taking(() => refusal(404, "No group '12' found for organization"));
    const { reply, calls } = await add(100, script);
    expect(reply).toMatchObject({ state: 'refused', code: 'notFound' });
    expect(calls).toBe(1);
  });

  test('refused with 401 is not halved, and ends the run', async () => {
    const { script } = taking(() => refusal(401, 'Authentication failure'));
    const { reply, calls } = await add(100, script);
    expect(reply).toMatchObject({ state: 'refused', code: 'unauthorized', fatal: true });
    expect(calls).toBe(1);
  });

  test('whose half gets no answer is unknown as a whole', async () => {
    const { script } = taking((ids, calls) => {
      if (calls === 0) return unknownUser('user_0');
      return ids.includes('user_0') ? refusal(503, 'busy') : null;
    });
    expect((await add(4, script)).reply.state).toBe('unknown');
  });

  test('of which a part went before the token was refused says who went', async () => {
    const { script, members } = taking((ids, calls) => {
      if (ids.length > 2) return refusal(400, 'too many');
      return calls > 1 ? refusal(401, 'Authentication failure') : null;
    });
    const { reply } = await add(4, script);
    const refused = reply.state === 'done' ? reply.refused?.map(({ key }) => key) : null;
    expect(refused).toEqual(['user_2@acme.test', 'user_3@acme.test']);
    expect([...members]).toEqual(['user_0', 'user_1']);
  });

  test('whose half is refused after a sending without an answer is unknown, since that half may be in', async () => {
    const { script } = taking((ids, calls) => {
      if (ids.length > 2) return refusal(400, 'too many');
      if (!ids.includes('user_2')) return null;
      return calls === 2 ? refusal(503, 'busy') : refusal(401, 'Authentication failure');
    });
    expect((await add(4, script)).reply.state).toBe('unknown');
  });
});

test('a batch of which one half is in and the other was never sent is in an unknown state, not refused', async () => {
  const halves = [
    refusal(400, 'one of them is bad'),
    json({ success: true, data: { id: 12 } }),
    json({ success: false }, 429, { 'retry-after': '120' }),
  ];
  const target = scripted((route, calls) => {
    if (route.startsWith('POST')) return halves[calls] ?? json({ success: true, data: { id: 12 } });
    return route.startsWith('DELETE') ? new Promise(() => {}) : refusal(503, 'down');
  });
  const adding = target.sink.perform(
    onGroup('addMembers', '12', joining([member('user_1'), member('user_2')])),
    context(),
    never,
  );
  // Five that hang and are given up while the second half waits to be sent again.
  const hanging = Array.from({ length: 5 }, (_, index) =>
    target.sink.perform(onUser('deactivateUser', `user_${index}`, disabling), context(), never),
  );
  expect(await adding).toEqual({ state: 'unknown', text: 'no usable answer for 10 minutes, not sent' });
  expect(target.routes().filter((route) => route.startsWith('POST'))).toHaveLength(3);
  await Promise.all(hanging);
});
