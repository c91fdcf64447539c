import type { GroupRef, OperationOf } from '../model/operation.ts';
import type { PerformContext, Reply } from '../model/sink.ts';
import { groupId, groupPatch, isUserId, newGroup, Unsendable, userId } from './bodies.ts';
import { postMembers, type Member, type RefusedMember } from './members.ts';
import { write, type Performing } from './performing.ts';
import { isGone, replyTo } from './reply.ts';
import { CreatedGroup, groupIdIn } from './schema.ts';

export async function createGroup(
  performing: Performing,
  operation: OperationOf<'createGroup'>,
): Promise<Reply> {
  const body = newGroup(operation.after);
  const answer = await write(performing, { method: 'POST', path: ['groups'], body, repeats: 'never' });
  if (answer.state !== 'ok') return replyTo(answer);
  const created = CreatedGroup.safeParse(answer.body);
  const id = created.success ? groupIdIn(created.data.data) : null;
  if (id === null) return { state: 'unknown', text: 'The answer to a creation names no group.' };
  return { state: 'done', id };
}

export async function updateGroup(
  performing: Performing,
  operation: OperationOf<'updateGroup'>,
): Promise<Reply> {
  const path = ['groups', groupId(operation.subject.id)];
  const body = groupPatch(operation.after);
  return replyTo(await write(performing, { method: 'PATCH', path, body, repeats: 'idempotent' }));
}

/** Built-in groups are never asked for; the API would refuse them as well. */
export async function deleteGroup(
  performing: Performing,
  { subject }: OperationOf<'deleteGroup'>,
): Promise<Reply> {
  const path = ['groups', groupId(subject.id)];
  const answer = await write(performing, { method: 'DELETE', path, repeats: 'idempotent' });
  return isGone(answer) ? { state: 'done', id: null } : replyTo(answer);
}

/** A member without a usable id stays out, and keeps nobody else out. */
export async function addMembers(
  performing: Performing,
  operation: OperationOf<'addMembers'>,
): Promise<Reply> {
  const { context } = performing;
  const group = idOfGroup(operation, operation.subject, context);
  const members: Member[] = [];
  const unusable: RefusedMember[] = [];
  for (const { key, id, waitsFor, is_group_admin } of operation.after.members) {
    const known = id ?? (waitsFor === null ? null : context.idOf(waitsFor));
    if (isUserId(known)) members.push({ key, id: known, is_group_admin });
    else unusable.push({ key, text: 'The account has no id that can be sent.' });
  }
  if (members.length === 0) throw new Unsendable('The operation names no member that can be sent.');
  const reply = await postMembers(performing, group, members);
  if (reply.state !== 'done' || unusable.length === 0) return reply;
  return { ...reply, refused: [...unusable, ...(reply.refused ?? [])] };
}

export async function removeMember(
  performing: Performing,
  operation: OperationOf<'removeMember'>,
): Promise<Reply> {
  const { group, user } = operation.after;
  const path = ['groups', idOfGroup(operation, group, performing.context), 'members', userId(user.id)];
  const answer = await write(performing, { method: 'DELETE', path, repeats: 'idempotent' });
  return isGone(answer) ? { state: 'done', id: null } : replyTo(answer);
}

/** Adding a member again changes nothing but the flag. */
export async function setGroupAdmin(
  performing: Performing,
  operation: OperationOf<'setGroupAdmin'>,
): Promise<Reply> {
  const { group, user, is_group_admin } = operation.after;
  const id = idOfGroup(operation, group, performing.context);
  return postMembers(performing, id, [{ key: user.key, id: userId(user.id), is_group_admin }]);
}

/** A group made in this run has its id from the operation that made it, which the others depend on. */
export function idOfGroup(
  { dependsOn }: { readonly dependsOn: readonly string[] },
  { id }: Pick<GroupRef, 'id'>,
  context: PerformContext,
): string {
  if (id !== null) return groupId(id);
  const creation = dependsOn.find((operation) => operation.startsWith('createGroup:'));
  return groupId(creation === undefined ? null : context.idOf(creation));
}
