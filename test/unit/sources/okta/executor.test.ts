import { describe, expect, test } from 'vitest';
import type { Fetch } from '../../../../src/model/ports.ts';
import { createExecutor, StatusFailure } from '../../../../src/sources/okta/executor.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { errorOf, orgUrl } from './support.ts';

function executorOver(response: () => Response) {
  const sent: string[] = [];
  const fetch: Fetch = async (input, init) => {
    sent.push(`${init?.method} ${String(input)}`);
    return response();
  };
  const executor = createExecutor(new URL(orgUrl), {
    fetch,
    clock: createVirtualClock(),
    scopes: ['okta.users.read'],
  });
  const ask = (url: string, method = 'get') =>
    executor.fetch({ url, method, headers: { authorization: 'SSWS secret' } });
  return { executor, ask, sent };
}

const json = (status: number, body: string, headers: Record<string, string> = {}): Response =>
  new Response(body, { status, headers: { 'content-type': 'application/json', ...headers } });

test.each([
  'https://evil.example/api/v1/users',
  'https://acme.okta.example:8443/api/v1/users',
  'http://acme.okta.example/api/v1/users',
  'https://evil.example/oauth2/v1/token',
])('nothing is sent to %s, whoever asks for it', async (url) => {
  const { ask, sent } = executorOver(() => json(200, '[]'));
  expect(await errorOf(ask(url))).toMatchObject({ code: 'sourceInvalid' });
  expect(sent).toEqual([]);
});

test('a JSON reply is handed over as the SDK expects it', async () => {
  const { ask, sent } = executorOver(() => json(200, '[{"id":"00u1"}]', { link: '<x>; rel="self"' }));
  const reply = await ask(`${orgUrl}/api/v1/users`);
  expect([reply.status, reply.url, reply.headers.get('link')]).toEqual([
    200,
    `${orgUrl}/api/v1/users`,
    '<x>; rel="self"',
  ]);
  expect([await reply.text(), await reply.json()]).toEqual(['[{"id":"00u1"}]', [{ id: '00u1' }]]);
  expect(sent).toEqual([`GET ${orgUrl}/api/v1/users`]);
});

test.each(['application/json', 'application/json;charset=UTF-8', 'Application/JSON', 'application/hal+json'])(
  'the content type %s is JSON',
  async (type) => {
    const { ask } = executorOver(() => json(200, '[]', { 'content-type': type }));
    expect((await ask(`${orgUrl}/api/v1/users`)).status).toBe(200);
  },
);

test.each(['application/jsonp', 'text/json', 'text/html; x=application/json', 'application/javascript'])(
  'the content type %s is not',
  async (type) => {
    const { ask } = executorOver(() => json(200, '[]', { 'content-type': type }));
    expect(await errorOf(ask(`${orgUrl}/api/v1/users`))).toMatchObject({ code: 'sourceInvalid' });
  },
);

describe('a reply that says no', () => {
  const failureOf = async (response: Response): Promise<StatusFailure> => {
    const error = await errorOf(executorOver(() => response).ask(`${orgUrl}/api/v1/users`));
    expect(error).toBeInstanceOf(StatusFailure);
    return error as StatusFailure;
  };

  test('has Okta’s own words in its message, and its status where the SDK looks for it', async () => {
    const failure = await failureOf(
      json(401, '{"errorCode":"E0000011","errorSummary":"Invalid token provided"}'),
    );
    expect(failure.message).toBe('Answered 401, E0000011: Invalid token provided');
    expect([failure.status, failure.errorCode()]).toEqual([401, 'E0000011']);
  });

  test('that is no JSON is told by its status alone', async () => {
    const failure = await failureOf(new Response('<html>', { status: 502 }));
    expect([failure.message, failure.errorCode()]).toEqual(['Answered 502', null]);
  });

  test('of endless length is cut', async () => {
    const failure = await failureOf(json(500, JSON.stringify({ errorSummary: 'x'.repeat(10_000) })));
    expect(failure.message.length).toBeLessThan(400);
  });

  test.each([
    [
      'Bearer realm="r", scope="okta.groups.read", error="insufficient_scope", resource="/x"',
      'okta.groups.read',
    ],
    ['Bearer error="insufficient_scope"', 'a scope that Okta does not name'],
    ['DPoP error="insufficient_scope", scope="a.b c.d"', 'a.b c.d'],
    ['Bearer error="invalid_token", scope="okta.users.read"', null],
    ['', null],
  ])('names the scope that is missing: %s', async (challenge, scope) => {
    const failure = await failureOf(
      new Response(null, { status: 403, headers: { 'www-authenticate': challenge } }),
    );
    expect(failure.missingScope).toBe(scope);
  });
});
