import type { Conflict, SourceKey } from './desired-state.ts';
import type { Operation } from './operation.ts';

/** A link, with what it leads to by name and whether the last read still shows the source's side. */
export interface LinkRow extends SourceKey {
  readonly type: 'user' | 'group' | 'invite';
  readonly targetId: string;
  /** The address of the account or the invite, or the name of the group. */
  readonly name: string;
  /** `unknown`: no run that writes has read the source yet. */
  readonly record: 'read' | 'notRead' | 'sourceNotConfigured' | 'unknown';
}

/** What `link` or `unlink` wrote, and what the next plan makes of it. */
export interface LinkChange {
  readonly format: 'retool-bridge/link';
  readonly version: 1;
  /** One sentence for each thing that was written. */
  readonly done: readonly string[];
  /** Operations of the next plan about the account or group; null when no run has read both sides yet. */
  readonly next: readonly Operation[] | null;
  /** Conflicts about it that remain. */
  readonly conflicts: readonly Conflict[];
}
