import type { Approval, HeldPlan } from '../model/approval.ts';
import { describe } from './describe.ts';
import { jsonDocument, printable } from './escape.ts';
import { counted, hostOf, minuteOf } from './words.ts';

/** What an approval lets go, one line an operation; at most `limit` of them. */
export function approvalText({ held, plan }: HeldPlan, approval: Approval, limit: number): string {
  const operations = plan.operations.filter(({ id }) => held.has(id));
  const shown = operations.slice(0, limit);
  const lines = [
    `Approved for ${hostOf(plan.target)}: ${counted(operations.length, 'operation')}, held because`,
    ...plan.violations.map(({ class: name, text }) => `  ${name}: ${text}`),
    '',
    ...shown.map((operation) => `  ${describe(operation).sentence} (${operation.reason.text})`),
    ...(operations.length > shown.length ? [`  … and ${operations.length - shown.length} more`] : []),
    '',
    `The next run applies them, each once, until ${minuteOf(new Date(approval.expiresAt).toISOString())}. Limits stay as they are.`,
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

/** The same for machines. */
export function approvalJson({ key, held, plan }: HeldPlan, { at, expiresAt, by }: Approval): string {
  const operations = plan.operations.filter(({ id }) => held.has(id));
  const document = {
    format: 'retool-bridge/approval',
    version: 1,
    key,
    plan: { fingerprint: plan.fingerprint },
    at: new Date(at).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    by,
    operations: operations.map(({ id, kind, subject }) => ({ id, kind, subject })),
  };
  return jsonDocument(document);
}
