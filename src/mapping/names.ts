/** Retool accepts and returns names of 1 to 36 characters (UTF-16 code units); seen in its replies. */
export const longestName = 36;

/** Trims white space of every script, and the invisible characters that `trim` leaves standing. */
export function trimName(name: string): string {
  return name.replace(/^[\s\u200b-\u200d\u2060\ufeff]+|[\s\u200b-\u200d\u2060\ufeff]+$/gu, '');
}

/** Cuts at a grapheme boundary, so that no character or emoji is torn. */
export function cutName(name: string, segmenter: Intl.Segmenter): string {
  if (name.length <= longestName) return name;
  let end = 0;
  for (const { index, segment } of segmenter.segment(name)) {
    if (index + segment.length > longestName) break;
    end = index + segment.length;
  }
  return trimName(name.slice(0, end));
}
