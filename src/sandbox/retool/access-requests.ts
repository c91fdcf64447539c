import { z } from 'zod';
import { timestamp } from './identifiers.ts';
import { replacements } from './json-patch.ts';
import { nextNumber, type Organization } from './organization.ts';
import { numericKey, pageOf, readPageRequest } from './page.ts';
import { listed, Refusal, single, type Reply } from './reply.ts';
import { readBody } from './request.ts';
import { parameter, type ApiCall, type Route } from './route.ts';
import type { AccessRequestStatus, ApiAccessRequest } from './wire.ts';

const statuses: readonly string[] = ['PENDING', 'APPROVED', 'DENIED'] satisfies AccessRequestStatus[];

const decision = z.strictObject({ operations: replacements });
const decided = z.enum(['APPROVED', 'DENIED']);

function listAccessRequests(call: ApiCall): Reply {
  const page = readPageRequest(call.query);
  const status = call.query.get('status');
  if (status !== undefined && !statuses.includes(status)) {
    throw new Refusal(400, 'Query parameter status must be PENDING, APPROVED or DENIED');
  }
  const requests = [...call.org.accessRequests.values()];
  const wanted = requests.filter((request) => status === undefined || request.status === status);
  return listed(pageOf(wanted, (request) => numericKey(request.id), page));
}

function getAccessRequest(call: ApiCall): Reply {
  return single(accessRequestOf(call));
}

/** Only `/status` can be replaced, and only once. What an approval gives the person is left to Retool. */
function decideAccessRequest(call: ApiCall): Reply {
  const { org, now } = call;
  const request = accessRequestOf(call);
  const { operations } = readBody(decision, call.body);
  let status: AccessRequestStatus = request.status;
  for (const { path, value } of operations) {
    if (path !== '/status') throw new Refusal(400, `Path ${path} cannot be changed`);
    const parsed = decided.safeParse(value);
    if (!parsed.success) throw new Refusal(422, 'The status of an access request becomes APPROVED or DENIED');
    status = parsed.data;
  }
  if (request.status !== 'PENDING')
    throw new Refusal(422, `Access request '${request.id}' is ${request.status}`);
  const updated = { ...request, status, updated_by_id: org.tokenOwnerId, updated_at: timestamp(now) };
  org.accessRequests.set(request.id, updated);
  return single(updated);
}

function accessRequestOf(call: ApiCall): ApiAccessRequest {
  const id = Number(parameter(call, 'accessRequestId'));
  const request = call.org.accessRequests.get(id);
  if (request === undefined) throw new Refusal(404, `No access request '${id}' found for organization`);
  return request;
}

/** Somebody without an account asks to be let in. */
export function addAccessRequest(
  org: Organization,
  fields: { readonly id?: number; readonly email: string; readonly status?: AccessRequestStatus },
  now: number,
): ApiAccessRequest {
  const id = fields.id ?? nextNumber(org, 'accessRequest');
  org.sequences.accessRequest = Math.max(org.sequences.accessRequest, id);
  const request: ApiAccessRequest = {
    id,
    status: fields.status ?? 'PENDING',
    legacy_id: id,
    requesting_email: fields.email,
    updated_by_id: null,
    created_at: timestamp(now),
    updated_at: timestamp(now),
  };
  org.accessRequests.set(id, request);
  return request;
}

export const accessRequestRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/access_requests',
    plan: 'enterprise',
    query: ['status', 'limit', 'next_token'],
    handle: listAccessRequests,
  },
  { method: 'GET', path: '/access_requests/:accessRequestId', plan: 'enterprise', handle: getAccessRequest },
  {
    method: 'PATCH',
    path: '/access_requests/:accessRequestId',
    plan: 'enterprise',
    body: 'json',
    handle: decideAccessRequest,
  },
];
