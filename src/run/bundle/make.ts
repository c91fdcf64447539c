import type { RunRecord } from '../../model/outcome.ts';
import type { Plan } from '../../model/plan.ts';
import { configHash } from '../../plan/fingerprint.ts';
import type { PlanInput } from '../../plan/input.ts';
import { planChanges } from '../../plan/plan.ts';
import type { WriteFile } from '../../runtime/files.ts';
import { readsFor } from '../explain/load.ts';
import type { ReconcileParts } from '../parts.ts';
import { memoryOf, planInputOf } from '../plan-input.ts';
import { fileNames, fileText, snapshotFileName, type Decisions, type Manifest } from './format.ts';
import { redacted, redactionFor, type Bundled, type Redaction } from './redact.ts';
import { runWithoutTexts } from './redact-run.ts';

/** How a bundle is made. */
export interface BundleRequest {
  readonly folder: string;
  readonly redaction: Manifest['redaction'];
  /** Made for this bundle alone and kept nowhere; the pseudonyms cannot be undone without it. */
  readonly key: string;
  /** The configuration as it is in effect, with secrets named by where they are kept. */
  readonly configuration: unknown;
  /** Versions of the program and of what it runs on. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What was written. */
export interface BundleReport {
  readonly format: 'retool-bridge/bundle-written';
  readonly version: 1;
  readonly folder: string;
  readonly files: readonly string[];
  readonly redaction: Manifest['redaction'];
  /** Whether the plan of the redacted data has the same kinds, skips, conflicts and violations as that of the plain data. */
  readonly reproduces: boolean;
}

/**
 * Writes what a plan is made from, so that a decision can be looked into elsewhere: what the last run read (or, before
 * the first, a read made now), what is remembered, the rules, and the last run. With pseudonyms the same person is
 * the same everywhere in one bundle, and nowhere else.
 */
export async function makeBundle(
  parts: ReconcileParts,
  request: BundleRequest,
  write: WriteFile,
  signal: AbortSignal,
): Promise<BundleReport> {
  const reads = await readsFor(parts, signal);
  const memory = memoryOf(parts);
  const input = planInputOf(parts, { ...reads, memory });
  const { observed } = input;
  const plain: Bundled = { ...reads, memory, observed, mapping: parts.mapping, policy: parts.policy };
  const redaction = request.redaction === 'none' ? null : redactionFor(plain, input, request.key);
  const carried = redaction === null ? plain : rehashed(redacted(plain, redaction), plain);
  const reproduces =
    redaction === null || isSamePlan(planChanges(input), planChanges(inputOf(parts, carried, input.now)));
  const files = new Map<string, unknown>([
    [
      fileNames.manifest,
      {
        format: 'retool-bridge/bundle',
        version: 1,
        madeAt: new Date(input.now).toISOString(),
        redaction: request.redaction,
        reproduces,
        readsFrom: reads.from,
        target: parts.sink.target,
        sources: carried.snapshots.map(({ source }) => source),
        versions: request.versions,
      },
    ],
    ...carried.snapshots.map((snapshot, index): [string, unknown] => [snapshotFileName(index), snapshot]),
    [fileNames.current, carried.current],
    [fileNames.memory, carried.memory],
    [fileNames.absences, carried.absences],
    [fileNames.observed, carried.observed],
    [fileNames.decisions, decisionsOf(parts, carried)],
    ['configuration.json', withoutPeople(request.configuration, redaction)],
    ...lastRun(parts, redaction),
  ]);
  for (const [name, value] of files) await write(`${request.folder}/${name}`, fileText(value));
  return {
    format: 'retool-bridge/bundle-written',
    version: 1,
    folder: request.folder,
    files: [...files.keys()],
    redaction: request.redaction,
    reproduces,
  };
}

/** Pseudonyms in the policy change its hash; whether it is the applied one must not change by that. */
function rehashed(carried: Bundled, plain: Bundled): Bundled {
  const { appliedConfig } = plain.memory;
  if (appliedConfig !== configHash(plain.mapping, plain.policy)) return carried;
  return {
    ...carried,
    memory: { ...carried.memory, appliedConfig: configHash(carried.mapping, carried.policy) },
  };
}

function inputOf(parts: ReconcileParts, carried: Bundled, now: number): PlanInput {
  const { mapping, policy, observed } = carried;
  return { ...planInputOf({ ...parts, mapping, policy }, carried), observed, now };
}

/** Whether two plans have the same operations, skips, conflicts and violations by kind and code. */
function isSamePlan(one: Plan, other: Plan): boolean {
  return shapeOf(one) === shapeOf(other);
}

function shapeOf({ operations, skips, conflicts, violations }: Plan): string {
  return JSON.stringify(
    [
      ...operations.map(({ kind, reason }) => `${kind} ${reason.code}`),
      ...skips.map(({ code }) => `skip ${code}`),
      ...conflicts.map(({ code }) => `conflict ${code}`),
      ...violations.map((violation) => `${violation.class} ${violation.actual} of ${violation.limit}`),
    ].toSorted(),
  );
}

function decisionsOf(
  { guard, requestsPerMinute, seats }: ReconcileParts,
  { mapping, policy }: Bundled,
): Decisions {
  return { mapping, policy, guard, requestsPerMinute, seats };
}

/** The policy in it names people. */
function withoutPeople(configuration: unknown, redaction: Redaction | null): unknown {
  if (redaction === null) return configuration;
  const plain: unknown = JSON.parse(fileText(configuration));
  return JSON.parse(
    JSON.stringify(plain, (name, value: unknown) =>
      name === 'users' && Array.isArray(value)
        ? value.map((one) => (typeof one === 'string' ? redaction.pseudonyms.text(one) : one))
        : value,
    ),
  );
}

function lastRun(
  { store }: ReconcileParts,
  redaction: Redaction | null,
): readonly (readonly [string, unknown])[] {
  const [row] = store.runs(1);
  const record: RunRecord | null = row === undefined ? null : store.run(row.id);
  if (record === null) return [];
  return [['last-run.json', redaction === null ? record : runWithoutTexts(record, redaction)]];
}
