/** Repeatable choices: the same seed gives the same answers on every machine. */
export interface Random {
  /** An integer from 0 up to, not including, `bound`. */
  below(bound: number): number;
  /** True for about `share` of the calls; `share` lies between 0 and 1. */
  chance(share: number): boolean;
  /** One item of a list; a list without items is an error. */
  pick<T>(items: readonly T[]): T;
  /** The numbers 0 to `count - 1`, each once, in a random order. */
  order(count: number): readonly number[];
  /** `length` characters out of an alphabet. */
  text(length: number, alphabet: string): string;
}

const TWO_TO_32 = 0x1_0000_0000;

/** A generator good enough to invent people with; it is no use for secrets. */
export function createRandom(seed: number): Random {
  const next = bits(seed);
  const below = (bound: number): number => Math.floor((next() / TWO_TO_32) * bound);
  return {
    below,
    chance: (share) => next() / TWO_TO_32 < share,
    pick: (items) => itemAt(items, below(items.length)),
    order: (count) => shuffled(count, below),
    text: (length, alphabet) =>
      Array.from({ length }, () => alphabet.charAt(below(alphabet.length))).join(''),
  };
}

/** The item at an index that is known to exist. */
export function itemAt<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`No item ${index} in a list of ${items.length}`);
  return item;
}

/** A Weyl sequence, each term mixed by xor-shift and multiplication: 32 bits a call. */
function bits(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}

/** Fisher and Yates. */
function shuffled(count: number, below: (bound: number) => number): readonly number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = below(last + 1);
    const moved = itemAt(order, last);
    order[last] = itemAt(order, other);
    order[other] = moved;
  }
  return order;
}
