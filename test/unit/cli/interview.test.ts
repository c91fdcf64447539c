import { expect, test } from 'vitest';
import { interview } from '../../../src/cli/interview.ts';
import { createPrompts, type Prompts } from '../../../src/cli/prompts.ts';
import { usualAnswers } from '../../../src/run/init.ts';

/** A person who gives these answers, one after the other, and Enter from then on. */
function person(...answers: readonly string[]) {
  const left = [...answers];
  const asked: string[] = [];
  const said: string[] = [];
  const prompts: Prompts = createPrompts(
    async (question) => {
      asked.push(question);
      return left.shift() ?? '';
    },
    (text) => void said.push(text),
  );
  return { prompts, asked, said };
}

test('Enter gives what stands in brackets', async () => {
  const { prompts, asked } = person();
  expect(await interview(prompts)).toEqual(usualAnswers);
  expect(asked[0]).toContain('[okta]: ');
  expect(asked.join('')).not.toContain('CSV file');
});

test('each source is asked for what it needs, and for no secret', async () => {
  const { prompts, asked } = person(
    'entra, file',
    'tenant-1',
    'client-1',
    'MY_SECRET',
    'Retool *, Ops ?',
    './people.json',
    'https://x.retool.com',
    'MY_TOKEN',
  );
  expect(await interview(prompts)).toEqual({
    ...usualAnswers,
    sources: ['entra', 'file'],
    entra: { tenantId: 'tenant-1', clientId: 'client-1', secret: 'MY_SECRET', groups: ['Retool *', 'Ops ?'] },
    file: { path: './people.json' },
    retool: { baseUrl: 'https://x.retool.com', token: 'MY_TOKEN' },
  });
  expect(asked).toHaveLength(8);
});

test('a directory and a Google account are asked for what they need', async () => {
  const { prompts, said } = person(
    'google, ldap',
    'boss@acme.com',
    './key.json',
    'Retool *',
    'https://dc',
    'ldaps://dc',
    'cn=bridge',
    'BIND_PASSWORD',
    'dc=acme',
  );
  expect(await interview(prompts)).toMatchObject({
    sources: ['google', 'ldap'],
    google: { subject: 'boss@acme.com', key: './key.json', groups: ['Retool *'] },
    ldap: { url: 'ldaps://dc', bindDn: 'cn=bridge', password: 'BIND_PASSWORD', base: 'dc=acme' },
  });
  expect(said).toContain('  an address begins with ldaps:// or ldap://\n');
});

test('an answer that will not do is asked for again, with what is wrong', async () => {
  const { prompts, said } = person('otka', 'okta', 'acme', 'https://acme.okta.com', '00secret!', 'OKTA');
  const { okta } = await interview(prompts);
  expect(okta).toMatchObject({ orgUrl: 'https://acme.okta.com', token: 'OKTA' });
  expect(said.slice(1)).toEqual([
    '  unknown source: otka (did you mean "okta"?); choose from okta, entra, google, ldap, file\n',
    '  an address begins with https://\n',
    '  a name of letters, digits and "_"; the secret itself is not asked for\n',
  ]);
});

test('what has no usual answer needs one', async () => {
  const { prompts, said } = person('entra', '', 't', 'c');
  expect((await interview(prompts)).entra).toMatchObject({ tenantId: 't', clientId: 'c' });
  expect(said).toContain('  an answer is needed\n');
});

test.each([
  [['y'], 'no', true],
  [['No'], 'yes', false],
  [[''], 'yes', true],
  [['perhaps', 'n'], 'yes', false],
] as const)('yes or no: %j with %s as usual', async (answers, usual, expected) => {
  expect(await person(...answers).prompts.confirm('Sure', usual)).toBe(expected);
});
