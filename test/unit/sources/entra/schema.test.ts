import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { endpointsFor, EntraOptions } from '../../../../src/sources/entra/schema.ts';
import { app, optionsOf, secret } from './support.ts';

function problemsOf(changes: object): readonly string[] {
  const given = {
    type: 'entra',
    tenantId: app.tenantId,
    auth: { clientSecret: { clientId: 'app', secret } },
    scope: { groups: ['Retool *'] },
    ...changes,
  };
  const { error } = EntraOptions.safeParse(given);
  return (error?.issues ?? []).map(({ path, message }) => [path.join('.'), message].join(': '));
}

describe('EntraOptions', () => {
  test.each([
    [{}],
    [{ tenantId: 'acme.onmicrosoft.com' }],
    [{ auth: { clientCertificate: { clientId: 'app', certificate: secret } } }],
    [{ auth: { workloadIdentity: {} } }],
    [{ auth: { workloadIdentity: { clientId: 'app', tokenFile: './token' } } }],
    [{ auth: { managedIdentity: {} } }],
    [{ auth: { managedIdentity: { clientId: 'app' } } }],
    [{ scope: { groups: ['Retool *', 'id:00-11', 'Exactly This'], nested: true } }],
    [{ scope: { enterpriseApp: '11112222-3333-4444-5555-666677778888' } }],
    [{ scope: { everything: true, nested: true } }],
    [{ cloud: 'usgovdod', guests: 'include' }],
    [{ select: ['extension_0123456789abcdef0123456789abcdef_costCode'] }],
    [{ endpoints: { login: 'http://127.0.0.1:8081', graph: 'http://localhost:8081/' } }],
    [{ endpoints: { graph: 'https://graph.example' } }],
  ])('takes %o', (changes) => {
    expect(problemsOf(changes)).toEqual([]);
  });

  test.each([
    [{ tenantId: 'common' }, 'tenantId: expected one tenant'],
    [{ tenantId: '../v1.0' }, "tenantId: expected the tenant's id or one of its domains"],
    [{ auth: {} }, 'auth: expected exactly one of'],
    [
      { auth: { managedIdentity: {}, workloadIdentity: {} } },
      'auth: expected exactly one of clientSecret, clientCertificate, workloadIdentity, managedIdentity; found workloadIdentity and managedIdentity',
    ],
    [
      { auth: { clientSecret: { clientId: 'app', secret: 'in the open' } } },
      'expected a secret by reference',
    ],
    [{ scope: {} }, 'scope: expected exactly one of groups, enterpriseApp, everything; found none'],
    [{ scope: { groups: ['a'], enterpriseApp: 'b' } }, 'found groups and enterpriseApp'],
    [{ scope: { groups: [] } }, 'scope.groups'],
    [{ scope: { groups: ['id:../users'] } }, 'scope.groups.0: expected an id'],
    [{ scope: { enterpriseApp: "x')/y" } }, 'scope.enterpriseApp: expected an id'],
    [{ scope: { enterpriseApp: 'b', nested: true } }, 'scope.nested: must not be true with enterpriseApp'],
    [{ cloud: 'mars' }, 'cloud'],
    [{ guests: true }, 'guests'],
    [{ select: ['a&$top=1'] }, 'select.0: expected the name of a property'],
    [{ endpoints: { graph: 'http://graph.example' } }, 'endpoints.graph: must start with https://'],
    [
      { endpoints: { login: 'https://login.example/x' } },
      'endpoints.login: must be the address of the server',
    ],
    [{ endpoints: { login: 'https://me:pw@login.example' } }, 'endpoints.login: must not carry a user name'],
    [{ tennantId: 'x' }, 'Unrecognized key'],
  ])('refuses %o', (changes, problem) => {
    expect(problemsOf(changes).join('\n')).toContain(problem);
  });

  test('describes every key, since the JSON schema of the configuration is made from it', () => {
    const { properties = {} } = z.toJSONSchema(EntraOptions, { unrepresentable: 'any', io: 'input' });
    for (const [name, property] of Object.entries(properties)) {
      expect([name, property]).toEqual([name, expect.objectContaining({ description: expect.any(String) })]);
    }
  });
});

test.each([
  [{}, 'https://login.microsoftonline.com', 'https://graph.microsoft.com'],
  [{ cloud: 'usgov' }, 'https://login.microsoftonline.us', 'https://graph.microsoft.us'],
  [{ cloud: 'usgovdod' }, 'https://login.microsoftonline.us', 'https://dod-graph.microsoft.us'],
  [{ cloud: 'china' }, 'https://login.chinacloudapi.cn', 'https://microsoftgraph.chinacloudapi.cn'],
  [
    { cloud: 'usgov', endpoints: { graph: 'https://proxy.example' } },
    'https://login.microsoftonline.us',
    'https://proxy.example',
  ],
])('%o means %s and %s', (changes, login, graph) => {
  const endpoints = endpointsFor(optionsOf({ endpoints: undefined, ...changes }));
  expect([endpoints.login.origin, endpoints.graph.origin]).toEqual([login, graph]);
});
