import type { ReconcileParts } from './parts.ts';

/** Removes from the state what is older than the configuration keeps. */
export function prune({ store, clock, logger, retention }: ReconcileParts): void {
  if (retention === undefined) return;
  const { reportsMs, peopleMs, auditMs } = retention;
  if (reportsMs === null && peopleMs === null && auditMs === null) return;
  const now = clock.now();
  const before = (keptMs: number | null): number | null => (keptMs === null ? null : now - keptMs);
  const pruned = store.prune({ runs: before(reportsMs), people: before(peopleMs), audit: before(auditMs) });
  logger.info(pruned, 'removed what is older than the retention');
}
