/** A word for a number, so that made-up names differ by letters: `a`, `b`, …, `ba`, … */
export function wordsOf(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26));
  return index < 26 ? letter : `${wordsOf(Math.floor(index / 26))}${letter}`;
}
