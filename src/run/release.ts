import { personalEntry } from '../model/audit.ts';
import { heldOperations } from '../model/held.ts';
import type { Plan } from '../model/plan.ts';
import { digestOf } from '../runtime/digest.ts';
import type { ReconcileParts, RunRequest } from './parts.ts';

/** How long a held plan may be approved, and an approval stands. */
export const approvalLastsMs = 24 * 3_600_000;

/** What of a plan may go. */
export interface Release {
  /** Ids of the operations that wait for an approval. */
  readonly held: ReadonlySet<string>;
  /** The approval under which an operation goes that would wait without it, by the operation's id. */
  readonly approvals: ReadonlyMap<string, string>;
  /** What was approved: the plan's fingerprint, or the key of its held operations; null when nothing was. */
  readonly approved: string | null;
  /** The key by which what waits can be approved; null when nothing waits, or a plan file is how it is approved. */
  readonly key: string | null;
}

const nothingHeld = { held: new Set<string>(), key: null };

/**
 * What the guard holds back, less what was approved: by its fingerprint with `apply`, or by an earlier
 * approval that covers every held operation. `apply` does all of a plan or nothing; other runs do what is
 * not held, and store what is, so that it can be approved.
 */
export function releaseOf(parts: ReconcileParts, request: RunRequest, plan: Plan): Release {
  const waiting = heldOperations(plan.operations, plan.violations);
  const approvedBy = (key: string): ReadonlyMap<string, string> =>
    new Map([...waiting].map((id) => [id, key]));
  if (request.kind === 'apply' && request.approve === plan.fingerprint) {
    if (waiting.size > 0) noteApproval(parts, request, plan);
    return { ...nothingHeld, approvals: approvedBy(plan.fingerprint), approved: plan.fingerprint };
  }
  if (waiting.size === 0) return { ...nothingHeld, approvals: new Map(), approved: null };
  const held = plan.operations.filter(({ id }) => waiting.has(id));
  const digests = new Map(held.map((operation) => [operation.id, digestOf(operation)]));
  const covering = parts.store
    .approvals(parts.clock.now())
    .find(({ operations }) => [...digests.values()].every((digest) => operations.has(digest)));
  if (covering !== undefined)
    return { ...nothingHeld, approvals: approvedBy(covering.key), approved: covering.key };
  const approvals = new Map<string, string>();
  if (request.kind === 'apply')
    return { held: new Set(plan.operations.map(({ id }) => id)), approvals, approved: null, key: null };
  // The approval key: the same as long as the same operations are held.
  const key = digestOf(held);
  parts.store.saveHeld({ key, plan, held: digests }, parts.clock.now());
  return { held: waiting, approvals, approved: null, key };
}

/** What was approved with `apply` is on record before anything of it is sent. */
function noteApproval(
  { store, clock }: ReconcileParts,
  { by }: Extract<RunRequest, { kind: 'apply' }>,
  { fingerprint }: Plan,
): void {
  store.audit(personalEntry('approval', { digest: fingerprint, by: by ?? null }), clock.now());
}
