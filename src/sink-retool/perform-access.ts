import type { OperationOf } from '../model/operation.ts';
import type { Reply } from '../model/sink.ts';
import { attributeName, Unsendable } from './bodies.ts';
import { capabilities } from './capabilities.ts';
import { idOfGroup } from './perform-groups.ts';
import { write, type Performing } from './performing.ts';
import { isGone, replyTo } from './reply.ts';
import { OneAccessRequest } from './schema.ts';

/** Gives access, or changes its level: the API does both with one call. */
export async function grantAccess(
  performing: Performing,
  operation: OperationOf<'grantAccess'>,
): Promise<Reply> {
  const { level } = operation.after;
  const body = { ...subjectAndObject(performing, operation), access_level: level };
  const path = ['permissions', 'grant'];
  return replyTo(await write(performing, { method: 'POST', path, body, repeats: 'idempotent' }));
}

export async function revokeAccess(
  performing: Performing,
  operation: OperationOf<'revokeAccess'>,
): Promise<Reply> {
  const body = subjectAndObject(performing, operation);
  const path = ['permissions', 'revoke'];
  const answer = await write(performing, { method: 'POST', path, body, repeats: 'idempotent' });
  return isGone(answer) ? { state: 'done', id: null } : replyTo(answer);
}

function subjectAndObject({ context }: Performing, operation: OperationOf<'grantAccess' | 'revokeAccess'>) {
  const { group, object } = operation.after;
  return {
    subject: { type: 'group', id: Number(idOfGroup(operation, group, context)) },
    object: { type: object.type, id: object.id },
  };
}

/** A request is answered once, so a repetition of an answer whose reply was lost is refused. */
export async function decideAccessRequest(
  performing: Performing,
  { subject, after }: OperationOf<'decideAccessRequest'>,
): Promise<Reply> {
  const { client, priority, signal } = performing;
  const { id } = subject;
  if (id === null || !capabilities.accessRequestId.value.test(id))
    throw new Unsendable('The access request has no id that can stand in a path.');
  const body = { operations: [{ op: 'replace', path: '/status', value: after.status }] };
  const path = ['access_requests', id];
  const answer = await write(performing, { method: 'PATCH', path, body, repeats: 'idempotent' });
  if (answer.state !== 'refused' || !answer.earlierUnclear) return replyTo(answer);
  // It may be refused since a sending before it was carried out: the request itself is asked.
  const read = await client.call({ method: 'GET', path, repeats: 'read', priority }, signal);
  const held = read.state === 'ok' ? OneAccessRequest.safeParse(read.body) : null;
  if (held?.success === true && held.data.data.status === after.status) return { state: 'done', id: null };
  return replyTo(answer);
}

/** Requests are in camel case, replies in snake case. A name that is taken is refused, so a repetition makes no second one. */
export async function createAttribute(
  performing: Performing,
  { after }: OperationOf<'createAttribute'>,
): Promise<Reply> {
  const { name, label, data_type: dataType } = after;
  const body = { name: attributeName(name), label, dataType, defaultValue: null };
  const path = ['user_attributes'];
  return replyTo(await write(performing, { method: 'POST', path, body, repeats: 'never' }));
}
