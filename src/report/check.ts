import type { CheckResult } from '../model/source.ts';
import { printable } from './escape.ts';
import type { Line, Tone } from './text/lines.ts';
import { blank, columnOf, labelled, paint, paragraph, span } from './text/lines.ts';
import { counted, listed } from './words.ts';

const marks: Readonly<Record<CheckResult['verdict'], readonly [string, Tone]>> = {
  ok: ['✓', 'add'],
  warning: ['!', 'warn'],
  failed: ['✗', 'alarm'],
};

/** One line per thing looked at; under what is not right the remedy and where to read on. The counts stand last. */
export function checkText(
  results: readonly CheckResult[],
  options: { readonly width: number; readonly color: 'always' | 'never' },
): string {
  const { width } = options;
  const labelWidth = columnOf(
    results.map(({ subject }) => printable(subject)),
    Math.floor(width / 3),
  );
  return paint(
    [
      ...results.flatMap((result) => resultLines(result, labelWidth, width)),
      blank,
      ...paragraph(verdictText(results), { indent: 0, width, tone: verdictTone(results), most: 2 }),
    ],
    options,
  );
}

function resultLines(
  { verdict, subject, text, remedy, docs }: CheckResult,
  labelWidth: number,
  width: number,
): readonly Line[] {
  const [mark, tone] = marks[verdict];
  const [first = [], ...rest] = labelled(span(printable(subject), 'plain'), printable(text), {
    indent: 0,
    labelWidth,
    width: width - 2,
    tone: 'plain',
    most: 6,
  });
  const pad = span('  ');
  const below = { indent: labelWidth + 4, width, tone: 'dim', most: 4 } as const;
  return [
    [span(`${mark} `, tone), ...first],
    ...rest.map((line): Line => [pad, ...line]),
    ...(remedy === undefined ? [] : paragraph(`→ ${printable(remedy)}`, { ...below, tone: 'strong' })),
    ...(docs === undefined ? [] : paragraph(`see ${docs}`, below)),
  ];
}

function verdictText(results: readonly CheckResult[]): string {
  const of = (verdict: CheckResult['verdict']): number =>
    results.filter((result) => result.verdict === verdict).length;
  const failed = of('failed');
  const warnings = of('warning');
  if (failed + warnings === 0) return `All ${counted(results.length, 'check')} are fine.`;
  const parts = [
    ...(failed > 0 ? [`${counted(failed, 'check')} failed`] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ];
  return `${listed(parts)} of ${counted(results.length, 'check')}.`;
}

function verdictTone(results: readonly CheckResult[]): Tone {
  if (results.some(({ verdict }) => verdict === 'failed')) return 'alarm';
  return results.some(({ verdict }) => verdict === 'warning') ? 'warn' : 'add';
}
