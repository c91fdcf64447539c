import { z } from 'zod';
import type { MetadataValue } from './wire.ts';

/**
 * Shapes that several request bodies share. Unknown keys are refused everywhere: the spec says so for
 * users, invites and permissions, and a client has no reason to send any elsewhere.
 */

/** Ids of users, anchored: the spec's pattern for them is not. */
export const userIdPattern = /^user_[a-z0-9]+$/;

const tooShort = 'String must contain at least 1 character(s)';

/** Replies promise 36 characters at most, so a longer name is refused here where it comes in. */
export const personName = z.string().min(1, tooShort).max(36, 'String must contain at most 36 character(s)');

export const userType = z.enum(['default', 'mobile', 'embed']);

/**
 * Free keys are accepted, also those that no user attribute defines: real organisations echo them.
 * Values are plain: strings, numbers, booleans or null. Nested values are refused, because what the
 * API makes of them is not on record and no user attribute needs them.
 */
export const metadata: z.ZodType<Record<string, MetadataValue>> = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null()], {
    error: 'Expected a string, a number, a boolean or null',
  }),
);

/** A user's or an invite's attribute: strings only, whatever the attribute's data type is. */
export const attributeAssignment = z.strictObject({
  name: z.string().min(1, tooShort),
  value: z.string().nullable(),
});

export const groupName = z.string().min(1, tooShort);

export const groupMember = z.strictObject({
  id: z.string().regex(userIdPattern, 'User sid is misformatted'),
  is_group_admin: z.boolean(),
});

const access = z.enum(['none', 'use', 'edit', 'own']);

/** The settings of a group, each of them required. */
export const groupSettings = z.strictObject({
  universal_app_access: access,
  universal_resource_access: access,
  universal_workflow_access: access,
  universal_query_library_access: z.enum(['none', 'use', 'edit']),
  user_list_access: z.boolean(),
  audit_log_access: z.boolean(),
  unpublished_release_access: z.boolean(),
  usage_analytics_access: z.boolean(),
  theme_access: z.boolean(),
  account_details_access: z.boolean(),
  landing_page_app_id: z.uuid().nullable(),
});

/** POST and PUT of a group want whole invite objects, as a reply shows them. */
export const wholeInvite = z.strictObject({
  id: z.int(),
  legacy_id: z.int(),
  invited_by: z.string(),
  invited_email: z.email(),
  expires_at: z.string(),
  claimed_by: z.string().nullable(),
  claimed_at: z.string().nullable(),
  user_type: z.enum(['default', 'mobile', 'external']).nullable(),
  metadata: metadata.nullable(),
  created_at: z.string(),
  invite_link: z.url().optional(),
  groups: z.array(z.strictObject({ legacy_id: z.int(), id: z.int(), name: z.string() })).optional(),
});
