import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { RunRecord } from '../src/model/outcome.ts';
import type { RetoolSandbox, RetoolSeed } from '../src/sandbox/index.ts';
import { startInProcess, type InProcess } from './support/bridge.ts';
import { scim, type Staff } from './support/scim.ts';

/*
 * Stories in test/scenarios/*.yaml, each with why it is told. A step changes what the sources say or what somebody
 * did in Retool by hand, tells the plan that must follow, and is carried out; then the next plan must be empty,
 * unless the step says what remains.
 */

const Person = z.strictObject({
  id: z.string(),
  email: z.string().optional(),
  given: z.string().optional(),
  family: z.string().optional(),
  department: z.string().optional(),
  title: z.string().optional(),
  active: z.boolean().optional(),
  groups: z.array(z.string()).optional(),
});

const People = z.strictObject({
  people: z.array(Person),
  groups: z.array(z.string()).optional(),
  raw: z.string().optional(),
});

const Hand = z.union([
  z.strictObject({ disable: z.string() }),
  z.strictObject({ enable: z.string() }),
  z.strictObject({
    set: z.string(),
    firstName: z.string().optional(),
    metadata: z.record(z.string(), z.string()).optional(),
  }),
  z.strictObject({ addMember: z.string(), group: z.string() }),
  z.strictObject({ removeMember: z.string(), group: z.string() }),
  z.strictObject({ renameGroup: z.string(), to: z.string() }),
  z.strictObject({ deleteGroup: z.string() }),
]);

const Expected = z.strictObject({
  operations: z.array(z.string()).default([]),
  skips: z.array(z.string()).default([]),
  conflicts: z.array(z.string()).default([]),
  notices: z.array(z.string()).default([]),
  violations: z.array(z.string()).default([]),
  /** Parts of sentences that say what could not be read. */
  incomplete: z.array(z.string()).default([]),
});

const After = z.strictObject({
  active: z.array(z.string()).optional(),
  disabled: z.array(z.string()).optional(),
  groups: z.record(z.string(), z.array(z.string())).optional(),
  metadata: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  names: z.record(z.string(), z.string()).optional(),
});

const Step = z.strictObject({
  why: z.string().optional(),
  /** By source id; sources that are not named say what they said before. */
  says: z.record(z.string(), People).optional(),
  hand: z.array(Hand).optional(),
  /** Hours that pass before. */
  hours: z.number().optional(),
  expect: Expected,
  /** How the plan is carried out: `approved` (default) applies all of it, `sync` what the guard lets through. */
  by: z.enum(['approved', 'sync']).default('approved'),
  status: z.enum(['unchanged', 'changed', 'held', 'partial']).optional(),
  /** Operations that the next plan calls for again. */
  remains: z.array(z.string()).default([]),
  after: After.optional(),
});

const Scenario = z.strictObject({
  description: z.string().min(40),
  sources: z.array(z.string()).default(['staff']),
  config: z.record(z.string(), z.unknown()).optional(),
  retool: z.custom<RetoolSeed>().optional(),
  steps: z.array(Step).min(1),
});
type Scenario = z.infer<typeof Scenario>;
type Step = z.infer<typeof Step>;

const folder = join(import.meta.dirname, 'scenarios');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

describe.each(files)('%s', (file) => {
  const scenario = Scenario.parse(parse(readFileSync(join(folder, file), 'utf8')));

  test(`${scenario.description.trim().split('\n', 1)[0]}`, async () => {
    const bridge = await startInProcess(startOf(scenario));
    let said: Record<string, string> = {};
    for (const [index, step] of scenario.steps.entries()) {
      for (const [source, { people, groups, raw }] of Object.entries(step.says ?? {}))
        said = { ...said, [source]: raw ?? scim(people as readonly Staff[], groups) };
      await playStep(bridge, step, said, `step ${index + 1}`);
    }
  });
});

function startOf({ sources, config, retool }: Scenario): Parameters<typeof startInProcess>[0] {
  return {
    sources,
    ...(config === undefined ? {} : { config }),
    ...(retool === undefined ? {} : { retool }),
  };
}

async function playStep(
  bridge: InProcess,
  step: Step,
  said: Record<string, string>,
  name: string,
): Promise<void> {
  if (step.hours !== undefined) await bridge.clock.advance(step.hours * 3_600_000);
  for (const change of step.hand ?? []) changeByHand(bridge.retool, change);
  bridge.says(said);
  expect(summaryOf(await bridge.plan()), name).toEqual(step.expect);
  const record = step.by === 'sync' ? await bridge.sync() : await bridge.applyApproved();
  expect(record.status, name).toBe(step.status ?? record.status);
  const next = await bridge.plan();
  expect(
    next.plan.operations.map((operation) => operation.id),
    `${name}, next plan`,
  ).toEqual(step.remains);
  if (step.after !== undefined) expectHeld(bridge.retool, step.after, name);
}

function summaryOf({ plan }: RunRecord): z.infer<typeof Expected> {
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

function changeByHand(retool: RetoolSandbox, change: z.infer<typeof Hand>): void {
  const { users, groups } = retool.state();
  const userId = (email: string): string => users.find((user) => user.email === email)?.id ?? email;
  const groupId = (name: string): number => groups.find((group) => group.name === name)?.id ?? -1;
  const { hand } = retool;
  if ('disable' in change) hand.updateUser(userId(change.disable), { active: false });
  else if ('enable' in change) hand.updateUser(userId(change.enable), { active: true });
  else if ('set' in change)
    hand.updateUser(userId(change.set), {
      ...(change.firstName === undefined ? {} : { firstName: change.firstName }),
      ...(change.metadata === undefined ? {} : { metadata: change.metadata }),
    });
  else if ('addMember' in change) hand.addMember(groupId(change.group), userId(change.addMember));
  else if ('removeMember' in change) hand.removeMember(groupId(change.group), userId(change.removeMember));
  else if ('renameGroup' in change) hand.renameGroup(groupId(change.renameGroup), change.to);
  else hand.deleteGroup(groupId(change.deleteGroup));
}

function expectHeld(retool: RetoolSandbox, after: z.infer<typeof After>, name: string): void {
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
