import { printable } from './redact.ts';

/** pino's numbers of its levels, by name. */
const levels: ReadonlyMap<unknown, string> = new Map([
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
]);

/** Takes the place of a progress line that stands at the end of the terminal. */
const eraseLine = '\r\u001b[2K';

/**
 * A line of the log as people read it: `03:14:07Z warn   request to Retool is repeated  method=GET waitMs=126`. Takes
 * one JSON object as pino writes it; what is none comes back as it is.
 */
export function lineForPeople(json: string): string {
  const entry = objectIn(json);
  if (entry === null) return json;
  const { level, time, msg, ...fields } = entry;
  const at = typeof time === 'number' ? `${new Date(time).toISOString().slice(11, 19)}Z ` : '';
  const told = Object.entries(fields).map(([name, value]) => `${name}=${textOf(value)}`);
  const what = [String(msg ?? ''), told.join(' ')].filter((part) => part !== '').join('  ');
  return `${eraseLine}${printable(`${at}${(levels.get(level) ?? 'log').padEnd(6)} ${what}`)}\n`;
}

function objectIn(json: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    // A line that is no JSON is not one of ours, and is worth seeing as it is.
    return null;
  }
}

/** A word stands for itself; whatever could be mistaken for more than one value is quoted. */
function textOf(value: unknown): string {
  const isWord = typeof value === 'string' && /^[\w.:/@+-]+$/.test(value);
  return isWord ? value : JSON.stringify(value);
}
