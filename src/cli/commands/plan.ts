import { readFile } from 'node:fs/promises';
import { loadCallCosts, stageBuilder } from '../../compose.ts';
import { BridgeError } from '../../model/errors.ts';
import type { RunRecord } from '../../model/outcome.ts';
import type { Rehearsal } from '../../model/rehearsal.ts';
import { planJson } from '../../report/json.ts';
import { planText } from '../../report/text.ts';
import { readBundle } from '../../run/bundle/format.ts';
import { planSnapshot } from '../../run/bundle/plan-snapshot.ts';
import { recording } from '../../run/recorded.ts';
import { reconcile } from '../../run/reconcile.ts';
import { rehearse } from '../../run/rehearse.ts';
import { formatOf, render, type Beside } from '../../run/write-report.ts';
import { writePrivately } from '../../runtime/files.ts';
import { exitCodeOfPlan, type ExitCode } from '../exit-codes.ts';
import type { PlanOptions } from '../options.ts';
import { inEachSession, inSession, onlyRule, targetRule, type Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { planAgainstOther } from './against.ts';

/** `plan`: the dry-run diff; rehearsed when asked for, or compared with what another configuration plans. */
export async function plan(terminal: Terminal, options: PlanOptions): Promise<ExitCode> {
  const reportFormat = options.report === undefined ? null : formatOf(options.report);
  if (options.fromSnapshot !== undefined) return planFromSnapshot(terminal, options, options.fromSnapshot);
  if (options.against !== undefined) return planAgainstOther(terminal, options, options.against);
  const work = async (terminal: Terminal, session: Session): Promise<ExitCode> => {
    const { requestsPerMinute } = session.config.target;
    const heard = recording(session.parts);
    const request = { kind: 'dryRun', target: targetRule(options), ...onlyRule(options) } as const;
    const record = await reconcile(heard.parts, request, terminal.signal);
    if (options.out !== undefined) await writePrivately(options.out, planJson(record.plan));
    const rehearsal =
      options.rehearse === true
        ? await rehearse({ plan: record.plan, request }, heard, stageBuilder(session.config), terminal.signal)
        : undefined;
    if (options.report !== undefined && reportFormat !== null) {
      const report = render(record, reportFormat, requestsPerMinute, besideOf(options, rehearsal));
      await writePrivately(options.report, report);
    }
    terminal.out(printed(terminal, options, { record, requestsPerMinute, rehearsal }));
    return exitCodeOfPlan(record, options.exitCode === true ? 'detailed' : 'success', rehearsal);
  };
  return isForOne(terminal, options)
    ? inSession(terminal, options, (session) => work(terminal, session))
    : inEachSession({ ...terminal, json: terminal.json || options.format === 'json' }, options, work);
}

/** A file holds the plan of one target, an address that moved is that of one, and most formats hold one document. */
function isForOne({ json }: Terminal, { out, report, moved, format }: PlanOptions): boolean {
  const isJoinable = json || format === 'text' || format === 'json';
  return out !== undefined || report !== undefined || moved === true || !isJoinable;
}

/** `plan --from-snapshot`: plans again what a bundle holds, with the rules that it holds; sends nothing, opens no state. */
async function planFromSnapshot(terminal: Terminal, options: PlanOptions, folder: string): Promise<ExitCode> {
  refuseWithSnapshot(options);
  const content = await readBundle(folder, (path) => readFile(path, 'utf8'));
  const record = planSnapshot(content, await loadCallCosts(), options.only);
  const { requestsPerMinute } = content.decisions;
  terminal.out(printed(terminal, options, { record, requestsPerMinute, rehearsal: undefined }));
  return exitCodeOfPlan(record, options.exitCode === true ? 'detailed' : 'success');
}

function refuseWithSnapshot({ out, report, rehearse: rehearsed, against }: PlanOptions): void {
  const given = [
    ...(out === undefined ? [] : ['--out']),
    ...(report === undefined ? [] : ['--report']),
    ...(rehearsed === true ? ['--rehearse'] : []),
    ...(against === undefined ? [] : ['--against']),
  ];
  if (given.length === 0) return;
  throw new BridgeError('badCommand', `--from-snapshot does not go with ${given.join(', ')}`, {
    remedy: 'What it plans is of the past and can only be looked at.',
  });
}

/** The most entries a section of the terminal's diff shows; the saved plan and the reports hold all. */
const shownPerSection = 50;

function printed(
  terminal: Terminal,
  options: PlanOptions,
  { record, requestsPerMinute, rehearsal }: Shown,
): string {
  const format = terminal.json ? 'json' : options.format;
  const { planFile, ...beside } = besideOf(options, rehearsal);
  if (format !== 'text') return render(record, format, requestsPerMinute, besideOf(options, rehearsal));
  const limit = terminal.stdoutIsTerminal ? { limit: shownPerSection } : {};
  const file = planFile === undefined ? {} : { planFile };
  return planText(
    { plan: record.plan, run: null, ...beside },
    { width: terminal.width, color: terminal.color, requestsPerMinute, ...limit, ...file },
  );
}

function besideOf({ out }: PlanOptions, rehearsal: Rehearsal | undefined): Beside {
  return {
    ...(rehearsal === undefined ? {} : { rehearsal }),
    ...(out === undefined ? {} : { planFile: out }),
  };
}

interface Shown {
  readonly record: RunRecord;
  readonly requestsPerMinute: number;
  readonly rehearsal: Rehearsal | undefined;
}
