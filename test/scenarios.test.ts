import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { RunRecord } from '../src/model/outcome.ts';
import type { RetoolSandbox } from '../src/sandbox/index.ts';
import { isRead } from './contract/sink-harness.ts';
import { startInProcess, type Documents, type InProcess } from './support/bridge.ts';
import { changeByHand } from './support/hand.ts';
import { Scenario, type After, type Expected, type Step } from './support/scenario.ts';
import { scim, type Staff } from './support/scim.ts';
import { callName, createTroubledLine, type TroubledLine } from './support/trouble.ts';

/*
 * Stories in test/scenarios/ and the folders below it, each with why it is told; test/support/scenario.ts says what
 * can be told. A step changes what the sources say, what somebody did in Retool by hand, or what goes wrong on the
 * way there; it tells the plan that must follow, and is carried out. Then the next plan, over a line that is well
 * again, must be empty, unless the step says what remains.
 */

const folder = join(import.meta.dirname, 'scenarios');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .toSorted();

describe.each(files)('%s', (file) => {
  const schema = file.startsWith('incidents') ? Scenario.required({ why: true }) : Scenario;
  const scenario = schema.parse(parse(readFileSync(join(folder, file), 'utf8')));

  test(`${scenario.description.trim().split('\n', 1)[0]}`, async () => {
    const line = createTroubledLine();
    const bridge = await startInProcess({ ...startOf(scenario), network: line.network });
    let said: Documents = {};
    for (const [index, step] of scenario.steps.entries()) {
      for (const [source, content] of Object.entries(step.says ?? {}))
        said = { ...said, [source]: documentOf(content) };
      await playStep({ bridge, line, step, said, name: `step ${index + 1}` });
    }
  });
});

function startOf({ sources, config, retool, pageLimit }: Scenario): Parameters<typeof startInProcess>[0] {
  return {
    sources,
    ...(config === undefined ? {} : { config }),
    ...(retool === undefined ? {} : { retool }),
    ...(pageLimit === undefined ? {} : { pageLimit }),
  };
}

function documentOf(content: NonNullable<Step['says']>[string]): string | null {
  if (content === 'unreadable') return null;
  return content.raw ?? scim(content.people as readonly Staff[], content.groups);
}

interface Scene {
  readonly bridge: InProcess;
  readonly line: TroubledLine;
  readonly step: Step;
  readonly said: Documents;
  readonly name: string;
}

async function playStep(scene: Scene): Promise<void> {
  const { bridge, line, step, said, name } = scene;
  const { retool } = bridge;
  if (step.hours !== undefined) await bridge.clock.advance(step.hours * 3_600_000);
  if (step.config !== undefined) await bridge.configure(step.config);
  for (const change of step.hand ?? []) changeByHand(retool, change);
  bridge.says(said);
  line.meet(step.trouble ?? [], retool);
  const begun = retool.log.calls.length;
  if (step.refused === undefined) await expectRun(scene);
  else await expectRefusal(scene);
  expect(line.unmet(), `${name}, trouble that nothing met`).toEqual([]);
  const writes = writesSince(retool, begun);
  // Nothing is written where a run was refused.
  expect(writes, `${name}, writes`).toEqual(step.refused === undefined ? (step.writes ?? writes) : []);
  line.meet([], retool);
  if (step.refused === undefined) await expectNext(bridge, step, name);
  if (step.after !== undefined) expectHeld(retool, step.after, name);
}

async function expectRun({ bridge, step, name }: Scene): Promise<void> {
  expect(summaryOf(await bridge.plan()), name).toEqual(step.expect);
  const record = step.by === 'sync' ? await bridge.sync() : await bridge.applyApproved();
  expect(record.status, name).toBe(step.status ?? record.status);
  if (step.outcomes === undefined) return;
  const otherwise = record.outcomes.filter(({ state, code }) => state !== 'applied' || code !== null);
  expect(
    otherwise.map(({ operation, state, code }) => `${operation} ${state} ${code}`),
    `${name}, outcomes`,
  ).toEqual(step.outcomes);
}

async function expectRefusal({ bridge, step, name }: Scene): Promise<void> {
  await expect(bridge.plan(), `${name}, plan`).rejects.toMatchObject({ code: step.refused });
  await expect(bridge.sync(), `${name}, run`).rejects.toMatchObject({ code: step.refused });
}

async function expectNext(bridge: InProcess, step: Step, name: string): Promise<void> {
  const { plan } = await bridge.plan();
  expect(
    plan.operations.map(({ id }) => id),
    `${name}, next plan`,
  ).toEqual(step.remains);
}

function writesSince({ log }: RetoolSandbox, begun: number): readonly string[] {
  const calls = log.calls.slice(begun).filter(({ method, path }) => !isRead({ method, url: path }));
  return calls.map(({ method, path }) => callName(method, path)).toSorted();
}

function summaryOf({ plan }: RunRecord): Expected {
  const remark = ({
    code,
    subject,
  }: {
    readonly code: string;
    readonly subject: { readonly key: string };
  }): string => `${code} ${subject.key}`;
  return {
    operations: plan.operations.map(({ id, reason }) => `${id} (${reason.code})`),
    skips: plan.skips.map(remark),
    conflicts: plan.conflicts.map(remark),
    notices: plan.notices.map(({ code }) => code),
    violations: plan.violations.map((violation) => violation.class),
    incomplete: [...plan.incomplete],
  };
}

function expectHeld(retool: RetoolSandbox, after: After, name: string): void {
  const { users, groups } = retool.state();
  const emailOf = new Map(users.map((user) => [user.id, user.email]));
  const people = users.filter((user) => user.email !== 'owner@acme.com');
  if (after.active !== undefined)
    expect(
      people.filter((user) => user.active).map((user) => user.email),
      name,
    ).toEqual(after.active);
  if (after.disabled !== undefined)
    expect(
      people.filter((user) => !user.active).map((user) => user.email),
      name,
    ).toEqual(after.disabled);
  for (const [group, members] of Object.entries(after.groups ?? {})) {
    const held = groups.find((one) => one.name === group)?.memberIds.map((id) => emailOf.get(id));
    expect(held?.toSorted(), `${name}, members of ${group}`).toEqual(members);
  }
  for (const [email, metadata] of Object.entries(after.metadata ?? {}))
    expect(users.find((user) => user.email === email)?.metadata, name).toEqual(metadata);
  for (const [email, full] of Object.entries(after.names ?? {})) {
    const user = users.find((one) => one.email === email);
    expect(`${user?.first_name} ${user?.last_name}`, name).toBe(full);
  }
}
