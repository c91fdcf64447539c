import { z } from 'zod';
import { didYouMean } from '../model/closest.ts';
import { Secret } from '../model/secret.ts';

const unitMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** Ten years: no duration of the configuration means anything beyond it. */
const longestMs = 3_650 * 86_400_000;

const durationPattern = /^([1-9]\d{0,9})(ms|s|m|h|d)$/;

/** The length of `500ms`, `30s`, `15m`, `24h` or `7d` in milliseconds; null for anything else. */
export function durationMs(text: string): number | null {
  const [, amount, unit] = durationPattern.exec(text) ?? [];
  const ms = Number(amount) * (unitMs.get(unit ?? '') ?? Number.NaN);
  return ms <= longestMs ? ms : null;
}

const durationForm = 'expected a duration such as 500ms, 30s, 15m, 24h or 7d';

/** A duration, parsed to milliseconds. */
export const Duration = z
  .string({ error: durationForm })
  .regex(durationPattern, { error: durationForm, abort: true })
  .refine((text) => durationMs(text) !== null, { error: 'expected a duration of at most 3650d' })
  .transform((text) => durationMs(text) ?? 0);

/** A duration as the key of a map. */
export const DurationKey = z
  .string()
  .refine((text) => durationMs(text) !== null, { error: durationForm })
  .meta({ pattern: durationPattern.source });

/** `10%`, parsed to 10. */
export const Percent = z
  .string({ error: 'expected a percentage from 0% to 100%, such as 10%' })
  .regex(/^(?:100|\d{1,2}(?:\.\d{1,3})?)%$/, { error: 'expected a percentage from 0% to 100%, such as 10%' })
  .transform((text) => Number(text.slice(0, -1)));

/** Text that is more than white space. */
export const Text = z.string().regex(/\S/, { error: 'expected text that is not blank' });

/** A secret, which is never written out. */
export const SecretValue = z.custom<Secret>((value) => value instanceof Secret, {
  error: 'expected a secret by reference: { env: NAME } or { file: PATH }',
});

/** An address that can be compared; parsed to lower case, which is safe because it is ASCII. */
export const Address = z
  .string()
  .max(254)
  .regex(/^[!-?A-~]+@[!-?A-~]+$/, { error: 'expected an e-mail address of plain ASCII' })
  .transform((text) => text.toLowerCase());

/** An IANA time zone. */
export const TimeZone = z.string().superRefine((text, context) => {
  if (isTimeZone(text)) return;
  const meant = didYouMean(text, Intl.supportedValuesOf('timeZone'));
  context.addIssue({
    code: 'custom',
    message: `expected a time zone such as Etc/UTC or Europe/Berlin${meant}`,
  });
});

function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** A key that a later version will know: no value of it is understood yet. */
export function notYet(description: string): z.ZodOptional<z.ZodNever> {
  return z
    .never({ error: 'is not supported by this version yet' })
    .optional()
    .meta({ description: `${description} Not supported by this version yet.` });
}
