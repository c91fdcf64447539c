import type { GroupRef, OperationOf } from '../model/operation.ts';
import type { Reply } from '../model/sink.ts';
import { groupId, inviteId, newInvite } from './bodies.ts';
import { inBatches } from './members.ts';
import { idOfGroup } from './perform-groups.ts';
import { write, type Performing } from './performing.ts';
import { isGone, replyTo } from './reply.ts';
import { CreatedInvite } from './schema.ts';

/** One call, groups and attributes included. It may mail a person, so it is never repeated without proof. */
export async function inviteUser(
  performing: Performing,
  operation: OperationOf<'inviteUser' | 'reissueInvite'>,
): Promise<Reply> {
  const groups = operation.after.groups.map((group) => idOfDefaultGroup(group, performing));
  const answer = await write(performing, {
    method: 'POST',
    path: ['user_invites'],
    body: newInvite(operation.after, groups),
    repeats: 'never',
  });
  if (answer.state !== 'ok') return replyTo(answer);
  const created = CreatedInvite.safeParse(answer.body);
  if (!created.success) return { state: 'unknown', text: 'The answer to an invitation names no invite.' };
  return { state: 'done', id: created.data.data.id };
}

function idOfDefaultGroup({ key, id }: GroupRef, { context }: Performing): string {
  return groupId(id ?? context.idOf(`createGroup:${key}`));
}

/**
 * The API prolongs no invite: the old one goes, then a new one is made. Once the old one is gone, a refusal is not
 * that nothing was done: whoever reads next sees how it stands.
 */
export async function reissueInvite(
  performing: Performing,
  operation: OperationOf<'reissueInvite'>,
): Promise<Reply> {
  const gone = await deleteInvite(performing, operation.before.id);
  if (gone.state !== 'done') return gone;
  const reply = await inviteUser(performing, operation);
  if (reply.state !== 'refused') return reply;
  return { state: 'unknown', text: `The old invite is gone, and the new one was refused: ${reply.text}` };
}

export function revokeInvite(
  performing: Performing,
  { subject }: OperationOf<'revokeInvite'>,
): Promise<Reply> {
  return deleteInvite(performing, subject.id);
}

async function deleteInvite(performing: Performing, id: string | null): Promise<Reply> {
  const path = ['user_invites', inviteId(id)];
  const answer = await write(performing, { method: 'DELETE', path, repeats: 'idempotent' });
  return isGone(answer) ? { state: 'done', id: null } : replyTo(answer);
}

export async function addInvitesToGroup(
  performing: Performing,
  operation: OperationOf<'addInvitesToGroup'>,
): Promise<Reply> {
  const group = idOfGroup(operation, operation.subject, performing.context);
  for (const { id } of operation.after.invites) inviteId(id);
  const path = ['groups', group, 'user_invites'];
  return inBatches(operation.after.invites, (batch) => {
    const body = { userInviteIds: batch.map(({ id }) => Number(id)) };
    return write(performing, { method: 'POST', path, body, repeats: 'idempotent' });
  });
}

export async function removeInviteFromGroup(
  performing: Performing,
  operation: OperationOf<'removeInviteFromGroup'>,
): Promise<Reply> {
  const { group, invite } = operation.after;
  const path = ['groups', groupId(group.id), 'user_invites', inviteId(invite.id)];
  const answer = await write(performing, { method: 'DELETE', path, repeats: 'idempotent' });
  return isGone(answer) ? { state: 'done', id: null } : replyTo(answer);
}
