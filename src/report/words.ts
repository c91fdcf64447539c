import type { OutcomeState } from '../model/outcome.ts';

/** A whole number with thousands separators: `5,000`. */
export function numeral(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A counted noun: `1 leaver`, `5,000 leavers`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${numeral(value)} ${value === 1 ? one : many}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(parts: readonly string[]): string {
  const last = parts.at(-1);
  if (last === undefined) return '';
  return parts.length === 1 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

/** An ISO 8601 instant in UTC, to the minute: `2026-11-24 05:10 UTC`; anything else as it is. */
export function minuteOf(instant: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z$/.exec(instant);
  return match === null ? instant : `${match[1]} ${match[2]} UTC`;
}

/** How long a run took, from two ISO 8601 instants: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 4 min`. */
export function durationBetween(startedAt: string, finishedAt: string): string {
  const ms = Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt));
  if (!Number.isFinite(ms)) return 'an unknown time';
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The host a target's address names, for titles: `acme.retool.com`. */
export function hostOf(target: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i.exec(target)?.[1] ?? target;
}

/** An outcome's state as readers see it. */
export function stateWord(state: OutcomeState): string {
  return state === 'notAttempted' ? 'not attempted' : state;
}
