import type { ReconcileParts } from './parts.ts';

/**
 * Throws `stateUnreadable` when a row that a plan rests on is not as it was written. Opening the state has looked at
 * its structure; this reads what is in it, before anything is sent, where a run would meet some of it only later.
 */
export function refuseDamaged({ store, clock }: Pick<ReconcileParts, 'store' | 'clock'>): void {
  store.memory(0);
  store.openIntents();
  store.unrecordedRun();
  store.grace();
  store.drifts(0);
  store.approvals(clock.now());
}
