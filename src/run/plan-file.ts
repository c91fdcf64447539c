import { z } from 'zod';
import { BridgeError, messageOf } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { isShallow, tooDeep } from '../model/stated.ts';

const Text = z.string();
const Key = z.looseObject({ source: Text, externalId: Text });
const Reason = z.looseObject({
  code: Text,
  rule: Text.nullable(),
  source: Text.nullable(),
  externalId: Text.nullable(),
  text: Text,
});
const Subject = z.looseObject({
  type: z.enum(['user', 'group', 'membership', 'invite', 'attribute', 'grant', 'accessRequest']),
  key: Text,
  id: Text.nullable(),
});
const Values = z.record(Text, Text.nullable());
const Fields = z.looseObject({
  first_name: Text.nullable().optional(),
  last_name: Text.nullable().optional(),
  user_type: z.enum(['default', 'mobile', 'embed']).nullable().optional(),
  active: z.boolean().optional(),
  metadata: Values.optional(),
});
const Change = Fields.extend({ sources: z.record(Text, Text) });
const GroupSettings = z.looseObject({
  name: Text.optional(),
  landing_page_app_id: Text.nullable().optional(),
});
const GroupRef = z.looseObject({ key: Text, id: Text.nullable() });
const UserRef = z.looseObject({ key: Text, id: Text });
const Membership = z.looseObject({ member: z.boolean(), group: GroupRef, user: UserRef });
const Admin = Membership.extend({ is_group_admin: z.boolean() });
const AdoptedValues = z.record(Text, z.looseObject({ value: Text, source: Text }));
const ObjectKind = z.enum(['folder', 'app', 'resource', 'resource_configuration']);
const Granted = z.looseObject({ type: ObjectKind, id: Text, name: Text });
const Level = z.enum(['use', 'edit', 'own']);
const GrantChange = z.looseObject({ group: GroupRef, object: Granted, level: Level.nullable() });
const InviteRef = z.looseObject({ key: Text, id: Text });
const InviteMembership = z.looseObject({ member: z.boolean(), group: GroupRef, invite: InviteRef });
const Invite = z.looseObject({
  email: Text,
  groups: z.array(GroupRef.extend({ reason: Reason })),
  metadata: z.record(Text, Text),
  links: z.array(Key),
  sources: z.record(Text, Text),
  reissues: z.number(),
});
const Adopted = z.union([
  z.looseObject({
    links: z.array(Key),
    attributes: AdoptedValues,
    active: z.boolean(),
    claims: Text.exactOptional(),
  }),
  z.looseObject({ links: z.array(Key), attributes: AdoptedValues, groups: z.array(GroupRef) }),
  z.looseObject({ group: GroupRef, object: Granted, level: Level }),
  z.looseObject({ member: z.literal(true), group: GroupRef, user: UserRef }),
  z.looseObject({ name: Text, fedBy: z.array(Key) }),
]);
const Created = z.looseObject({
  email: Text,
  first_name: Text,
  last_name: Text,
  user_type: z.enum(['default', 'mobile', 'embed']).nullable(),
  metadata: z.record(Text, Text),
  links: z.array(Key),
  sources: z.record(Text, Text),
  replaces: UserRef.exactOptional(),
});
const NewMember = z.looseObject({
  key: Text,
  id: Text.nullable(),
  is_group_admin: z.boolean(),
  waitsFor: Text.nullable(),
  reason: Reason,
});

const operationOf = <Kind extends string, Before extends z.ZodType, After extends z.ZodType>(
  kind: Kind,
  before: Before,
  after: After,
) =>
  z.looseObject({
    id: Text,
    kind: z.literal(kind),
    subject: Subject,
    before,
    after,
    reason: Reason,
    dependsOn: z.array(Text),
  });

