import {
  allVisible,
  type CurrentGroup,
  type CurrentInvite,
  type CurrentState,
} from '../../model/current-state.ts';
import type { Group } from '../../model/group.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { statedJson } from '../../model/stated.ts';
import type { User } from '../../model/user.ts';
import { Damage } from './errors.ts';

/*
 * A read as JSON in lines: its frame first, which says how many lines follow, then one resource a line. Line by
 * line it takes the memory of one resource, where one text would take several times the memory of the read.
 */

/** The lines of a snapshot. */
export function* linesOfSnapshot({ users, groups, ...rest }: Snapshot): Generator<string> {
  const partialGroups = [...rest.completeness.partialGroups];
  yield JSON.stringify({
    ...rest,
    completeness: { ...rest.completeness, partialGroups },
    lines: [users.length, groups.length],
  });
  for (const user of users) yield JSON.stringify(user);
  for (const group of groups) yield JSON.stringify(group);
}

/** The lines of what the target held. */
export function* linesOfCurrent({ users, groups, ...rest }: CurrentState): Generator<string> {
  const invites = rest.invites.map((invite) => ({ ...invite, groups: [...invite.groups] }));
  const grants = rest.grants === undefined ? {} : { grants: [...rest.grants] };
  yield JSON.stringify({ ...rest, invites, ...grants, lines: [users.length, groups.length] });
  for (const user of users) yield JSON.stringify(user);
  for (const group of groups) yield JSON.stringify({ ...group, members: [...group.members] });
}

/** The snapshot that these lines were written from. Throws {@link Damage} when some are missing. */
export function snapshotOf(lines: Iterable<string>): Snapshot {
  const { frame, users, groups } = parse<User, Group>(lines);
  const rows = { users: users.map(bareExtra), groups: groups.map(bareExtra) };
  const snapshot = { ...frame, ...rows } as unknown as Snapshot;
  const partialGroups = new Map(snapshot.completeness.partialGroups);
  return { ...snapshot, completeness: { ...snapshot.completeness, partialGroups } };
}

/** A provider's own attributes have no prototype, as when they were read: rules may ask for any name. */
function bareExtra<Row extends Pick<User, 'extra'>>(row: Row): Row {
  return { ...row, extra: statedJson(row.extra) };
}

/** What the target held, from the lines it was written as. Throws {@link Damage} when some are missing. */
export function currentOf(lines: Iterable<string>): CurrentState {
  const { frame, users, groups } = parse<CurrentState['users'][number], PackedGroup>(lines);
  const unpacked = groups.map((group): CurrentGroup => ({ ...group, members: new Map(group.members) }));
  // States written before anything could be hidden do not say that all was visible.
  const current = { visible: allVisible, ...frame, users, groups: unpacked } as unknown as CurrentState;
  return {
    ...current,
    invites: current.invites.map(unpackedInvite),
    ...(current.grants === undefined ? {} : { grants: new Map(current.grants) }),
  };
}

/** Reads of earlier versions say nothing of an invite's groups and attributes. */
function unpackedInvite(invite: CurrentInvite): CurrentInvite {
  const { groups = [], metadata = {}, claimedBy = null } = invite as Partial<CurrentInvite>;
  return { ...invite, claimedBy, groups: new Set(groups), metadata };
}

type PackedGroup = Omit<CurrentGroup, 'members'> & {
  readonly members: readonly (readonly [string, { readonly groupAdmin: boolean }])[];
};

function parse<Person, Team>(lines: Iterable<string>) {
  const rest: unknown[] = [];
  let first: (Record<string, unknown> & { readonly lines: readonly [number, number] }) | null = null;
  for (const line of lines) {
    if (first === null) first = JSON.parse(line);
    else rest.push(JSON.parse(line));
  }
  if (first === null || first.lines[0] + first.lines[1] !== rest.length)
    throw new Damage('a part of the last reads is missing');
  const { lines: counts, ...frame } = first;
  // The checksum of the compressed parts says that these are the bytes that were written.
  return { frame, users: rest.slice(0, counts[0]) as Person[], groups: rest.slice(counts[0]) as Team[] };
}
