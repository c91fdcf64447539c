import type { Reply } from '../model/sink.ts';
import { describeAnswer, type Answer } from './answer.ts';
import { write, type Performing } from './performing.ts';
import { replyTo } from './reply.ts';

export interface Member {
  /** The folded address, by which reports name the person. */
  readonly key: string;
  readonly id: string;
  readonly is_group_admin: boolean;
}

/** A member that was not taken, with the reason. */
export interface RefusedMember {
  readonly key: string;
  readonly text: string;
}

type Refused = Extract<Answer, { readonly state: 'refused' }>;

/** Statuses that a smaller batch may mend: one bad member among good ones, or more than is taken at once. */
const batchStatuses: ReadonlySet<number> = new Set([400, 404, 413, 422]);

/** Refusals allowed for every halving that a batch can take: enough to single out eight members. */
const refusalsPerHalving = 8;

/** Adds members to a group in one call, or in as many as the target makes of it. */
export function postMembers(
  performing: Performing,
  group: string,
  members: readonly Member[],
): Promise<Reply> {
  const path = ['groups', group, 'members'];
  return inBatches(members, (batch) => {
    const body = { members: batch.map(({ id, is_group_admin }) => ({ id, is_group_admin })) };
    return write(performing, { method: 'POST', path, body, repeats: 'idempotent' });
  });
}

/**
 * Sends many in one call. The API takes a batch whole or not at all, so a batch that it refuses is halved until
 * whoever it objects to stands alone, and everybody else is in. When the objections do not end, those who were not
 * tried are reported as refused and left to the next run.
 */
export async function inBatches<Item extends { readonly key: string }>(
  items: readonly Item[],
  post: (batch: readonly Item[]) => Promise<Answer>,
): Promise<Reply> {
  const batches: (readonly Item[])[] = [items];
  const refused: RefusedMember[] = [];
  let refusalsLeft = 1 + refusalsPerHalving * Math.ceil(Math.log2(items.length));
  let added = 0;
  let objection: Refused | null = null;
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
    if (objection !== null && (refusalsLeft === 0 || !isMendable(objection))) {
      refused.push(...withReason(batch, `not tried again after ${describeAnswer(objection)}`));
      continue;
    }
    const answer = await post(batch);
    if (answer.state === 'unclear' || isUncertain(answer)) return replyAfter(added, answer);
    if (answer.state === 'ok') {
      added += batch.length;
      continue;
    }
    objection = answer;
    refusalsLeft -= 1;
    const halves = isMendable(answer) ? halvesOf(batch) : [];
    if (halves.length === 0) refused.push(...withReason(batch, describeAnswer(answer)));
    else batches.unshift(...halves);
  }
  if (added === 0 && objection !== null) return replyTo(objection);
  return refused.length === 0 ? { state: 'done', id: null } : { state: 'done', id: null, refused };
}

/** A part that was not even sent is a definite no to itself alone: others may be in by now. */
function replyAfter(added: number, answer: Answer): Reply {
  const reply = replyTo(answer);
  return added > 0 && reply.state === 'refused' ? { state: 'unknown', text: reply.text } : reply;
}

/** Whether fewer members may be taken; a group that is not there concerns them all. */
function isMendable({ status, message }: Refused): boolean {
  return batchStatuses.has(status) && !/^no group\b/i.test(message ?? '');
}

/** A refusal such as 401 or 429 says nothing of the same batch sent before it, whose answer was lost. */
function isUncertain(answer: Answer): boolean {
  return answer.state === 'refused' && answer.earlierUnclear && !isMendable(answer);
}

/** Nothing for a batch of one. */
function halvesOf<Item>(batch: readonly Item[]): readonly (readonly Item[])[] {
  const middle = Math.ceil(batch.length / 2);
  return batch.length < 2 ? [] : [batch.slice(0, middle), batch.slice(middle)];
}

function withReason(batch: readonly { readonly key: string }[], text: string): readonly RefusedMember[] {
  return batch.map(({ key }) => ({ key, text }));
}
