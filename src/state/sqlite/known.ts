import type { Known, KnownMemory } from '../../model/preflight.ts';
import type { Meta } from './meta.ts';

/** What was found out about the target; another token's takes its place. */
export function knownOf(meta: Meta): KnownMemory {
  return {
    known(token) {
      const text = meta.get('known');
      if (text === null) return null;
      // The seal of `meta` says that this is the text that it was written as.
      const { of, known } = JSON.parse(text) as { readonly of: string; readonly known: Known };
      return of === token ? known : null;
    },
    saveKnown: (token, known) => meta.set('known', JSON.stringify({ of: token, known })),
  };
}
