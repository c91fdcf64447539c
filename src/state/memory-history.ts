import type { Approval, ApprovalMemory, HeldPlan, Pause } from '../model/approval.ts';
import {
  personalEntry,
  type AuditChain,
  type AuditEntry,
  type AuditHead,
  type AuditRecord,
} from '../model/audit.ts';
import type { BegunRun, BegunRunMemory } from '../model/begun-run.ts';
import { keyText } from '../model/desired-state.ts';
import type { Outcome } from '../model/outcome.ts';
import type { LastReads, ReadsMemory } from '../model/reads.ts';
import type { Drift, Observations } from '../model/store.ts';
import { emptyHead, linkOf, verifyChain } from './chain.ts';
import { wholeMs } from './rules.ts';
import { mentions, withoutPerson } from './without-person.ts';

/** The parts of the store in memory that keep the history, with what pruning and forgetting do to each. */

export function createReads() {
  let last: LastReads | null = null;
  const memory: ReadsMemory = {
    saveReads: ({ snapshots, current, at }) => {
      last = { snapshots: sorted(snapshots ?? last?.snapshots ?? []), current, at: wholeMs(at) };
    },
    lastReads: () => last,
    lastSnapshot: (source) => last?.snapshots.find((one) => one.source === source) ?? null,
  };
  return {
    memory,
    clear(): void {
      last = null;
    },
  };
}

function sorted(snapshots: LastReads['snapshots']): LastReads['snapshots'] {
  return snapshots.toSorted((a, b) => (a.source < b.source ? -1 : 1));
}

export function createObservations() {
  const since = new Map<string, number>();
  const drifts = new Map<string, Drift>();
  const without = (isGone: (drift: Drift) => boolean): number => {
    const gone = [...drifts].filter(([, drift]) => isGone(drift));
    for (const [key] of gone) drifts.delete(key);
    return gone.length;
  };
  const memory: Observations = {
    grace: () => new Map(since),
    startGrace: (key, at) => {
      if (!since.has(keyText(key))) since.set(keyText(key), wholeMs(at));
    },
    endGrace: (key) => void since.delete(keyText(key)),
    drifts: (sinceMs) =>
      [...drifts.values()]
        .filter(({ at }) => at >= sinceMs)
        .sort((a, b) => a.at - b.at || (`${a.subject}\n${a.field}` < `${b.subject}\n${b.field}` ? -1 : 1)),
    addDrift: ({ subject, field, at }) => {
      const drift = { subject, field, at: wholeMs(at) };
      drifts.set(JSON.stringify([subject, field, drift.at]), drift);
    },
    forgetDrifts: (subject, field) => void without((one) => one.subject === subject && one.field === field),
  };
  return { memory, forget: (email: string) => without(({ subject }) => mentions(subject, email)) };
}

/** Where the journal in memory says how far a run got. */
type Trace = (run: string) => { readonly sent: number; readonly lastAt: number | null };

export function createBegun(trace: Trace) {
  let begun: BegunRun | null = null;
  const outcomes = new Map<string, Outcome>();
  const end = (): void => {
    begun = null;
    outcomes.clear();
  };
  const memory: BegunRunMemory = {
    beginRun: (run) => {
      end();
      begun = { ...run, startedAt: wholeMs(run.startedAt) };
    },
    unrecordedRun: () => {
      if (begun === null) return null;
      const { sent, lastAt } = trace(begun.id);
      return { ...begun, outcomes: [...outcomes.values()], sent, lastAt: lastAt ?? begun.startedAt };
    },
  };
  return {
    memory,
    settle(run: string, outcome: Outcome): void {
      if (begun?.id === run) outcomes.set(outcome.operation, outcome);
    },
    end(run: string): void {
      if (begun?.id === run) end();
    },
    forget(email: string): number {
      const gone = [...outcomes].filter(([, outcome]) => mentions(JSON.stringify(outcome), email));
      for (const [key] of gone) outcomes.delete(key);
      const runs = new Map(begun === null ? [] : [[begun.id, begun]]);
      const rows = rewrite(
        runs,
        email,
        (run) => run,
        (_, run) => run,
      );
      begun = runs.values().next().value ?? null;
      return rows + gone.length;
    },
  };
}

