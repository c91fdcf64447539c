import type { JsonObject } from '../model/json.ts';
import type { OperationOf } from '../model/operation.ts';
import type { Reply } from '../model/sink.ts';
import { attributeName, inviteId, mergedMetadata, newUser, Unsendable, userId, userPatch } from './bodies.ts';
import { capabilities } from './capabilities.ts';
import { toTable } from './convert.ts';
import { write, type Performing } from './performing.ts';
import { isGone, replyTo, replyToFailedRead } from './reply.ts';
import { CreatedUser, OneUser, type User } from './schema.ts';

/** One call, attributes included. A second account is worse than a late one, so it is never repeated. */
export async function createUser(
  performing: Performing,
  operation: OperationOf<'createUser'>,
): Promise<Reply> {
  const answer = await write(performing, {
    method: 'POST',
    path: ['users'],
    body: newUser(operation.after),
    repeats: 'never',
  });
  if (answer.state !== 'ok') return replyTo(answer);
  const created = CreatedUser.safeParse(answer.body);
  if (!created.success) return { state: 'unknown', text: 'The answer to a creation names no account.' };
  return { state: 'done', id: created.data.data.id };
}

/** Names, type, status and attributes in one call. */
export async function updateUser(
  performing: Performing,
  operation: OperationOf<'updateUser' | 'reactivateUser'>,
): Promise<Reply> {
  const id = userId(operation.subject.id);
  const { metadata: own = {}, ...fields } = operation.after;
  let metadata: JsonObject | null = null;
  if (Object.keys(own).length > 0) {
    const current = await currentMetadata(performing, id);
    if (current.state === 'failed') return current.reply;
    metadata = mergedMetadata(current.metadata, own);
  }
  const body = userPatch(fields, metadata);
  return replyTo(
    await write(performing, { method: 'PATCH', path: ['users', id], body, repeats: 'idempotent' }),
  );
}

type CurrentMetadata =
  | { readonly state: 'ok'; readonly metadata: Readonly<Record<string, unknown>> }
  | { readonly state: 'failed'; readonly reply: Reply };

/**
 * What the account's metadata is merged into. Only whole objects are known to be replaceable, and others
 * write keys of their own into it, so an old value is read again first.
 */
async function currentMetadata(performing: Performing, id: string): Promise<CurrentMetadata> {
  const known = performing.context.metadataOf(id);
  if (known !== null) return { state: 'ok', metadata: known };
  const read = await readAccount(performing, id);
  return read.state === 'failed' ? read : { state: 'ok', metadata: toTable(read.account.metadata) };
}

type AccountRead =
  | { readonly state: 'ok'; readonly account: User }
  | { readonly state: 'failed'; readonly reply: Reply };

async function readAccount({ client, priority, signal }: Performing, id: string): Promise<AccountRead> {
  const answer = await client.call({ method: 'GET', path: ['users', id], repeats: 'read', priority }, signal);
  if (answer.state !== 'ok') return { state: 'failed', reply: replyToFailedRead(answer) };
  const read = OneUser.safeParse(answer.body);
  if (read.success && read.data.data.id === id) return { state: 'ok', account: read.data.data };
  const text = 'The account could not be read again before it is written.';
  return { state: 'failed', reply: { state: 'refused', code: 'refused', text, fatal: false } };
}

/**
 * DELETE disables: the account, its address and its memberships stay. It is refused for an account that is
 * disabled already; the refusal carries no code and its words are not on record, so the account itself is asked.
 */
export async function deactivateUser(
  performing: Performing,
  operation: OperationOf<'deactivateUser'>,
): Promise<Reply> {
  const id = userId(operation.subject.id);
  const answer = await write(performing, { method: 'DELETE', path: ['users', id], repeats: 'idempotent' });
  if (isGone(answer)) return { state: 'done', id: null };
  if (answer.state === 'refused' && answer.status === capabilities.statusForAlreadyDisabled.value) {
    const read = await readAccount(performing, id);
    if (read.state === 'ok' && !read.account.active) return { state: 'done', id: null };
  }
  return replyTo(answer);
}

/**
 * One call for each attribute; stops at the first that is not written, and says how far it came. What was
 * written in part is neither done nor refused: only a read can tell how the account stands.
 */
export async function writeAttributes(
  performing: Performing,
  operation: OperationOf<'setAttributes' | 'clearAttributes'>,
): Promise<Reply> {
  const { subject } = operation;
  const holder =
    subject.type === 'invite' ? ['user_invites', inviteId(subject.id)] : ['users', userId(subject.id)];
  const attributes = Object.entries(operation.after.metadata ?? {});
  if (attributes.length === 0) throw new Unsendable('The operation names no attribute.');
  for (const [name] of attributes) attributeName(name);
  for (const [index, [name, value]] of attributes.entries()) {
    const reply = await (value === null
      ? clearAttribute(performing, holder, name)
      : setAttribute(performing, holder, name, value));
    if (reply.state === 'done') continue;
    const text = `${name}: ${reply.text} (${index} of ${attributes.length} attributes were written)`;
    return index === 0 ? { ...reply, text } : { state: 'unknown', text };
  }
  return { state: 'done', id: null };
}

/** `holder`: the path of the account or invite. */
async function setAttribute(
  performing: Performing,
  holder: readonly string[],
  name: string,
  value: string,
): Promise<Reply> {
  const path = [...holder, 'user_attributes'];
  return replyTo(
    await write(performing, { method: 'POST', path, body: { name, value }, repeats: 'idempotent' }),
  );
}

async function clearAttribute(
  performing: Performing,
  holder: readonly string[],
  name: string,
): Promise<Reply> {
  const path = [...holder, 'user_attributes', name];
  const answer = await write(performing, { method: 'DELETE', path, repeats: 'idempotent' });
  return isGone(answer) ? { state: 'done', id: null } : replyTo(answer);
}
