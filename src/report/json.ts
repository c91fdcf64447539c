import type { Conflict, Notice, Skip, SkipSubject } from '../model/desired-state.ts';
import type { BridgeError } from '../model/errors.ts';
import type { Explanation } from '../model/explanation.ts';
import type { Json } from '../model/json.ts';
import type { Operation, Reason, Subject } from '../model/operation.ts';
import type { Outcome, RunRecord } from '../model/outcome.ts';
import type { Forecast, Plan, Summary, Violation } from '../model/plan.ts';
import type { Rehearsal } from '../model/rehearsal.ts';
import { jsonDocument } from './escape.ts';
import { kindOrder } from './kinds.ts';
import { countOutcomes, problemsOf } from './summary.ts';

/**
 * The plan as a file: one JSON document with a stable order of keys, so that two plans of one state
 * differ in nothing but their times. Reading it back gives an equal plan. A rehearsal stands last and is no part of
 * the plan.
 */
export function planJson(plan: Plan, rehearsal?: Rehearsal): string {
  return jsonDocument({
    format: plan.format,
    version: plan.version,
    fingerprint: plan.fingerprint,
    createdAt: plan.createdAt,
    expiresAt: plan.expiresAt,
    ...(plan.only === undefined ? {} : { only: plan.only }),
    target: plan.target,
    config: plan.config,
    summary: summaryJson(plan.summary),
    forecast: forecastJson(plan.forecast),
    operations: plan.operations.map(operationJson),
    skips: plan.skips.map(skipJson),
    conflicts: plan.conflicts.map(conflictJson),
    violations: plan.violations.map(violationJson),
    notices: plan.notices.map(noticeJson),
    incomplete: plan.incomplete,
    reads: plan.reads.map((read) => ({
      source: read.source,
      users: read.users,
      groups: read.groups,
      partial: read.partial,
    })),
    ...(rehearsal === undefined ? {} : { rehearsal: rehearsalJson(rehearsal) }),
  });
}

/** What one run did, for machines: counts first, then whatever was not plainly applied. */
export function runJson(record: RunRecord): string {
  return jsonDocument({
    format: record.format,
    version: record.version,
    id: record.id,
    status: record.status,
    plan: { fingerprint: record.plan.fingerprint, summary: summaryJson(record.plan.summary) },
    outcomes: outcomeCountsJson(record),
    calls: { target: record.calls.target, source: record.calls.source },
    kind: record.kind,
    startedAt: record.startedAt,
    finishedAt: record.finishedAt,
    approved: record.approved,
    approvalKey: record.approvalKey ?? null,
    auditHead: record.auditHead ?? null,
    ending: record.ending ?? 'complete',
    violations: record.plan.violations.map(violationJson),
    problems: problemsOf(record.outcomes).map(problemJson),
  });
}

/** Why one person has, or lacks, access. */
export function explainJson(explanation: Explanation): string {
  return jsonDocument(explanation);
}

/** A command that failed as a whole. */
export function errorJson(error: BridgeError): string {
  return jsonDocument({
    format: 'retool-bridge/error',
    version: 1,
    code: error.code,
    message: error.message,
    remedy: error.remedy,
  });
}

function summaryJson(summary: Summary): Json {
  const counts: Record<string, Json> = {};
  for (const kind of kindOrder) {
    const count = summary[kind];
    if (count !== undefined) counts[kind] = count;
  }
  return { ...counts, total: summary.total };
}

function forecastJson({ calls, minutes, reads, seats, mails }: Forecast): Json {
  const counted = seats === null ? null : { before: seats.before, after: seats.after, limit: seats.limit };
  return { calls, minutes, reads, seats: counted, mails };
}

function rehearsalJson(rehearsal: Rehearsal): Json {
  const { verdict, operations, held, calls, minutes, left, differences } = rehearsal;
  return {
    verdict,
    operations,
    held,
    calls: { forecast: calls.forecast, made: calls.made },
    minutes: { forecast: minutes.forecast, taken: minutes.taken },
    left,
    differences,
  };
}

function outcomeCountsJson(record: RunRecord): Json {
  const { applied, failed, skipped, notAttempted, unknown } = countOutcomes(record.outcomes);
  return { applied, failed, skipped, notAttempted, unknown };
}

function operationJson(operation: Operation): Json {
  return {
    id: operation.id,
    kind: operation.kind,
    subject: subjectJson(operation.subject),
    before: sortedJson(operation.before),
    after: sortedJson(operation.after),
    reason: reasonJson(operation.reason),
    dependsOn: operation.dependsOn,
  };
}

function subjectJson(subject: Subject | SkipSubject): Json {
  return { type: subject.type, key: subject.key, id: subject.id };
}

function reasonJson(reason: Reason): Json {
  const { code, rule, source, externalId, text } = reason;
  return { code, rule, source, externalId, text };
}

function skipJson(skip: Skip): Json {
  return { subject: subjectJson(skip.subject), code: skip.code, text: skip.text };
}

function conflictJson(conflict: Conflict): Json {
  const { subject, code, candidates, text } = conflict;
  return { subject: subjectJson(subject), code, candidates, text };
}

function violationJson(violation: Violation): Json {
  const { limit, actual, operations, holds, text } = violation;
  return { class: violation.class, limit, actual, operations, holds, text };
}

function noticeJson(notice: Notice): Json {
  return { code: notice.code, text: notice.text };
}

function problemJson(outcome: Outcome): Json {
  const { operation, kind, state, code, text } = outcome;
  const items = outcome.items.map((item) => ({ key: item.key, code: item.code, text: item.text }));
  return { operation, kind, subject: subjectJson(outcome.subject), state, code, text, items };
}

/**
 * Any value of plain data with the keys of its objects sorted by code unit. The objects it makes have
 * no prototype: names of attributes come from outside.
 */
function sortedJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map(sortedJson);
  if (typeof value === 'object' && value !== null) {
    const sorted: Record<string, Json> = Object.create(null);
    for (const [key, inner] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      sorted[key] = sortedJson(inner);
    return sorted;
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}
