import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, loadSandbox, readConfig, systemSurroundings, type Surroundings } from '../../compose.ts';
import type { BridgeConfig } from '../../config/types.ts';
import type { RunRecord } from '../../model/outcome.ts';
import { jsonDocument } from '../../report/escape.ts';
import { planJson } from '../../report/json.ts';
import { checkText } from '../../report/check.ts';
import { planText, runText } from '../../report/text.ts';
import { check } from '../../run/check.ts';
import type { ReconcileParts, RunRequest } from '../../run/parts.ts';
import { reconcile } from '../../run/reconcile.ts';
import { render } from '../../run/write-report.ts';
import { writePrivately } from '../../runtime/files.ts';
import { leastWrites, type HeldBefore } from '../least-writes.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { machineOf } from '../machine.ts';
import { progressOn } from '../progress.ts';
import type { Terminal } from '../terminal.ts';

const people = 200;
const groups = 20;
const requestsPerMinute = 600;
const shownPerSection = 6;
/** Calls of one whole read, and of the read that verifies what was applied. */
const readCalls = 4;
const verifyCalls = 2;

/** `demo`: the main job on the embedded sandbox, over loopback sockets: check, plan, approve, apply, and a second plan that is empty. */
export async function demo(terminal: Terminal, options: CommonOptions): Promise<ExitCode> {
  const machine = systemSurroundings(options.logLevel);
  const { generateWorld, sampleConfig, sampleEnvironment, serveSandbox } = await loadSandbox();
  const world = generateWorld({ users: people, groups, seed: 1 });
  const served = await serveSandbox({
    port: 0,
    world,
    now: () => machine.clock.now(),
    retoolRequestsPerMinute: requestsPerMinute,
  });
  try {
    const folder = await mkdtemp(join(tmpdir(), 'retool-bridge-demo-'));
    const path = join(folder, 'bridge.yaml');
    await writePrivately(path, sampleConfig(served, { requestsPerMinute }));
    const surroundings = { ...machine, env: { ...machine.env, ...sampleEnvironment(served) } };
    const config = await readConfig(path, surroundings);
    const retool = served.retool.standIn;
    const stage: Stage = {
      terminal,
      folder,
      config,
      surroundings,
      held: () => retool.state(),
      callsSoFar: () => retool.log.count(undefined, /^\/api\/v2\//),
    };
    return await play(stage);
  } finally {
    await served.close();
  }
}

interface Stage {
  readonly terminal: Terminal;
  readonly folder: string;
  readonly config: BridgeConfig;
  readonly surroundings: Surroundings;
  /** What Retool holds now, as the stand-in itself says. */
  held(): HeldBefore;
  /** Requests the stand-in has counted. */
  callsSoFar(): number;
}

async function play(stage: Stage): Promise<ExitCode> {
  const { terminal, folder } = stage;
  const say = (text: string): void => (terminal.json ? undefined : terminal.out(text));
  const style = { width: terminal.width, color: terminal.color, limit: shownPerSection, requestsPerMinute };
  say(
    `A made-up company: ${people} people and ${groups} groups at Okta and Entra ID, and a Retool organisation.\nEverything is served on loopback, and kept in ${folder}\n\n`,
  );
  const report = await withParts(stage, (parts) =>
    check(
      parts,
      machineOf(stage.config, stage.surroundings, () => []),
      terminal.signal,
    ),
  );
  say(`$ retool-bridge check\n${checkText(report.results, terminal)}\n`);
  const planned = await run(stage, { kind: 'dryRun', target: 'mustMatch' });
  const planFile = join(folder, 'plan.json');
  await writePrivately(planFile, planJson(planned.plan));
  say(
    `$ retool-bridge plan --out plan.json\n${planText({ plan: planned.plan, run: null }, { ...style, planFile: 'plan.json' })}\n`,
  );
  const refused = await run(stage, { kind: 'apply', target: 'mustMatch', plan: planned.plan, approve: null });
  say(
    `$ retool-bridge apply plan.json\n${refused.status}: ${planned.plan.violations.map((violation) => violation.text).join('; ')}. Nothing was written. Exit code ${exitCodes.held}.\n\n`,
  );
  const before = stage.held();
  const callsBefore = stage.callsSoFar();
  const applied = await run(stage, {
    kind: 'apply',
    target: 'mustMatch',
    plan: planned.plan,
    approve: planned.plan.fingerprint,
  });
  const calls = stage.callsSoFar() - callsBefore;
  const least = readCalls + leastWrites(before, stage.held()) + verifyCalls;
  say(
    `$ retool-bridge apply plan.json --approve ${planned.plan.fingerprint}\n${runText(applied, { ...style, limit: 3 })}\n`,
  );
  const second = await run(stage, { kind: 'dryRun', target: 'mustMatch' });
  const reportFile = join(folder, 'report.html');
  await writePrivately(reportFile, render(applied, 'html', requestsPerMinute));
  const isEmpty = second.plan.operations.length === 0;
  if (terminal.json)
    terminal.out(
      jsonDocument({
        format: 'retool-bridge/demo',
        version: 1,
        applied: applied.status,
        secondPlan: second.plan.summary.total,
        report: reportFile,
        plan: planFile,
        calls: { made: calls, least },
      }),
    );
  say(
    `$ retool-bridge plan\nsecond plan: ${isEmpty ? 'no changes' : `${second.plan.summary.total} operations left`}\n\nreport: ${reportFile}\ncalls to Retool by apply: ${calls} made, ${least} is the least the formula allows (ratio ${(calls / least).toFixed(2)})\n`,
  );
  return isEmpty && applied.status === 'changed' ? exitCodes.ok : exitCodes.incomplete;
}

function run(stage: Stage, request: RunRequest): Promise<RunRecord> {
  return withParts(stage, (parts) => reconcile(parts, request, stage.terminal.signal));
}

/** Each step opens and closes the state, as separate commands would. */
async function withParts<T>(
  { terminal, config, surroundings }: Stage,
  work: (parts: ReconcileParts) => Promise<T>,
): Promise<T> {
  const progress = progressOn(terminal, surroundings.clock, requestsPerMinute);
  const { parts, close } = await compose(config, surroundings, progress);
  try {
    return await work(parts);
  } finally {
    progress.done();
    close();
  }
}