type Append = (entry: AuditEntry, at: number) => void;

export function createApprovals(audit: Append) {
  const held = new Map<string, HeldPlan>();
  const approvals = new Map<string, Approval>();
  let pause: Pause | null = null;

  const memory: ApprovalMemory = {
    saveHeld: (plan, at) => {
      const firstAt = held.get(plan.key)?.firstAt ?? wholeMs(at);
      held.set(plan.key, { ...plan, firstAt, lastAt: wholeMs(at) });
    },
    heldPlans: () => [...held.values()].sort((a, b) => b.lastAt - a.lastAt || (a.key < b.key ? -1 : 1)),
    approve: (approval) => {
      approvals.set(approval.key, {
        ...approval,
        at: wholeMs(approval.at),
        expiresAt: wholeMs(approval.expiresAt),
      });
      audit(personalEntry('approval', { digest: approval.key, by: approval.by }), approval.at);
    },
    approvals: (now) =>
      [...approvals.values()].filter(({ expiresAt, operations }) => expiresAt > now && operations.size > 0),
    pause: (asked) => {
      pause = asked;
      audit(personalEntry('pause', { by: asked.by, note: asked.reason }), asked.at);
    },
    resume: (at, by) => {
      pause = null;
      audit(personalEntry('resume', { by }), at);
    },
    paused: () => pause,
  };

  return {
    memory,
    useUp(digest: string): string | null {
      for (const [key, approval] of approvals) {
        if (!approval.operations.has(digest)) continue;
        const operations = new Set([...approval.operations].filter((one) => one !== digest));
        approvals.set(key, { ...approval, operations });
        return key;
      }
      return null;
    },
    prune(before: number): void {
      for (const [key, { lastAt }] of held) if (lastAt < before) held.delete(key);
    },
    forget(email: string): number {
      return rewrite(
        held,
        email,
        ({ plan }) => plan,
        (one, plan) => ({ ...one, plan }),
      );
    },
  };
}

/** Rewrites the part of each value that names an address; returns how many did. */
export function rewrite<Value, Part>(
  values: Map<string, Value>,
  email: string,
  partOf: (value: Value) => Part,
  withPart: (value: Value, part: Part) => Value,
): number {
  let count = 0;
  for (const [key, value] of values) {
    const part = partOf(value);
    const kept = withoutPerson(part, email) as Part;
    if (JSON.stringify(kept) === JSON.stringify(part)) continue;
    values.set(key, withPart(value, kept));
    count += 1;
  }
  return count;
}

export function createAudit() {
  let records: readonly AuditRecord[] = [];
  let start: AuditHead = emptyHead;
  const names = new Map<string, { readonly text: string; readonly at: number }>();

  function head(): AuditHead {
    const last = records.at(-1) ?? start;
    return { seq: last.seq, hash: last.hash };
  }

  function append(entry: AuditEntry, at: number): void {
    const link = linkOf(head(), entry, wholeMs(at));
    records = [...records, link.record];
    for (const [token, text] of link.names) names.set(token, { text, at: wholeMs(at) });
  }

  function dropNames(
    isGone: (token: string, name: { readonly text: string; readonly at: number }) => boolean,
  ) {
    const gone = [...names].filter(([token, name]) => isGone(token, name));
    for (const [token] of gone) names.delete(token);
    return gone.length;
  }

  const chain: AuditChain = {
    audit: append,
    auditHead: head,
    auditRecords: () => records,
    auditNames: () => new Map([...names].map(([token, { text }]) => [token, text])),
    verifyAudit: (noted) => verifyChain(records, { start, end: head(), noted }),
  };
  return {
    chain,
    append,
    dropNames,
    prune(before: number): number {
      const last = records.findLastIndex(({ at }) => at < before);
      const gone = records[last];
      if (gone === undefined) return 0;
      start = { seq: gone.seq, hash: gone.hash };
      records = records.slice(last + 1);
      return last + 1;
    },
  };
}
