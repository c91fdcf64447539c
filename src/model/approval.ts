import type { Plan } from './plan.ts';

/** A plan that a run held back, stored so that it can be approved by its key. */
export interface HeldPlan {
  /** The approval key: the same as long as the same operations are held. */
  readonly key: string;
  readonly plan: Plan;
  /** Canonical hash of each held operation, by its id. */
  readonly held: ReadonlyMap<string, string>;
  /** When these operations were held first and last, epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Somebody's word that these operations may go although the guard holds them: once each, until it expires. */
export interface Approval {
  /** The key of the held plan that was approved. */
  readonly key: string;
  /** Canonical hashes of the approved operations that were not applied yet. */
  readonly operations: ReadonlySet<string>;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly expiresAt: number;
  /** The name of the operating system's user. */
  readonly by: string;
}

/** Why nothing is written at present. */
export interface Pause {
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly by: string;
}

/** What waits for somebody's word, and what that was. Needs no run lock: people decide while a run goes on. */
export interface ApprovalMemory {
  /** Stores a held plan under its key; one that is held again keeps the time it was held first. */
  saveHeld(held: Omit<HeldPlan, 'firstAt' | 'lastAt'>, at: number): void;
  /** Newest first. */
  heldPlans(): readonly HeldPlan[];
  /** Records an approval and its audit record; one of the same key is replaced. */
  approve(approval: Approval): void;
  /** Those that still stand at `now` and have operations left. */
  approvals(now: number): readonly Approval[];
  /** Stops every writer at its next call; recorded in the audit chain, as is its end. */
  pause(pause: Pause): void;
  resume(at: number, by: string): void;
  paused(): Pause | null;
}
