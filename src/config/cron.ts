/** One field of a cron expression. */
interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names that stand for `least`, `least + 1` and so on. */
  readonly names: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const fields: readonly Field[] = [
  { name: 'second', least: 0, most: 59, names: [] },
  { name: 'minute', least: 0, most: 59, names: [] },
  { name: 'hour', least: 0, most: 23, names: [] },
  { name: 'day of the month', least: 1, most: 31, names: [] },
  { name: 'month', least: 1, most: 12, names: months },
  { name: 'day of the week', least: 0, most: 7, names: weekdays },
];

/** What is wrong with a cron expression of five fields, or six with seconds first; null when nothing is. */
export function cronProblem(text: string): string | null {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6)
    return 'expected five fields (minute, hour, day of the month, month, day of the week), such as "*/15 * * * *"';
  const wrong = fields.slice(-parts.length).find((field, index) => !fits(field, parts[index] ?? ''));
  if (wrong === undefined) return null;
  return `expected another ${wrong.name}: "*" or values from ${wrong.least} to ${wrong.most}, with "," and "-" and "/" between them`;
}

/** A list of `*`, values and ranges, each with a step or without one. */
function fits(field: Field, part: string): boolean {
  return part.split(',').every((item) => {
    const [, range = '', step] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(item) ?? [];
    if (step !== undefined && Number(step) === 0) return false;
    if (range === '*') return true;
    const [from, to, ...more] = range.split('-').map((text) => valueOf(field, text));
    if (from === undefined || from === null || to === null || more.length > 0) return false;
    return to === undefined || from <= to;
  });
}

function valueOf({ names, least, most }: Field, text: string): number | null {
  const named = names.indexOf(text.toLowerCase());
  if (named !== -1) return least + named;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
}
