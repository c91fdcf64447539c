import { z } from 'zod';
import type { RetoolSeed } from '../../src/sandbox/index.ts';
import { faults } from '../contract/sink-harness.ts';
import { Hand } from './hand.ts';

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
  /** The document itself, for one that no list of people would give. */
  raw: z.string().optional(),
});

const Expected = z.strictObject({
  operations: z.array(z.string()).default([]),
  skips: z.array(z.string()).default([]),
  conflicts: z.array(z.string()).default([]),
  notices: z.array(z.string()).default([]),
  violations: z.array(z.string()).default([]),
  /** Parts of sentences that say what could not be read. */
  incomplete: z.array(z.string()).default([]),
});
export type Expected = z.infer<typeof Expected>;

/** What happens to requests between the bridge and Retool, for as long as one step lasts. */
const Trouble = z.strictObject({
  /** Method and path below /api/v2, with `{id}` for every id: `POST /groups/{id}/members`. */
  on: z.string(),
  /** How many such requests meet it, the first ones; default all. */
  times: z.number().int().positive().optional(),
  /** A fault of the contract tests, or `stale`: what the same read gave before the first write of the step. */
  answer: z.enum([...faults, 'stale']).optional(),
  /** A key that is missing from every row of the answer. */
  lacks: z.string().optional(),
  /** Only so many rows of the answer arrive, the first ones, and it says that these are all. */
  rows: z.number().int().nonnegative().optional(),
  /** What happens in Retool after the request and before its answer arrives. */
  meanwhile: z.array(Hand).optional(),
});
export type Trouble = z.infer<typeof Trouble>;

const After = z.strictObject({
  active: z.array(z.string()).optional(),
  disabled: z.array(z.string()).optional(),
  groups: z.record(z.string(), z.array(z.string())).optional(),
  metadata: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  names: z.record(z.string(), z.string()).optional(),
});
export type After = z.infer<typeof After>;

const Step = z.strictObject({
  why: z.string().optional(),
  /** By source id; sources that are not named say what they said before. `unreadable`: it fails. */
  says: z.record(z.string(), z.union([People, z.literal('unreadable')])).optional(),
  /** Laid over the base configuration from this step on, in place of what was laid over it before. */
  config: z.record(z.string(), z.unknown()).optional(),
  hand: z.array(Hand).optional(),
  /** Hours that pass before. */
  hours: z.number().optional(),
  trouble: z.array(Trouble).optional(),
  expect: Expected.optional(),
  /** The code of the error with which both the plan and the run end, in place of `expect`; then nothing is written. */
  refused: z.string().optional(),
  /** How the plan is carried out: `approved` (default) applies all of it, `sync` what the guard lets through. */
  by: z.enum(['approved', 'sync']).default('approved'),
  status: z.enum(['unchanged', 'changed', 'held', 'partial', 'failed']).optional(),
  /** What did not simply happen: `addMembers:sales failed notVisible`. */
  outcomes: z.array(z.string()).optional(),
  /** Every write that Retool got, each as often as it got it, sorted; as in `on`. */
  writes: z.array(z.string()).optional(),
  /** Operations that the next plan calls for again. */
  remains: z.array(z.string()).default([]),
  after: After.optional(),
});
export type Step = z.infer<typeof Step>;

export const Scenario = z.strictObject({
  description: z.string().min(40),
  /** For what went wrong somewhere with a program of this kind: what it was, and what it did to people. */
  why: z.string().min(40).optional(),
  sources: z.array(z.string()).default(['staff']),
  config: z.record(z.string(), z.unknown()).optional(),
  retool: z.custom<RetoolSeed>().optional(),
  /** The most users that Retool gives at once. */
  pageLimit: z.number().int().positive().optional(),
  steps: z
    .array(
      Step.refine(({ expect, refused }) => (expect === undefined) !== (refused === undefined), {
        error: 'a step has either `expect` or `refused`',
      }),
    )
    .min(1),
});
export type Scenario = z.infer<typeof Scenario>;
