import type { Comparison } from '../model/comparison.ts';
import type { Json } from '../model/json.ts';
import type { PlacedChange } from './changes.ts';
import type { FieldChange } from './describe.ts';
import { originOf } from './describe.ts';
import { countEffects, effectsByRule, type Effect, type EffectCounts, type RuleEffects } from './effects.ts';
import { jsonDocument, printable } from './escape.ts';
import type { Line, Tone } from './text/lines.ts';
import { blank, labelled, line, paint, paragraph, span } from './text/lines.ts';
import type { TextOptions } from './text.ts';
import { heading, remainder } from './text/remarks.ts';
import { counted, hostOf, listed } from './words.ts';

/** What another configuration would change, by rule, for a terminal. */
export function againstText(comparison: Comparison, options: TextOptions): string {
  const { files, after, limits } = comparison;
  const { width } = options;
  const rules = effectsByRule(comparison);
  const lines = [
    ...paragraph(printable(`${files.before} against ${files.after} for ${hostOf(after.target)}`), {
      indent: 0,
      width,
      tone: 'strong',
      most: 3,
    }),
    ...paragraph(printable(headlineOf(rules, files.after)), { indent: 0, width, tone: 'plain', most: 4 }),
    blank,
    ...limits.flatMap((text) =>
      labelled(span('!', 'warn'), printable(text), {
        indent: 0,
        labelWidth: 1,
        width,
        tone: 'warn',
        most: 4,
      }),
    ),
    ...(limits.length === 0 ? [] : [blank]),
    ...rules.flatMap((rule) => ruleLines(rule, options)),
    ...violationLines(comparison, options),
  ];
  return paint(lines.slice(0, lines.findLastIndex((one) => one.length > 0) + 1), options);
}

function headlineOf(rules: readonly RuleEffects[], file: string): string {
  const differ = rules.filter(({ difference }) => difference !== undefined).length;
  const changes = changesText(countEffects(rules));
  if (differ === 0 && changes === '') return 'Both plan the same.';
  const about =
    differ === 0 ? 'No rule differs' : `${counted(differ, 'rule')} ${differ === 1 ? 'differs' : 'differ'}`;
  return changes === ''
    ? `${about}, and both plan the same.`
    : `${about}; with ${file} the plan has ${changes}.`;
}

function changesText({ added, dropped, altered }: EffectCounts): string {
  const parts: readonly (readonly [number, string])[] = [
    [added, counted(added, 'more change')],
    [dropped, counted(dropped, 'fewer change')],
    [altered, `${counted(altered, 'change')} with other values`],
  ];
  return listed(parts.filter(([count]) => count > 0).map(([, text]) => text));
}

function ruleLines({ rule, difference, effects }: RuleEffects, options: TextOptions): readonly Line[] {
  const { width, limit = Infinity } = options;
  const shown = effects.slice(0, limit);
  const text = (label: string, value: string | null, tone: Tone): readonly Line[] =>
    labelled(span(label, 'dim'), value === null ? '(not there)' : printable(value), {
      indent: 2,
      labelWidth: 6,
      width,
      tone,
      most: 4,
    });
  return [
    ...heading(printable(rule ?? 'No rule calls for it'), effects.length, width),
    ...(difference === undefined
      ? []
      : [...text('before', difference.before, 'remove'), ...text('after', difference.after, 'add')]),
    ...(effects.length === 0 ? [line('  changes nothing now', 'dim')] : []),
    ...shown.flatMap((effect) => effectLines(effect, width)),
    ...remainder(effects.length - shown.length, 'change', 2),
    blank,
  ];
}

const marks: Readonly<Record<Effect['effect'], readonly [string, Tone]>> = {
  added: ['more', 'add'],
  dropped: ['fewer', 'remove'],
  altered: ['other', 'change'],
};

function effectLines(effect: Effect, width: number): readonly Line[] {
  const [mark, tone] = marks[effect.effect];
  const { change } = effect;
  const { reason } = change.change;
  const values = valuesText(effect);
  const why = [reason.text, originOf(reason)].filter((part) => part !== '').join(' · ');
  return [
    ...labelled(
      span(mark, tone),
      printable(values === '' ? sentenceOf(change) : `${sentenceOf(change)}: ${values}`),
      { indent: 2, labelWidth: 6, width, tone: 'plain', most: 4 },
    ),
    ...paragraph(printable(why), { indent: 10, width, tone: 'dim', most: 3 }),
  ];
}

/** The values that make the difference: what is written, or what is written instead of what. */
function valuesText({ change: { change }, instead }: Effect): string {
  if (instead === null) return hasOwnValues(change) ? fieldsText(change.fields) : '';
  const before = new Map(instead.change.fields.map((field) => [field.name, field.after]));
  const after = new Map(change.fields.map((field) => [field.name, field.after]));
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name} ${before.get(name) ?? '—'} becomes ${after.get(name) ?? '—'}`)
    .join(', ');
}

function sentenceOf({ key, change }: PlacedChange): string {
  return change.group === null ? `${change.action} ${key}` : `${key}: ${change.action} ${change.group}`;
}

/** Whether the values say more than the sentence does. */
function hasOwnValues({ group, kind }: PlacedChange['change']): boolean {
  return group === null && kind !== 'deactivateUser';
}

function fieldsText(fields: readonly FieldChange[]): string {
  return fields
    .map(({ name, before, after }) =>
      before === null ? `${name} ${after ?? '—'}` : `${name} ${before} → ${after ?? '—'}`,
    )
    .join(', ');
}

function violationLines({ files, after }: Comparison, { width }: TextOptions): readonly Line[] {
  if (after.violations.length === 0) return [];
  return [
    ...heading(`${printable(files.after)} would be held`, after.violations.length, width),
    ...after.violations.flatMap((violation) =>
      labelled(span(violation.class, 'warn'), printable(violation.text), {
        indent: 2,
        labelWidth: 14,
        width,
        tone: 'plain',
        most: 4,
      }),
    ),
    blank,
  ];
}

/** The comparison for machines: counts, then every rule with its text on both sides and its changes. */
export function againstJson(comparison: Comparison): string {
  const { files, before, after, limits } = comparison;
  const rules = effectsByRule(comparison);
  const counts = countEffects(rules);
  const document: Json = {
    format: 'retool-bridge/against',
    version: 1,
    target: after.target,
    before: { file: files.before, config: before.config, operations: before.summary.total },
    after: { file: files.after, config: after.config, operations: after.summary.total },
    summary: { added: counts.added, dropped: counts.dropped, altered: counts.altered },
    limits,
    violations: after.violations.map(({ class: of, limit, actual, text }) => ({
      class: of,
      limit,
      actual,
      text,
    })),
    rules: rules.map(({ rule, difference, effects }) => ({
      rule,
      before: difference?.before ?? null,
      after: difference?.after ?? null,
      differs: difference !== undefined,
      changes: effects.map(effectJson),
    })),
  };
  return jsonDocument(document);
}

function effectJson({ effect, change: { type, key, id, change }, instead }: Effect): Json {
  const { code, rule, source, externalId, text } = change.reason;
  return {
    effect,
    kind: change.kind,
    subject: { type, key, id },
    group: change.group,
    fields: change.fields.map(fieldJson),
    instead: instead === null ? null : instead.change.fields.map(fieldJson),
    reason: { code, rule, source, externalId, text },
  };
}

function fieldJson({ name, before, after }: FieldChange): Json {
  return { name, before, after };
}
