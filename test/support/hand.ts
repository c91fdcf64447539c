import { z } from 'zod';
import type { RetoolSandbox } from '../../src/sandbox/index.ts';

/** What somebody does in Retool's own pages, by address and by group name. */
export const Hand = z.union([
  z.strictObject({ disable: z.string() }),
  z.strictObject({ enable: z.string() }),
  z.strictObject({
    set: z.string(),
    firstName: z.string().optional(),
    metadata: z.record(z.string(), z.string()).optional(),
  }),
  z.strictObject({ addMember: z.string(), group: z.string() }),
  z.strictObject({ removeMember: z.string(), group: z.string() }),
  z.strictObject({ renameGroup: z.string(), to: z.string() }),
  z.strictObject({ deleteGroup: z.string() }),
]);
export type Hand = z.infer<typeof Hand>;

export function changeByHand(retool: RetoolSandbox, change: Hand): void {
  const { users, groups } = retool.state();
  const userId = (email: string): string => users.find((user) => user.email === email)?.id ?? email;
  const groupId = (name: string): number => groups.find((group) => group.name === name)?.id ?? -1;
  const { hand } = retool;
  if ('disable' in change) hand.updateUser(userId(change.disable), { active: false });
  else if ('enable' in change) hand.updateUser(userId(change.enable), { active: true });
  else if ('set' in change)
    hand.updateUser(userId(change.set), {
      ...(change.firstName === undefined ? {} : { firstName: change.firstName }),
      ...(change.metadata === undefined ? {} : { metadata: change.metadata }),
    });
  else if ('addMember' in change) hand.addMember(groupId(change.group), userId(change.addMember));
  else if ('removeMember' in change) hand.removeMember(groupId(change.group), userId(change.removeMember));
  else if ('renameGroup' in change) hand.renameGroup(groupId(change.renameGroup), change.to);
  else hand.deleteGroup(groupId(change.deleteGroup));
}
