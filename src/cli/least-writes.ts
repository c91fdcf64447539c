/** What a Retool organisation holds, as a stand-in tells it; the part that counting needs. */
export interface HeldBefore {
  readonly users: readonly {
    readonly id: string;
    readonly active: boolean;
    readonly first_name: string | null;
    readonly last_name: string | null;
    readonly user_type: string;
    readonly metadata: object;
  }[];
  readonly groups: readonly {
    readonly id: number;
    readonly name: string;
    readonly memberIds: readonly string[];
    readonly universal_app_access: string;
    readonly universal_resource_access: string;
    readonly universal_workflow_access: string;
    readonly universal_query_library_access: string;
  }[];
}

/** The group everybody is in by itself. */
const everybody = 'All Users';

/**
 * The fewest safe writes that lead from one state to the other: one per account or group made or changed,
 * one per group that gains members, one per membership taken away.
 */
export function leastWrites(before: HeldBefore, after: HeldBefore): number {
  const usersBefore = new Map(before.users.map((user) => [user.id, fieldsOf(user)]));
  const groupsBefore = new Map(before.groups.map((group) => [group.id, group]));
  const changedUsers = after.users.filter((user) => usersBefore.get(user.id) !== fieldsOf(user));
  const ofGroups = after.groups
    .filter((group) => group.name !== everybody)
    .map((group) => writesOf(groupsBefore.get(group.id), group));
  return ofGroups.reduce((sum, writes) => sum + writes, changedUsers.length);
}

type HeldUser = HeldBefore['users'][number];
type HeldGroup = HeldBefore['groups'][number];

function fieldsOf({ active, first_name, last_name, user_type, metadata }: HeldUser): string {
  return JSON.stringify([active, first_name, last_name, user_type, metadata]);
}

function writesOf(before: HeldGroup | undefined, after: HeldGroup): number {
  const earlier = new Set(before?.memberIds);
  const members = new Set(after.memberIds);
  const settings = before === undefined || settingsOf(before) !== settingsOf(after) ? 1 : 0;
  const additions = [...members].some((id) => !earlier.has(id)) ? 1 : 0;
  const removals = [...earlier].filter((id) => !members.has(id)).length;
  return settings + additions + removals;
}

function settingsOf(group: HeldGroup): string {
  return JSON.stringify([
    group.name,
    group.universal_app_access,
    group.universal_resource_access,
    group.universal_workflow_access,
    group.universal_query_library_access,
  ]);
}
