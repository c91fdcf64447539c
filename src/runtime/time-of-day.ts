const minuteMs = 60_000;
const minutesPerDay = 1_440;

/** `06:00` as minutes after midnight; null for anything else. */
export function minutesOfDay(text: string): number | null {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hours === undefined || minutes === undefined ? null : Number(hours) * 60 + Number(minutes);
}

/**
 * When a clock on the wall of `timeZone` shows `minutes` after midnight next, epoch milliseconds, later than `now`.
 * A time that daylight saving skips is taken to come with the skip; one that comes twice comes at the first.
 */
export function nextTimeOfDay(minutes: number, timeZone: string, now: number): number {
  const wall = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  let at = Math.floor(now / minuteMs) * minuteMs;
  let shown = minutesOfDay(wall.format(at)) ?? 0;
  for (;;) {
    at += minuteMs;
    const before = shown;
    shown = minutesOfDay(wall.format(at)) ?? 0;
    const passed = (shown - before + minutesPerDay) % minutesPerDay;
    const toGo = (minutes - before + minutesPerDay) % minutesPerDay;
    // More than half a day in one step is the clock being put back: nothing new came with it.
    if (passed <= minutesPerDay / 2 && toGo > 0 && toGo <= passed) return at;
  }
}
