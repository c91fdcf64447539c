import { z } from 'zod';
import { isShallow, tooDeep } from '../model/stated.ts';
import { capabilities } from './capabilities.ts';

/**
 * The part of Retool's replies that the bridge reads, and no more: later releases add fields, earlier ones
 * lack some. What a plan rests on must be there and of the right type; the rest may be absent.
 */

const usableUserId = z.string().regex(capabilities.userId.value, 'Invalid user id');

/** Any text, as it is read: an account under an id that no path can carry takes its address all the same. */
const userId = z.string().min(1);

/** Numbers as documented, or the same digits as text. */
const numericId = z
  .union([z.int().nonnegative(), z.string()])
  .transform(String)
  .pipe(z.string().regex(capabilities.groupId.value, 'Invalid numeric id'));

/** A number, or text: it was a text in the first releases. */
const anyNumber = z.union([z.number(), z.string()]).transform(String);

/** Any object, as it was parsed: a record schema would drop a key called `__proto__`, and a later write with it. */
const metadata = z
  .custom<Readonly<Record<string, unknown>>>(isObject, {
    error: 'Invalid input: expected object',
    abort: true,
  })
  .refine((table) => isShallow(table), tooDeep);

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The envelope of every list; only `GET /user_attributes` leaves out the paging fields. */
export const List = z.object({
  data: z.array(z.unknown()),
  total_count: z.number().nullish(),
  next_token: z.string().nullish(),
  has_more: z.boolean().nullish(),
});
export type List = z.infer<typeof List>;

export const User = z.object({
  id: userId,
  /** By this number tokens name their owner. */
  legacy_id: anyNumber.nullish(),
  email: z.string().min(1),
  active: z.boolean(),
  first_name: z.string().nullable(),
  last_name: z.string().nullable(),
  /** Absent before API version 2.5. */
  is_admin: z.boolean().nullish(),
  user_type: z.string().nullish(),
  /** Required: it is replaced as a whole, so metadata that were not stated would be wiped out. */
  metadata,
  last_active: z.string().nullish(),
});
export type User = z.infer<typeof User>;

/** Both may be null; they are equal today, and which of them stays is not settled. */
const groupIds = { id: numericId.nullish(), legacy_id: numericId.nullish() };

/** The id by which the API's routes know a group; null when the reply states none. */
export function groupIdIn(row: z.infer<z.ZodObject<typeof groupIds>>): string | null {
  return row.id ?? row.legacy_id ?? null;
}

/** `members` is required: a group whose members are not stated must not look like one without any. */
export const Group = z.object({
  ...groupIds,
  name: z.string().min(1),
  members: z.array(z.object({ id: userId, is_group_admin: z.boolean().nullish() })),
  universal_app_access: z.string().nullish(),
  universal_resource_access: z.string().nullish(),
  universal_workflow_access: z.string().nullish(),
  universal_query_library_access: z.string().nullish(),
  user_list_access: z.boolean().nullish(),
  audit_log_access: z.boolean().nullish(),
  unpublished_release_access: z.boolean().nullish(),
  usage_analytics_access: z.boolean().nullish(),
  theme_access: z.boolean().nullish(),
  account_details_access: z.boolean().nullish(),
  landing_page_app_id: z.string().nullish(),
  /** Of each invite only its id: the list of invites tells the rest. */
  user_invites: z.array(z.object({ ...groupIds })).nullish(),
});
export type Group = z.infer<typeof Group>;

export const UserInvite = z.object({
  id: numericId,
  invited_email: z.string().min(1),
  claimed_by: z.string().nullish(),
  claimed_at: z.string().nullish(),
  expires_at: z.string().nullish(),
  metadata: metadata.nullish(),
  /** Since 2.12; before, only the list of groups tells which of them an invite is in. */
  groups: z.array(z.object({ ...groupIds })).nullish(),
});
export type UserInvite = z.infer<typeof UserInvite>;

export const UserAttribute = z.object({
  name: z.string().min(1),
  data_type: z.string().nullish(),
  default_value: z.unknown().optional(),
});
export type UserAttribute = z.infer<typeof UserAttribute>;

/** A reply that carries one user. */
export const OneUser = z.object({ data: User });

export const Folder = z.object({
  id: z.string().min(1),
  name: z.string(),
  parent_folder_id: z.string().nullish(),
});
export type Folder = z.infer<typeof Folder>;

export const App = z.object({ id: z.string().min(1), name: z.string() });
export type App = z.infer<typeof App>;

export const Resource = z.object({ id: z.string().min(1), display_name: z.string() });
export type Resource = z.infer<typeof Resource>;

export const ResourceConfiguration = z.object({
  id: z.string().min(1),
  resource: z.object({ display_name: z.string() }),
  environment: z.object({ name: z.string() }),
});
export type ResourceConfiguration = z.infer<typeof ResourceConfiguration>;

export const AccessRequest = z.object({
  id: numericId,
  requesting_email: z.string().min(1),
  status: z.enum(['PENDING', 'APPROVED', 'DENIED']),
});
export type AccessRequest = z.infer<typeof AccessRequest>;

export const OneAccessRequest = z.object({ data: AccessRequest });

/** One direct grant. A level that is none of these would be taken for another, so it is refused. */
export const Grant = z.object({
  type: z.enum(['folder', 'app', 'resource', 'resource_configuration']),
  id: z.string().min(1),
  access_level: z.enum(['use', 'edit', 'own']),
});
export type Grant = z.infer<typeof Grant>;

/** A reply to a creation: nothing of it is needed but the id. */
export const CreatedUser = z.object({ data: z.object({ id: usableUserId }) });
export const CreatedInvite = z.object({ data: z.object({ id: numericId }) });
export const CreatedGroup = z.object({ data: z.object(groupIds) });

/** One row of `GET /access_tokens`: the end of the token, and the account that made it. */
export const AccessToken = z.object({ last4: z.string().length(4), owner_legacy_id: anyNumber });

/** `GET /api/checkHealth`. */
export const Health = z.object({ version: z.string() });

/** The switches of `GET /sso/config` that let logins write accounts and memberships; its secrets stay unread. */
export const SsoConfig = z.object({
  data: z.object({
    /** Required: a reply without it is another object, of which the switches would all seem off. */
    config_type: z.string(),
    jit_enabled: z.boolean().nullish(),
    saml_sync_group_claims: z.boolean().nullish(),
    ldap_sync_group_claims: z.boolean().nullish(),
    roles_mapping: z.string().nullish(),
    ldap_role_mapping: z.string().nullish(),
  }),
});
export type SsoConfig = z.infer<typeof SsoConfig>;
