import { z } from 'zod';
import { allVisible, type CurrentState } from '../../model/current-state.ts';
import { BridgeError, messageOf } from '../../model/errors.ts';
import type { JsonObject } from '../../model/json.ts';
import type { GuardLimits, MappingRules, Policy } from '../../model/rules.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Memory } from '../../model/store.ts';
import type { User } from '../../model/user.ts';
import type { Absence, Observed } from '../../plan/input.ts';

/*
 * The files of a bundle. Maps are lists of pairs there, since names from outside are no names of fields.
 */

const Text = z.string();
const List = <Item extends z.ZodType>(item: Item) => z.array(item);
const Pairs = <Value>(value: z.ZodType<Value>) =>
  z.array(z.tuple([Text, value])).transform((pairs): ReadonlyMap<string, Value> => new Map(pairs));
const Names = z.array(Text).transform((names): ReadonlySet<string> => new Set(names));
const Data = z
  .record(Text, z.json())
  .transform((value): JsonObject => Object.assign(Object.create(null), value));

const Completeness = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('complete') }),
  z.strictObject({ state: z.literal('partial'), because: Text }),
]);

/** Whatever else a record says is as the source's own schema let it in. */
const Person = z.looseObject({ externalId: Text, active: z.boolean(), extra: Data });

const SnapshotFile = z.strictObject({
  source: Text,
  takenAt: Text,
  users: List(Person),
  groups: List(
    z.strictObject({
      externalId: Text,
      displayName: Text,
      members: List(Text),
      through: List(z.strictObject({ member: Text, groups: List(Text) })).exactOptional(),
      extra: Data,
    }),
  ),
  completeness: z.strictObject({ users: Completeness, groups: Completeness, partialGroups: Pairs(Text) }),
  rejected: List(
    z.strictObject({ type: z.enum(['user', 'group']), externalId: Text.nullable(), text: Text }),
  ),
  calls: z.number(),
  unread: Text.exactOptional(),
});

const Level = z.enum(['none', 'use', 'edit', 'own']);
const Access = z.strictObject({
  apps: Level,
  resources: Level,
  workflows: Level,
  queryLibrary: z.enum(['none', 'use', 'edit']),
});

const Listed = z.enum(['visible', 'hidden']);
const GrantedType = z.enum(['folder', 'app', 'resource', 'resource_configuration']);

const CurrentFile = z.strictObject({
  /** Bundles made before anything could be hidden do not say that all was visible. */
  visible: z.strictObject({ users: Listed, groups: Listed }).default(allVisible),
  tokenOwner: z
    .discriminatedUnion('state', [
      z.strictObject({ state: z.literal('known'), userId: Text }),
      z.strictObject({ state: z.literal('unseen'), because: Text }),
    ])
    .exactOptional(),
  users: List(
    z.looseObject({
      id: Text,
      email: Text,
      firstName: Text.nullable(),
      lastName: Text.nullable(),
      active: z.boolean(),
      isAdmin: z.boolean(),
      userType: z.enum(['default', 'mobile', 'embed']).nullable(),
      metadata: Data,
      lastActive: Text.nullable(),
    }),
  ),
  groups: List(
    z.looseObject({
      id: Text,
      name: Text,
      members: Pairs(z.looseObject({ groupAdmin: z.boolean() })),
      access: Access.nullable(),
    }),
  ),
  invites: List(
    z.looseObject({
      id: Text,
      email: Text,
      claimed: z.boolean(),
      claimedBy: Text.nullable().default(null),
      expiresAt: Text.nullable(),
      groups: Names.default(new Set()),
      metadata: Data.default({}),
    }),
  ),
  attributes: List(z.looseObject({ name: Text, dataType: Text, defaultValue: Text.nullable() })),
  catalogue: List(z.looseObject({ type: GrantedType, id: Text, name: Text, path: Text })).exactOptional(),
  grants: Pairs(
    List(z.looseObject({ type: GrantedType, id: Text, level: z.enum(['use', 'edit', 'own']) })),
  ).exactOptional(),
  accessRequests: List(
    z.looseObject({ id: Text, email: Text, status: z.enum(['PENDING', 'APPROVED', 'DENIED']) }),
  ).exactOptional(),
  readAt: z.strictObject({ began: z.number(), ended: z.number() }),
});

