const shortestMs = 1_000;
const longestMs = 15 * 60_000;

/**
 * Reads a `Retry-After` header (RFC 9110 section 10.2.3): milliseconds to wait from `now` (epoch
 * milliseconds), kept between one second and fifteen minutes. Anything but up to five digits or an
 * IMF-fixdate is null: lenient parsing turns `Infinity`, `1e9` or two joined headers into a wait of
 * nothing or of for ever.
 */
export function parseRetryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d{1,5}$/.test(value)) return clamp(Number(value) * 1_000);
  const at = parseImfFixdate(value);
  return at === null ? null : clamp(at - now);
}

/** `toUTCString` writes exactly the IMF-fixdate form, so only a date in that form survives the round trip. */
function parseImfFixdate(value: string): number | null {
  const at = Date.parse(value);
  if (Number.isNaN(at)) return null;
  return new Date(at).toUTCString() === value ? at : null;
}

function clamp(ms: number): number {
  return Math.min(Math.max(ms, shortestMs), longestMs);
}
