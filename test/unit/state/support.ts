import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { BegunRun } from '../../../src/model/begun-run.ts';
import type { OperationOf } from '../../../src/model/operation.ts';
import type { Outcome, OutcomeState, RunRecord } from '../../../src/model/outcome.ts';
import { BridgeError } from '../../../src/model/errors.ts';
import type { Memory } from '../../../src/model/store.ts';

/** A folder of the running test's own, removed with everything in it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Switching an account off: an operation whose id is `deactivateUser:<email>`. */
export function deactivation(email: string): OperationOf<'deactivateUser'> {
  return {
    id: `deactivateUser:${email}`,
    kind: 'deactivateUser',
    subject: { type: 'user', key: email, id: 'user_1' },
    before: { active: true },
    after: { active: false },
    reason: { code: 'inactive', rule: null, source: 'okta', externalId: '00u1', text: 'inactive in okta' },
    dependsOn: [],
  };
}

/** The outcome of {@link deactivation}. */
export function outcomeOf(email: string, state: OutcomeState): Outcome {
  return {
    operation: `deactivateUser:${email}`,
    kind: 'deactivateUser',
    subject: { type: 'user', key: email, id: 'user_1' },
    state,
    code: state === 'applied' ? null : 'because',
    text: null,
    items: [],
  };
}

/** A run that began with the plan of {@link recordOf} and sent nothing so far. */
export function begunRun(id: string): BegunRun {
  const { plan } = recordOf(id);
  const held = ['deactivateUser:held@acme.com'];
  const calls = { target: 4, source: 2 };
  return { id, kind: 'sync', startedAt: 500, plan, held, approved: null, approvalKey: 'k1', calls };
}

/** A record of a run that did one thing. */
export function recordOf(id: string): RunRecord {
  return {
    format: 'retool-bridge/run',
    version: 1,
    id,
    kind: 'sync',
    status: 'changed',
    startedAt: '2026-03-01T10:00:00.000Z',
    finishedAt: '2026-03-01T10:00:09.000Z',
    plan: {
      format: 'retool-bridge/plan',
      version: 1,
      fingerprint: 'f00d',
      createdAt: '2026-03-01T10:00:01.000Z',
      expiresAt: '2026-03-02T10:00:01.000Z',
      target: 'https://acme.retool.com/api/v2',
      config: 'c0de',
      summary: { deactivateUser: 1, total: 1 },
      forecast: { calls: 7, reads: 6, minutes: 1, seats: null, mails: 0 },
      operations: [deactivation('zoë@acme.com')],
      skips: [],
      conflicts: [],
      violations: [],
      notices: [{ code: 'drift', text: 'changed by hand: "Ω"' }],
      incomplete: [],
      reads: [{ source: 'okta', users: 2, groups: 1, partial: [] }],
    },
    outcomes: [outcomeOf('zoë@acme.com', 'applied')],
    calls: { target: 7, source: 3 },
    approved: null,
  };
}

/** A memory without the order of its lists, which the port leaves open. */
export function unordered(memory: Memory): object {
  const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  return { ...memory, links: memory.links.toSorted(byText), takenAway: memory.takenAway.toSorted(byText) };
}

/** What `work` throws, which has to be a `BridgeError`. */
export function failureOf(work: () => unknown): BridgeError {
  try {
    work();
  } catch (error) {
    if (error instanceof BridgeError) return error;
    throw new Error(`not a BridgeError: ${String(error)}`, { cause: error });
  }
  throw new Error('nothing was thrown');
}
