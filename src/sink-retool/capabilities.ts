import type { CallCosts, Extras } from '../model/sink.ts';
import { provedByAnswer, type Operation } from '../model/operation.ts';
import { changedBy } from './changed.ts';

/** One thing the API does, allows or refuses, where that is known from, and as of when. */
interface Known<Value> {
  readonly value: Value;
  readonly from: string;
  /** ISO 8601 date. */
  readonly asOf: string;
}

function known<const Value>(value: Value, from: string, asOf: string): Known<Value> {
  return { value, from, asOf };
}

const spec = 'Retool REST API v2, OpenAPI document 2.12.0';
const specDate = '2026-02-11';
const provider = "Retool's own Terraform provider";
const connector = "ConductorOne's connector for the same API";

/** What the bridge relies on, in one place, so that a new release of Retool is checked against one list. */
export const capabilities = {
  /** Longest first or last name. Replies promise it; what a request with more gets is not on record. */
  nameLength: known(36, `${spec}: first_name and last_name of a user`, specDate),

  /** What PATCH /users/{id} may replace. The address is not among them: it cannot be changed at all. */
  patchableUserPaths: known(
    ['first_name', 'last_name', 'active', 'user_type', 'metadata'],
    `${provider}: its resource for users`,
    specDate,
  ),

  /** What the bridge replaces with PATCH /groups/{id}; the document does not list the paths. */
  patchableGroupPaths: known(
    [
      'name',
      'universal_app_access',
      'universal_resource_access',
      'universal_workflow_access',
      'universal_query_library_access',
      'user_list_access',
      'audit_log_access',
      'unpublished_release_access',
      'usage_analytics_access',
      'theme_access',
      'account_details_access',
      'landing_page_app_id',
    ],
    `${spec}: top-level fields of a group`,
    specDate,
  ),

  /** Groups that every organisation has and that nobody can create or rename. */
  builtInGroups: known(
    ['admin', 'editor', 'viewer', 'All Users'],
    "Retool's own command-line tool leaves out exactly these",
    specDate,
  ),

  /** Being in this group is what makes an account an admin; there is no other way to write it. */
  adminGroup: known('admin', 'replies recorded in the tests of the Terraform provider', specDate),

  /** Most rows of a page. Without `limit` the API answers with all of them at once. */
  pageLimit: known(100, `${spec}: parameter limit`, specDate),

  /** Wider than the documented `user_[a-z0-9]+`, and still unable to leave its place in a path. */
  userId: known(/^[A-Za-z0-9_-]{1,128}$/, `${spec}: parameter userId`, specDate),
  groupId: known(/^\d{1,19}$/, `${spec}: parameter groupId`, specDate),

  inviteId: known(/^\d{1,19}$/, `${spec}: parameter userInviteId`, specDate),
  accessRequestId: known(/^\d{1,19}$/, `${spec}: parameter accessRequestId`, specDate),

  /** Documented as lower case; older definitions are not, and letter case is harmless in a path. */
  attributeName: known(/^[A-Za-z0-9_-]{1,255}$/, `${spec}: name of a user attribute`, specDate),

  /** Creating an account whose address is known, disabled accounts included, is refused with this status. */
  statusForKnownAddress: known(409, `${provider} and ${connector}`, specDate),

  /** Disabling an account that is disabled is refused with this status. */
  statusForAlreadyDisabled: known(422, connector, specDate),

  /** Words of the refusal when the organisation's plan does not include a route; its status varies. */
  planGate: known(/not available on your plan/i, 'posts in the Retool community forum', specDate),

  /** Major and minor number of the oldest release whose API the Terraform provider accepts. */
  oldestRelease: known([3, 75], provider, specDate),

  /** With which release the bridge's features came. */
  featuresSince: known(
    {
      attributes: [3, 20],
      invites: [3, 28],
      grants: [3, 47],
      attributeDefinitions: [3, 128],
    },
    `${spec}: remarks at the routes`,
    specDate,
  ),
} as const;

/** How many requests things take when nothing has to be repeated. */
export const callCosts: CallCosts = {
  // Users, groups with their members, user attributes, invites: each list comes whole.
  read: 4,
  extra: extraCalls,
  verify(operations: readonly Operation[]): number {
    const shown = operations.filter(({ kind }) => !provedByAnswer.has(kind));
    if (shown.every(({ kind }) => kind === 'adopt' || kind === 'release')) return 0;
    // Users and groups.
    return 2 + (changedBy(shown).invites ? 1 : 0);
  },
  costOf(operation: Operation): number {
    switch (operation.kind) {
      case 'adopt':
      case 'release':
        return 0;
      case 'setAttributes':
      case 'clearAttributes':
        return Object.keys(operation.after.metadata ?? {}).length;
      case 'reissueInvite':
        return 2;
      case 'createUser':
      case 'updateUser':
      case 'deactivateUser':
      case 'reactivateUser':
      case 'createGroup':
      case 'updateGroup':
      case 'deleteGroup':
      case 'addMembers':
      case 'removeMember':
      case 'setGroupAdmin':
      case 'inviteUser':
      case 'revokeInvite':
      case 'addInvitesToGroup':
      case 'removeInviteFromGroup':
      case 'createAttribute':
      case 'grantAccess':
      case 'revokeAccess':
      case 'decideAccessRequest':
        return 1;
    }
  },
};

/** One call for each list, and for each pair of a group and a kind of object. */
function extraCalls({ catalogues, grants, accessRequests }: Extras): number {
  const pairs = [...grants.values()].reduce((sum, types) => sum + types.size, 0);
  return catalogues.size + pairs + (accessRequests === 'none' ? 0 : 1);
}
