/** The members of a JSON object; null when the text is anything else, or no JSON at all. */
export function jsonObjectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    // Bodies of errors often are no JSON: callers ask in order to find out.
    return null;
  }
}
