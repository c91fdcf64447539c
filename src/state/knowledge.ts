import { nothingKnown, type KnownMemory, type TargetKnowledge } from '../model/preflight.ts';
import type { Secret } from '../model/secret.ts';
import { digestOf } from '../runtime/digest.ts';

/** What a state knows of a target through one token. The state keeps the token's digest, never the token. */
export function createKnowledge(memory: KnownMemory, token: Secret): TargetKnowledge {
  const digest = digestOf(['token', token.reveal()]);
  const recall = (): ReturnType<TargetKnowledge['recall']> => memory.known(digest) ?? nothingKnown;
  return {
    recall,
    remember: (part) => memory.saveKnown(digest, { ...recall(), ...part }),
  };
}
