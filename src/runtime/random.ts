import type { Random } from '../model/ports.ts';

/** The machine's randomness, for jitter. */
export const systemRandom: Random = () => Math.random();
