import type { SkipSubject } from '../../model/desired-state.ts';
import type { Subject } from '../../model/operation.ts';
import type { RunRecord } from '../../model/outcome.ts';
import type { Redaction } from './redact.ts';

/** A run as it may leave the house: kinds, codes and pseudonyms; values and sentences, which hold names, are left out. */
export function runWithoutTexts({ plan, outcomes, ...run }: RunRecord, redaction: Redaction): object {
  const { pseudonyms } = redaction;
  return {
    id: run.id,
    kind: run.kind,
    status: run.status,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    calls: run.calls,
    plan: {
      fingerprint: plan.fingerprint,
      createdAt: plan.createdAt,
      summary: plan.summary,
      forecast: plan.forecast,
      operations: plan.operations.map(({ kind, subject, reason }) => ({
        kind,
        subject: subjectOf(subject, redaction),
        reason: {
          code: reason.code,
          rule: reason.rule,
          source: reason.source,
          externalId: reason.externalId === null ? null : pseudonyms.id(reason.externalId),
        },
      })),
      skips: plan.skips.map(({ code, subject }) => ({ code, subject: subjectOf(subject, redaction) })),
      conflicts: plan.conflicts.map(({ code, subject }) => ({
        code,
        subject: subjectOf(subject, redaction),
      })),
      violations: plan.violations.map((violation) => ({
        class: violation.class,
        limit: violation.limit,
        actual: violation.actual,
        holds: violation.holds,
      })),
      notices: plan.notices.map(({ code }) => code),
      incomplete: plan.incomplete.length,
      reads: plan.reads.map(({ source, users, groups }) => ({ source, users, groups })),
    },
    outcomes: outcomes.map(({ kind, subject, state, code }) => ({
      kind,
      subject: subjectOf(subject, redaction),
      state,
      code,
    })),
  };
}

function subjectOf({ type, key, id }: Subject | SkipSubject, redaction: Redaction): object {
  const { pseudonyms, groupName } = redaction;
  const isAccount = id?.startsWith('user_') === true;
  return {
    type,
    key:
      type === 'group'
        ? groupName(key)
        : type === 'membership'
          ? membershipKey(key, redaction)
          : pseudonyms.text(key),
    id: id !== null && isAccount ? pseudonyms.account(id) : id,
  };
}

/** Addresses hold no space, so the first ` in ` splits the key. */
function membershipKey(key: string, { pseudonyms, groupName }: Redaction): string {
  const at = key.indexOf(' in ');
  return `${pseudonyms.text(key.slice(0, at))} in ${groupName(key.slice(at + ' in '.length))}`;
}
