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
  }[];
}

/** The group everybody is in by itself. */
const everybody = 'All Users';

/**
 * The fewest safe writes that lead from one state to the other: one per account made, changed or
 * disabled, one per group made, one per group that gains members, one per membership taken away.
 */
export function leastWrites(before: HeldBefore, after: HeldBefore): number {
  const usersBefore = new Map(
    before.users.map((user) => [
      user.id,
      JSON.stringify([user.active, user.first_name, user.last_name, user.user_type, user.metadata]),
    ]),
  );
  const groupsBefore = new Map(before.groups.map((group) => [group.id, new Set(group.memberIds)]));
  let writes = 0;
  for (const user of after.users) {
    if (
      usersBefore.get(user.id) !==
      JSON.stringify([user.active, user.first_name, user.last_name, user.user_type, user.metadata])
    )
      writes += 1;
  }
  for (const group of after.groups) {
    if (group.name === everybody) continue;
    const earlier = groupsBefore.get(group.id);
    const members = new Set(group.memberIds);
    if (earlier === undefined) writes += 1;
    if ([...members].some((id) => earlier?.has(id) !== true)) writes += 1;
    for (const id of earlier ?? []) if (!members.has(id)) writes += 1;
  }
  return writes;
}
