import type { Plan } from '../model/plan.ts';

/** What a plan does to one group as a whole. */
export interface GroupTally {
  readonly name: string;
  /** People who are put in and taken out. */
  readonly added: number;
  readonly removed: number;
  /** Members whose group admin right changes. */
  readonly admins: number;
  /** What happens to the group itself. */
  readonly change: 'created' | 'updated' | 'deleted' | null;
}

/** Every group that gets or loses members or is itself changed, in plan order. */
export function groupTallies(plan: Plan): readonly GroupTally[] {
  const tallies = new Map<string, GroupTally>();
  for (const operation of plan.operations) {
    switch (operation.kind) {
      case 'addMembers':
        tally(tallies, operation.subject.key, { added: operation.after.members.length });
        break;
      case 'removeMember':
        tally(tallies, operation.before.group.key, { removed: 1 });
        break;
      case 'addInvitesToGroup':
        tally(tallies, operation.subject.key, { added: operation.after.invites.length });
        break;
      case 'removeInviteFromGroup':
        tally(tallies, operation.before.group.key, { removed: 1 });
        break;
      case 'inviteUser':
        for (const { key } of operation.after.groups) tally(tallies, key, { added: 1 });
        break;
      case 'deleteGroup':
        tally(tallies, operation.subject.key, {
          removed: operation.before.members.length,
          change: 'deleted',
        });
        break;
      case 'setGroupAdmin':
        tally(tallies, operation.after.group.key, { admins: 1 });
        break;
      case 'createGroup':
        tally(tallies, operation.subject.key, { change: 'created' });
        break;
      case 'updateGroup':
        tally(tallies, operation.subject.key, { change: 'updated' });
        break;
      default:
        break;
    }
  }
  return [...tallies.values()];
}

function tally(tallies: Map<string, GroupTally>, name: string, more: Partial<GroupTally>): void {
  const known = tallies.get(name) ?? { name, added: 0, removed: 0, admins: 0, change: null };
  tallies.set(name, {
    name,
    added: known.added + (more.added ?? 0),
    removed: known.removed + (more.removed ?? 0),
    admins: known.admins + (more.admins ?? 0),
    change: more.change ?? known.change,
  });
}
