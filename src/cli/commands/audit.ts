import { parseHead } from '../../model/audit.ts';
import { BridgeError } from '../../model/errors.ts';
import { auditCsv, auditLines, verdictJson, verdictText } from '../../report/audit.ts';
import { evidenceCsv, evidenceJson, evidenceOf } from '../../report/evidence.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { inState } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `audit verify`: whether the audit chain is as it was written; exit 1 when it is not. */
export async function verifyAudit(
  terminal: Terminal,
  options: CommonOptions & { readonly head?: string },
): Promise<ExitCode> {
  const head = options.head === undefined ? null : parseHead(options.head);
  if (options.head !== undefined && head === null) {
    throw new BridgeError('badCommand', `--head is no head of an audit chain: ${options.head}`, {
      remedy: 'Give it as a run printed it: NUMBER:HASH.',
    });
  }
  return inState(options, 'read', ({ store }) => {
    const verdict = store.verifyAudit(head);
    terminal.out(terminal.json ? verdictJson(verdict) : verdictText(verdict));
    return verdict.state === 'whole' ? exitCodes.ok : exitCodes.failed;
  });
}

/** `audit export`: every record of the chain, with what its ids stand for. */
export async function exportAudit(
  terminal: Terminal,
  options: CommonOptions & { readonly format: 'jsonl' | 'csv' },
): Promise<ExitCode> {
  return inState(options, 'read', ({ store }) => {
    const lines = options.format === 'csv' ? auditCsv : auditLines;
    for (const line of lines(store.auditRecords(), store.auditNames())) terminal.out(line);
    return exitCodes.ok;
  });
}

/** `audit evidence`: who has what, since when, by which rule, approved by whom. */
export async function auditEvidence(terminal: Terminal, options: CommonOptions): Promise<ExitCode> {
  return inState(options, 'read', ({ store }) => {
    const rows = evidenceOf({
      memory: store.memory(0),
      current: store.lastReads()?.current ?? null,
      records: store.auditRecords(),
      names: store.auditNames(),
    });
    terminal.out(terminal.json ? evidenceJson(rows) : evidenceCsv(rows));
    return exitCodes.ok;
  });
}
