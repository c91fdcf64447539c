import type { CurrentState } from '../model/current-state.ts';
import { BridgeError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Lookup, Source } from '../model/source.ts';
import type { ReconcileParts, RunRequest } from './parts.ts';

/** A plan, and what was asked for when it was made. */
export interface DryRun {
  readonly plan: Plan;
  readonly request: Extract<RunRequest, { readonly kind: 'dryRun' | 'sync' }>;
}

/** What both sides said while a plan was made, to be heard again without asking again. */
export interface Recording {
  /** The same parts, listened to. */
  readonly parts: ReconcileParts;
  /** Sources that say once more what they said. */
  sources(): readonly Source[];
  /** The target as it was last read. */
  current(): CurrentState;
}

/** Listens to every read that goes through the parts. */
export function recording(parts: ReconcileParts): Recording {
  const heard = parts.sources.map(listenedTo);
  let current: CurrentState | null = null;
  const { sink } = parts;
  return {
    parts: {
      ...parts,
      sources: heard.map(({ source }) => source),
      sink: {
        ...sink,
        async read(signal) {
          current = await sink.read(signal);
          return current;
        },
        async readExtras(...asked) {
          current = await sink.readExtras(...asked);
          return current;
        },
      },
    },
    sources: () => heard.map(({ again }) => again),
    current: () => current ?? notHeard('the target'),
  };
}

interface ListenedTo {
  readonly source: Source;
  readonly again: Source;
}

function listenedTo(source: Source): ListenedTo {
  const answers = new Map<string, Lookup>();
  let told: Promise<Snapshot> | null = null;
  return {
    source: {
      ...source,
      read(...asked) {
        told = source.read(...asked);
        return told;
      },
      async find(externalId, signal) {
        const answer = await source.find(externalId, signal);
        answers.set(externalId, answer);
        return answer;
      },
    },
    again: {
      ...source,
      // A source that could not be read cannot be read again either.
      read: async () => (await told) ?? notHeard(source.id),
      find: async (externalId) =>
        answers.get(externalId) ?? { state: 'unknown', because: 'nobody asked when the plan was made' },
    },
  };
}

function notHeard(what: string): never {
  throw new BridgeError('internal', `what ${what} said is asked for before it was read`, {
    audience: 'developer',
  });
}
