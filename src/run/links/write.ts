import { personalEntry } from '../../model/audit.ts';
import { keyText, type SourceKey } from '../../model/desired-state.ts';
import type { Subject } from '../../model/operation.ts';
import type { Fact } from '../../model/store.ts';
import { digestOf } from '../../runtime/digest.ts';
import type { ReconcileParts } from '../parts.ts';
import { refuseDamaged } from '../whole.ts';

/** One decision about links, with everything it makes true. */
export interface Decision {
  readonly event: 'link' | 'unlink';
  /** The account or group, with its Retool id. */
  readonly subject: Subject & { readonly id: string };
  readonly keys: readonly SourceKey[];
  readonly facts: readonly Fact[];
  /** The operating system's user. */
  readonly by: string;
}

/**
 * Writes a decision as what it is: an adoption or a release that a person ordered, without a plan. The caller holds
 * the run lock.
 */
export function writeDecision({ store, clock, newRunId }: ReconcileParts, decision: Decision): void {
  const { event, subject, keys, facts, by } = decision;
  const kind = event === 'link' ? 'adopt' : 'release';
  const at = clock.now();
  store.settle(
    newRunId(),
    {
      operation: `${kind}:${subject.key}`,
      kind,
      subject,
      state: 'applied',
      code: event === 'link' ? 'linked' : 'unlinked',
      text: 'ordered by hand',
      items: [],
    },
    facts,
    at,
    personalEntry(event, {
      digest: digestOf(keys.map(keyText)),
      group: subject.type === 'group' ? subject.id : null,
      accounts: subject.type === 'user' ? [subject.id] : [],
      source: keys[0]?.source ?? null,
      names: new Map([[subject.id, subject.key]]),
      by,
    }),
  );
}

/** Does something under the run lock, with a state that is whole. Throws `stateLocked` when a run holds it. */
export async function underLock<T>(parts: ReconcileParts, work: () => Promise<T>): Promise<T> {
  const lock = parts.store.lock();
  try {
    refuseDamaged(parts);
    return await work();
  } finally {
    lock.release();
  }
}
