import { pauseText } from '../apply/pause.ts';
import { headText } from '../model/audit.ts';
import type { CheckResult } from '../model/source.ts';
import type { Store } from '../model/store.ts';
import { count } from '../model/text.ts';

/**
 * What an open state holds and whether it is whole. Opening it has looked at its structure; every row that a
 * plan rests on is read here and compared with its seal, which throws `stateUnreadable` when one was changed.
 */
export function stateResults(
  store: Store,
  { target, now }: { readonly target: string; readonly now: number },
): readonly CheckResult[] {
  const memory = store.memory(0);
  const reads = store.lastReads();
  return [
    {
      subject: 'state: content',
      verdict: 'ok',
      text: memory.isNew
        ? 'new: no run was applied yet'
        : `whole: ${count(memory.accounts.size, 'account')}, ${count(memory.groups.size, 'group')}, ${count(memory.links.length, 'link')}`,
    },
    targetResult(store.target(), target),
    intentsResult(store),
    ...unrecordedResults(store),
    auditResult(store),
    {
      subject: 'state: last reads',
      verdict: 'ok',
      text: reads === null ? 'none yet' : `of ${new Date(reads.current.readAt.began).toISOString()}`,
    },
    ...heldResults(store, now),
    ...pauseResults(store),
  ];
}

/** Whether the state belongs to the configured target; another is refused by every run. */
export function targetResult(bound: string | null, configured: string): CheckResult {
  const subject = 'state: target';
  if (bound === null || bound === configured) return { subject, verdict: 'ok', text: bound ?? 'none yet' };
  return {
    subject,
    verdict: 'failed',
    text: `it belongs to ${bound}, but the configuration names ${configured}`,
    remedy: 'Use another state for another target. If it only has a new address, run `sync --moved` once.',
  };
}

function intentsResult(store: Store): CheckResult {
  const open = store.openIntents();
  return {
    subject: 'state: journal',
    verdict: open.length === 0 ? 'ok' : 'warning',
    text:
      open.length === 0
        ? 'nothing is open'
        : `${open.length} operations of run ${open[0]?.run ?? ''} have no outcome yet`,
    ...(open.length === 0 ? {} : { remedy: 'The next run finds out by reading what became of them.' }),
  };
}

function unrecordedResults(store: Store): readonly CheckResult[] {
  const run = store.unrecordedRun();
  if (run === null) return [];
  return [
    {
      subject: 'state: run',
      verdict: 'warning',
      text: `run ${run.id} left no record so far: it is going on, or was cut short`,
      remedy:
        'The next run that writes records it, and so does `retool-bridge rollback last`, which changes nothing.',
    },
  ];
}

function auditResult(store: Store): CheckResult {
  const verdict = store.verifyAudit(null);
  const subject = 'state: audit chain';
  if (verdict.state === 'whole')
    return { subject, verdict: 'ok', text: `${verdict.records} records, head ${headText(verdict.head)}` };
  return {
    subject,
    verdict: 'failed',
    text: `broken at record ${verdict.seq}: ${verdict.text}`,
    remedy: 'Somebody changed the state beside the bridge: compare it with a backup.',
  };
}

function heldResults(store: Store, now: number): readonly CheckResult[] {
  return store
    .heldPlans()
    .filter(({ plan }) => now < Date.parse(plan.expiresAt))
    .map(({ key, held }) => ({
      subject: 'state: held plan',
      verdict: 'warning',
      text: `${held.size} operations wait for an approval`,
      remedy: `Look at them and run \`retool-bridge approve ${key}\`.`,
    }));
}

/** That every run is paused, when it is. */
export function pauseResults(store: Store): readonly CheckResult[] {
  const text = pauseText(store);
  if (text === null) return [];
  return [
    {
      subject: 'state: pause',
      verdict: 'warning',
      text,
      remedy: 'End it with `retool-bridge resume`.',
    },
  ];
}
