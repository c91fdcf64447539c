import type { OperationKind } from './operation.ts';
import type { OutcomeState } from './outcome.ts';

export type AuditEvent = 'operation' | 'approval' | 'pause' | 'resume' | 'link' | 'unlink' | 'forget';

/** What an audit record says: hashes, configuration keys and Retool's ids, and no name or address. */
export interface AuditFacts {
  readonly event: AuditEvent;
  readonly run: string | null;
  /** Of an operation. */
  readonly kind: OperationKind | null;
  readonly state: OutcomeState | null;
  readonly code: string | null;
  /** sha256 of the operation's canonical JSON; for an approval its key; for a link that of the source's id. */
  readonly digest: string | null;
  /** The Retool ids of the group and of the accounts it is about. */
  readonly group: string | null;
  readonly accounts: readonly string[];
  /** The configuration key and the source that called for it. */
  readonly rule: string | null;
  readonly source: string | null;
  /** The key of the approval under which it went; null when none was needed. */
  readonly approval: string | null;
}

/** What is to be recorded; names and texts go to a table of their own. */
export interface AuditEntry extends AuditFacts {
  /** Addresses of `accounts` and the name of `group`, by Retool id, as far as they are known. */
  readonly names: ReadonlyMap<string, string>;
  /** Who did it, when a person did: the operating system's user. */
  readonly by: string | null;
  /** A person's own words, for example the reason of a pause. */
  readonly note: string | null;
}

/** One link of the chain: `hash` is over everything else in it, `previous` included. */
export interface AuditRecord extends AuditFacts {
  /** Counted from 1 without gaps. */
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Stand for who did it and what was said, in the table of names: `by:7`, `note:7`. */
  readonly by: string | null;
  readonly note: string | null;
  /** The `hash` of the record before it; of the first one, sixty-four zeros. */
  readonly previous: string;
  readonly hash: string;
}

/** Where the chain ends: kept elsewhere it proves that nothing was cut off or rewritten since. */
export interface AuditHead {
  /** The number of the last record; 0 for an empty chain. */
  readonly seq: number;
  readonly hash: string;
}

/** The first thing wrong with a chain, or where it ends. */
export type AuditVerdict =
  | { readonly state: 'whole'; readonly records: number; readonly head: AuditHead }
  | { readonly state: 'broken'; readonly seq: number; readonly text: string };

/** The audit chain: records are only ever added, and old ones leave from its beginning by `prune`. */
export interface AuditChain {
  /** Operations are recorded by `settle`; this is for everything else. */
  audit(entry: AuditEntry, at: number): void;
  auditHead(): AuditHead;
  /** Oldest first. */
  auditRecords(): Iterable<AuditRecord>;
  /** What ids and marks of records stand for, as far as it was not forgotten. */
  auditNames(): ReadonlyMap<string, string>;
  /** Looks at every record, and whether the chain still goes through `head`, when one is given. */
  verifyAudit(head: AuditHead | null): AuditVerdict;
}

/** The entry of what a person did: only the given facts are in it. */
export function personalEntry(
  event: Exclude<AuditEvent, 'operation'>,
  facts: Partial<Omit<AuditEntry, 'event'>>,
): AuditEntry {
  return {
    event,
    run: null,
    kind: null,
    state: null,
    code: null,
    digest: null,
    group: null,
    accounts: [],
    rule: null,
    source: null,
    approval: null,
    names: new Map(),
    by: null,
    note: null,
    ...facts,
  };
}

/** A head as people keep it: `NUMBER:HASH`. */
export function headText({ seq, hash }: AuditHead): string {
  return `${seq}:${hash}`;
}

/** Reads {@link headText} back; null for anything else. */
export function parseHead(text: string): AuditHead | null {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  return seq === undefined || hash === undefined ? null : { seq: Number(seq), hash };
}
