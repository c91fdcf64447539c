/** Keys whose values never reach a log line, wherever they stand in its fields. */
export const redactedPaths: readonly string[] = [
  'token',
  'authorization',
  'password',
  'secret',
  'email',
  'invite_link',
].flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/**
 * Makes text from outside safe for a terminal or a log: control characters, including those that
 * start escape sequences, and bidirectional overrides become visible `\u….` escapes.
 */
export function printable(text: string): string {
  return text.replace(/(?![\t\n])[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
