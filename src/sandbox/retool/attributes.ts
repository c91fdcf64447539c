import { z } from 'zod';
import { uuidFrom } from './identifiers.ts';
import { applyPatch, readPatched, replacements } from './json-patch.ts';
import {
  attributeByName,
  deleteAttribute,
  nextNumber,
  putAttribute,
  putInvite,
  putUser,
  type Organization,
} from './organization.ts';
import { noContent, Refusal, single, type Reply } from './reply.ts';
import { readBody, readFlag } from './request.ts';
import { inviteOf, parameter, userOf, type ApiCall, type Route } from './route.ts';
import { attributeAssignment } from './schemas.ts';
import { withKey, withoutKey } from './table.ts';
import { shownMetadata } from './views.ts';
import type { ApiUserAttribute } from './wire.ts';

const attributeName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[a-z0-9_]+$/, 'Only lower-case letters, digits and underscores are allowed');
const label = z.string().min(2, 'String must contain at least 2 character(s)');
const dataType = z.enum(['string', 'number', 'json']);

/** Requests are in camel case, replies in snake case. */
const newAttribute = z.strictObject({
  name: attributeName,
  label,
  dataType,
  defaultValue: z.string().nullable(),
});

const attributePatch = z.strictObject({ operations: replacements, update_existing: z.boolean().optional() });

/** The paths are those of the object in replies. The name is what values are kept under, so it stays. */
const patchableFields = new Map([
  ['label', 'value'],
  ['data_type', 'value'],
  ['default_value', 'value'],
  ['intercom_attribute_name', 'value'],
] as const);

const patchedAttribute = z.strictObject({
  label,
  data_type: dataType,
  default_value: z.string().nullable(),
  intercom_attribute_name: attributeName.nullable(),
});

/** The one list without paging fields in its envelope. */
function listAttributes(call: ApiCall): Reply {
  return single([...call.org.attributes.values()]);
}

function createAttribute(call: ApiCall): Reply {
  const body = readBody(newAttribute, call.body);
  if (attributeByName(call.org, body.name) !== undefined) {
    throw new Refusal(409, `A user attribute with the name ${body.name} already exists.`);
  }
  return single(addAttribute(call.org, body));
}

/** Adds a definition; its name must be free. */
export function addAttribute(org: Organization, body: z.infer<typeof newAttribute>): ApiUserAttribute {
  const attribute: ApiUserAttribute = {
    id: uuidFrom(`user attribute ${nextNumber(org, 'attribute')}`),
    name: body.name,
    label: body.label,
    data_type: body.dataType,
    default_value: body.defaultValue,
    intercom_attribute_name: null,
  };
  putAttribute(org, attribute);
  return attribute;
}

function patchAttribute(call: ApiCall): Reply {
  const { org } = call;
  const { id, name, ...document } = attributeOf(call);
  const body = readBody(attributePatch, call.body);
  const patched = readPatched(patchedAttribute, applyPatch(document, body.operations, patchableFields));
  if (body.update_existing !== true) keepShownDefault(org, name, document.default_value);
  const attribute = { id, name, ...patched };
  putAttribute(org, attribute);
  return single(attribute);
}

function removeAttribute(call: ApiCall): Reply {
  const { org } = call;
  const attribute = attributeOf(call);
  const updateUsers = readFlag(call.query, 'update_existing_users');
  if (updateUsers) forgetValues(org, attribute.name);
  else keepShownDefault(org, attribute.name, attribute.default_value);
  deleteAttribute(org, attribute);
  return noContent();
}

/** Before a default changes or goes: accounts that showed the old one keep it as a value of their own. */
export function keepShownDefault(org: Organization, name: string, before: string | null): void {
  if (before === null) return;
  for (const user of org.users.values()) {
    if (Object.hasOwn(user.metadata, name)) continue;
    putUser(org, { ...user, metadata: withKey(user.metadata, name, before) });
  }
}

function forgetValues(org: Organization, name: string): void {
  for (const user of org.users.values()) {
    if (!Object.hasOwn(user.metadata, name)) continue;
    putUser(org, { ...user, metadata: withoutKey(user.metadata, name) });
  }
}

function attributeOf(call: ApiCall): ApiUserAttribute {
  const attributeId = parameter(call, 'attributeId');
  const attribute = call.org.attributes.get(attributeId);
  if (attribute === undefined)
    throw new Refusal(404, `No user attribute '${attributeId}' found for organization`);
  return attribute;
}

function setOnUser(call: ApiCall): Reply {
  const user = userOf(call);
  const { name, value } = readAssignment(call);
  const updated = { ...user, metadata: withKey(user.metadata, name, value) };
  putUser(call.org, updated);
  return single({ metadata: shownMetadata(call.org, updated) });
}

/** An attribute never leaves an account while it is defined: without a value it shows the default. */
function removeFromUser(call: ApiCall): Reply {
  const user = userOf(call);
  const updated = { ...user, metadata: withoutKey(user.metadata, definedName(call)) };
  putUser(call.org, updated);
  return single({ metadata: shownMetadata(call.org, updated) });
}

function setOnInvite(call: ApiCall): Reply {
  const invite = inviteOf(call);
  const { name, value } = readAssignment(call);
  const metadata = withKey(invite.metadata, name, value);
  putInvite(call.org, { ...invite, metadata });
  return single({ metadata });
}

function removeFromInvite(call: ApiCall): Reply {
  const invite = inviteOf(call);
  const metadata = withoutKey(invite.metadata, definedName(call));
  putInvite(call.org, { ...invite, metadata });
  return single({ metadata });
}

function readAssignment(call: ApiCall): z.infer<typeof attributeAssignment> {
  const assignment = readBody(attributeAssignment, call.body);
  if (attributeByName(call.org, assignment.name) !== undefined) return assignment;
  throw new Refusal(400, `User attribute with name "${assignment.name}" does not exist`);
}

function definedName(call: ApiCall): string {
  const name = parameter(call, 'attributeName');
  if (attributeByName(call.org, name) !== undefined) return name;
  throw new Refusal(404, `No user attribute '${name}' found for organization`);
}

export const attributeRoutes: readonly Route[] = [
  { method: 'GET', path: '/user_attributes', plan: 'business', handle: listAttributes },
  { method: 'POST', path: '/user_attributes', plan: 'business', body: 'json', handle: createAttribute },
  {
    method: 'PATCH',
    path: '/user_attributes/:attributeId',
    plan: 'business',
    body: 'json',
    handle: patchAttribute,
  },
  {
    method: 'DELETE',
    path: '/user_attributes/:attributeId',
    plan: 'business',
    query: ['update_existing_users'],
    handle: removeAttribute,
  },
  {
    method: 'POST',
    path: '/users/:userId/user_attributes',
    plan: 'business',
    body: 'json',
    handle: setOnUser,
  },
  {
    method: 'DELETE',
    path: '/users/:userId/user_attributes/:attributeName',
    plan: 'business',
    handle: removeFromUser,
  },
  {
    method: 'POST',
    path: '/user_invites/:userInviteId/user_attributes',
    plan: 'business',
    body: 'json',
    handle: setOnInvite,
  },
  {
    method: 'DELETE',
    path: '/user_invites/:userInviteId/user_attributes/:attributeName',
    plan: 'business',
    handle: removeFromInvite,
  },
];
