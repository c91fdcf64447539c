import { pageOf, readPageRequest } from './page.ts';
import { listed, listedWhole, Refusal, single, type Reply } from './reply.ts';
import type { ApiCall, Route } from './route.ts';

/** Lists of what an organisation has besides people and groups. They are only read here. */

function listFolders(call: ApiCall): Reply {
  return listedWhole(call.org.catalogue.folders);
}

function listApps(call: ApiCall): Reply {
  return listedWhole(call.org.catalogue.apps);
}

function listResources(call: ApiCall): Reply {
  return listPaged(call, call.org.catalogue.resources);
}

function listResourceConfigurations(call: ApiCall): Reply {
  return listPaged(call, call.org.catalogue.resourceConfigurations);
}

function listPaged(call: ApiCall, items: readonly { readonly id: string }[]): Reply {
  const page = readPageRequest(call.query);
  const sorted = items.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return listed(pageOf(sorted, (item) => item.id, page));
}

function listSpaces(call: ApiCall): Reply {
  return listedWhole(call.org.catalogue.spaces);
}

function listAccessTokens(call: ApiCall): Reply {
  return listedWhole(call.org.catalogue.accessTokens);
}

/** 404 also stands for a configuration made by environment variables, which the API never shows. */
function getSsoConfig(call: ApiCall): Reply {
  if (call.org.ssoConfig === null) throw new Refusal(404, 'No SSO configuration found for organization');
  return single(call.org.ssoConfig);
}

const paging = ['limit', 'next_token'] as const;

export const catalogueRoutes: readonly Route[] = [
  { method: 'GET', path: '/folders', plan: 'enterprise', handle: listFolders },
  { method: 'GET', path: '/apps', plan: 'enterprise', handle: listApps },
  { method: 'GET', path: '/resources', plan: 'enterprise', query: paging, handle: listResources },
  {
    method: 'GET',
    path: '/resource_configurations',
    plan: 'enterprise',
    query: paging,
    handle: listResourceConfigurations,
  },
  { method: 'GET', path: '/spaces', plan: 'enterprise', handle: listSpaces },
  { method: 'GET', path: '/sso/config', plan: 'enterprise', handle: getSsoConfig },
  { method: 'GET', path: '/access_tokens', plan: 'enterprise', handle: listAccessTokens },
];