const MemoryFile = z.looseObject({
  isNew: z.boolean(),
  links: List(
    z.strictObject({
      type: z.enum(['user', 'group', 'invite']),
      source: Text,
      externalId: Text,
      targetId: Text,
    }),
  ),
  accounts: Pairs(
    z.looseObject({
      id: Text,
      email: Text,
      origin: z.enum(['created', 'adopted']),
      disabledByUs: z.boolean(),
      attributes: Pairs(z.strictObject({ value: Text.nullable(), source: Text })),
    }),
  ),
  groups: Pairs(
    z.looseObject({
      id: Text,
      name: Text,
      origin: z.enum(['created', 'used']),
      members: Names,
      grants: Pairs(z.enum(['use', 'edit', 'own'])).exactOptional(),
    }),
  ),
  invites: Pairs(
    z.looseObject({
      id: Text,
      email: Text,
      origin: z.enum(['created', 'adopted']),
      state: z.enum(['open', 'ended']),
      reissues: z.number(),
      attributes: Pairs(z.strictObject({ value: Text.nullable(), source: Text })),
      groups: Names,
    }),
  ).default(new Map()),
  appliedConfig: Text.nullable(),
  takenAway: List(z.strictObject({ class: z.enum(['disables', 'removals']), at: z.number() })),
  snapshots: Pairs(z.strictObject({ source: Text, takenAt: Text, users: z.number(), groups: z.number() })),
});

const ObservedFile = z.strictObject({ grace: Pairs(z.number()), flips: Pairs(z.number()) });

const AbsencesFile = Pairs(z.enum(['inactive', 'gone', 'outOfScope', 'unknown']));

/** What the configuration decides. It was checked when it was loaded; here only its shape is. */
const DecisionsFile = z.strictObject({
  mapping: z.looseObject({
    scope: Text.nullable(),
    user: z.record(Text, Text.nullable()),
    attributes: Pairs(Text),
    groups: List(z.looseObject({ name: Text, to: Text, select: z.looseObject({ by: Text }) })),
    precedence: List(Text),
    names: z.looseObject({}),
  }),
  policy: z.looseObject({ policy: Text, protect: z.looseObject({ users: List(Text), groups: List(Text) }) }),
  guard: z.looseObject({ windows: List(z.looseObject({ lengthMs: z.number() })) }),
  requestsPerMinute: z.number(),
  seats: z.number().nullable(),
});

const ManifestFile = z.looseObject({
  format: z.literal('retool-bridge/bundle'),
  version: z.literal(1),
  /** ISO 8601 in UTC: when it was made, and the moment that a plan of it is made at. */
  madeAt: z.iso.datetime(),
  redaction: z.enum(['pseudonyms', 'none']),
  target: Text,
  sources: List(Text),
});
export type Manifest = z.infer<typeof ManifestFile>;

/** Everything a plan is made from, read back from a bundle. */
export interface BundleContent {
  readonly manifest: Manifest;
  readonly snapshots: readonly Snapshot[];
  readonly current: CurrentState;
  readonly memory: Memory;
  readonly absences: ReadonlyMap<string, Absence>;
  readonly observed: Observed;
  readonly decisions: Decisions;
}

export interface Decisions {
  readonly mapping: MappingRules;
  readonly policy: Policy;
  readonly guard: GuardLimits;
  readonly requestsPerMinute: number;
  readonly seats: number | null;
}

export const fileNames = {
  manifest: 'bundle.json',
  decisions: 'decisions.json',
  current: 'retool.json',
  memory: 'memory.json',
  absences: 'absences.json',
  observed: 'observed.json',
} as const;

export function snapshotFileName(index: number): string {
  return `source-${index + 1}.json`;
}

/** The text of one file: maps become lists of pairs, sets lists. */
export function fileText(value: unknown): string {
  const plain = (_: string, inner: unknown): unknown =>
    inner instanceof Map || inner instanceof Set ? [...inner] : inner;
  return `${JSON.stringify(value, plain, 1)}\n`;
}

/** Reads a bundle. Throws `planUnreadable` for a folder that is none, or is of another version. */
export async function readBundle(
  folder: string,
  readText: (path: string) => Promise<string>,
): Promise<BundleContent> {
  const read = async <Schema extends z.ZodType>(name: string, schema: Schema): Promise<z.output<Schema>> => {
    try {
      return schema.parse(JSON.parse(await readText(`${folder}/${name}`)));
    } catch (error) {
      const because =
        error instanceof z.ZodError ? (error.issues[0]?.message ?? 'not a bundle') : messageOf(error);
      throw new BridgeError('planUnreadable', `${folder}/${name} is no file of a bundle: ${because}`, {
        remedy: 'Give the folder that `retool-bridge bundle --out DIR` wrote, whole and unchanged.',
        cause: error,
      });
    }
  };
  const manifest = await read(fileNames.manifest, ManifestFile);
  const snapshots: Snapshot[] = [];
  for (const index of manifest.sources.keys()) {
    const snapshot = await read(snapshotFileName(index), SnapshotFile);
    snapshots.push({ ...snapshot, users: snapshot.users as unknown as readonly User[] });
  }
  const decisions = await read(fileNames.decisions, DecisionsFile);
  return {
    manifest,
    snapshots,
    current: await read(fileNames.current, CurrentFile),
    memory: await read(fileNames.memory, MemoryFile),
    absences: await read(fileNames.absences, AbsencesFile),
    observed: await read(fileNames.observed, ObservedFile),
    decisions: decisions as unknown as Decisions,
  };
}
