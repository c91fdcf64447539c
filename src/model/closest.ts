/** Words longer than this are not compared: nobody mistypes them by a letter. */
const longestWord = 64;

/**
 * The candidate that a mistyped word was probably meant to be; null when none is close. Close means equal
 * but for case, or at most one typing slip for every three letters.
 */
export function closest(word: string, candidates: Iterable<string>): string | null {
  if (word.length > longestWord) return null;
  const folded = word.toLowerCase();
  let best: string | null = null;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (candidate.toLowerCase() === folded) return candidate;
    if (candidate.length > longestWord || Math.abs(candidate.length - word.length) >= fewest) continue;
    const slips = slipsBetween(folded, candidate.toLowerCase());
    if (slips < fewest) {
      best = candidate;
      fewest = slips;
    }
  }
  return best;
}

/** ` (did you mean "x"?)`, or nothing when no candidate is close. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const meant = closest(word, candidates);
  return meant === null ? '' : ` (did you mean "${meant}"?)`;
}

/** Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours. */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let slips = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) slips = Math.min(slips, at(beforeLast, column - 2) + 1);
      current.push(slips);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