const Operation = z.discriminatedUnion('kind', [
  operationOf('adopt', z.looseObject({ id: Text, managed: z.boolean() }), Adopted),
  operationOf('release', Adopted, z.looseObject({ managed: z.literal(true) }).nullable()),
  operationOf('createUser', z.null(), Created),
  operationOf('updateUser', Fields, Change),
  operationOf(
    'deactivateUser',
    z.looseObject({ active: z.literal(true) }),
    z.looseObject({ active: z.literal(false) }),
  ),
  operationOf(
    'reactivateUser',
    Fields.extend({ active: z.literal(false) }),
    Change.extend({ active: z.literal(true) }),
  ),
  operationOf('setAttributes', Fields, Change),
  operationOf('clearAttributes', Fields, Change),
  operationOf('createGroup', z.null(), GroupSettings.extend({ name: Text, fedBy: z.array(Key) })),
  operationOf('updateGroup', GroupSettings, GroupSettings),
  operationOf(
    'addMembers',
    z.looseObject({ members: z.array(Text) }),
    z.looseObject({ members: z.array(NewMember) }),
  ),
  operationOf('removeMember', Membership, Membership),
  operationOf('setGroupAdmin', Admin, Admin),
  operationOf('inviteUser', z.null(), Invite),
  operationOf('reissueInvite', InviteRef, Invite),
  operationOf(
    'revokeInvite',
    z.looseObject({ pending: z.literal(true) }),
    z.looseObject({ pending: z.literal(false) }),
  ),
  operationOf(
    'addInvitesToGroup',
    z.looseObject({ invites: z.array(Text) }),
    z.looseObject({ invites: z.array(InviteRef.extend({ reason: Reason })) }),
  ),
  operationOf('removeInviteFromGroup', InviteMembership, InviteMembership),
  operationOf('createAttribute', z.null(), z.looseObject({ name: Text, label: Text, data_type: Text })),
  operationOf('deleteGroup', z.looseObject({ name: Text, members: z.array(Text) }), z.null()),
  operationOf('grantAccess', GrantChange, GrantChange.extend({ level: Level })),
  operationOf('revokeAccess', GrantChange.extend({ level: Level }), GrantChange.extend({ level: z.null() })),
  operationOf(
    'decideAccessRequest',
    z.looseObject({ status: z.literal('PENDING') }),
    z.looseObject({ status: z.enum(['APPROVED', 'DENIED']) }),
  ),
]);

const Remark = z.looseObject({
  subject: z.looseObject({ type: Text, key: Text, id: Text.nullable() }),
  code: Text,
  text: Text,
});

const SavedPlan = z.looseObject({
  format: z.literal('retool-bridge/plan'),
  version: z.literal(1),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  only: Text.exactOptional(),
  target: Text,
  config: Text,
  summary: z.record(Text, z.number()),
  forecast: z.looseObject({
    calls: z.number(),
    reads: z.number().default(0),
    minutes: z.number(),
    seats: z
      .looseObject({ before: z.number(), after: z.number(), limit: z.number().nullable() })
      .nullable()
      .default(null),
    mails: z.number().default(0),
  }),
  operations: z.array(Operation),
  skips: z.array(Remark),
  conflicts: z.array(Remark.extend({ candidates: z.array(Text) })),
  violations: z.array(
    z.looseObject({
      class: Text,
      limit: z.number(),
      actual: z.number(),
      operations: z.array(Text),
      holds: z.enum(['plan', 'operations']).default('plan'),
      text: Text,
    }),
  ),
  notices: z.array(z.looseObject({ code: Text, text: Text })).default([]),
  incomplete: z.array(Text).default([]),
  reads: z
    .array(z.looseObject({ source: Text, users: z.number(), groups: z.number(), partial: z.array(Text) }))
    .default([]),
});

/**
 * Reads a plan back from its JSON. Throws `planUnreadable` for anything that is not a whole plan of
 * this version; whether it was edited is for its fingerprint to say.
 */
export function parsePlan(text: string, name: string): Plan {
  const remedy = 'Give the file that `retool-bridge plan --out FILE` wrote.';
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new BridgeError('planUnreadable', `${name} is not JSON: ${messageOf(error)}`, {
      remedy,
      cause: error,
    });
  }
  if (!isShallow(raw))
    throw new BridgeError('planUnreadable', `${name} is no plan: ${tooDeep.error}`, { remedy });
  const parsed = SavedPlan.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new BridgeError(
      'planUnreadable',
      `${name} is no plan of this version: ${issue === undefined ? 'unreadable' : `${issue.path.join('.') || 'the document'}: ${issue.message}`}`,
      { remedy },
    );
  }
  return parsed.data as unknown as Plan;
}
