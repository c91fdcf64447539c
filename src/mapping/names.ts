/** Retool accepts and returns names of 1 to 36 characters (UTF-16 code units); seen in its replies. */
export const longestName = 36;

/** White space of every script, and the invisible characters that `trim` leaves standing. */
const space = /[\p{White_Space}\u200b-\u200d\u2060\ufeff]/u;

/** What shows nothing: white space, control characters, what Unicode calls ignorable, the blank Braille cell. */
const invisible = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\u2800]*$/u;

/** Takes the white space of every script from both ends, in time linear in the text. */
export function trimName(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && space.test(text.charAt(start))) start += 1;
  while (end > start && space.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** Whether a name shows nothing at all. */
export function isBlank(name: string): boolean {
  return invisible.test(name);
}

/** Cuts at a grapheme boundary, so that no character or emoji is torn; empty when the first one is too long. */
export function cutName(name: string, segmenter: Intl.Segmenter): string {
  if (name.length <= longestName) return name;
  let end = 0;
  for (const { index, segment } of segmenter.segment(name)) {
    if (index + segment.length > longestName) break;
    end = index + segment.length;
  }
  return trimName(name.slice(0, end));
}
