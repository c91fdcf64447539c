/**
 * Lower-cases A to Z only, the one folding by which addresses and names are compared: it is independent of the
 * locale and never makes other letters ASCII, since what merely looks alike may be two people.
 */
export function folded(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Sorts by UTF-16 code unit: the same order on every machine and in every locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A number with its noun: `1 account`, `3 accounts`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
