import { expect, test } from 'vitest';
import { config, scim, serveRetool, workplace } from './support.ts';

/** An organisation on the Business plan, whose API has invites and user attributes only. */
async function onBusiness() {
  const retool = await serveRetool({}, { plan: 'business' });
  const place = await workplace();
  await place.write('people.json', scim([{ id: 'ann', groups: ['retool-sales'] }]));
  await place.write('bridge.yaml', config({ target: retool.url }));
  return { ...place, retool };
}

test('check says what the plan hides and what is left', async () => {
  const { json, retool } = await onBusiness();
  const { code, body } = await json('check', '--json');
  expect(code).toBe(1);
  expect(body['results']).toContainEqual(
    expect.objectContaining({
      subject: 'retool: plan',
      verdict: 'warning',
      text: expect.stringMatching(
        /does not include users and groups, only user_attributes and user_invites\./,
      ),
      docs: 'docs/check.md#plan',
    }),
  );
  expect(retool.writes()).toBe(0);
});

test('a run that needs accounts takes what is hidden for no reason to create anybody', async () => {
  const { json, retool } = await onBusiness();
  for (const command of [['plan'], ['sync'], ['backfill']]) {
    const { code, body } = await json(...command, '--json');
    expect([code, body['code']]).toEqual([1, 'targetUnauthorized']);
    expect(body['message']).toContain('does not include users and groups');
  }
  expect(retool.writes()).toBe(0);
});
