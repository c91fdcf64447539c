import { attributeText, type CurrentUser } from '../model/current-state.ts';
import type { DesiredAttribute, Provenance, Skip, SkipSubject } from '../model/desired-state.ts';
import type { AdoptedValue, Subject } from '../model/operation.ts';
import type { ManagedAccount } from '../model/store.ts';
import type { WantedPerson } from './correlation.ts';
import { causeOf } from './drift.ts';
import type { PlanInput } from './input.ts';

/** What is to happen to one account's attributes. */
export interface AttributeChanges {
  /** Values to write; null: to clear. */
  readonly changes: ReadonlyMap<string, AttributeChange>;
  /** Values that are already there and become ours. */
  readonly adopted: ReadonlyMap<string, AdoptedValue>;
  /** Attributes that would be cleared if the policy allowed it. */
  readonly notCleared: readonly string[];
  /** Values that somebody changed in Retool and that are left as they are. */
  readonly left: readonly Skip[];
}

export interface AttributeChange {
  readonly before: string | null;
  readonly after: string | null;
  readonly source: string;
  readonly provenance: Provenance;
  /** `drift`: somebody changed Retool; `noValue`: its source has none any more; `noRule`: no rule names it. */
  readonly code: 'changed' | 'drift' | 'noValue' | 'noRule';
}

/** What attributes are kept on: an account, or an invite for whoever will claim it. */
export interface AttributeHolder {
  readonly subject: Subject;
  readonly metadata: CurrentUser['metadata'];
  /** Whether what it holds is as we left it unless somebody changed it. */
  readonly active: boolean;
  /** The values that are ours. */
  readonly owned: ManagedAccount['attributes'];
}

/** Compares what the sources say with the metadata held; only what a rule names or we own is looked at. */
export function diffAttributes(
  input: PlanInput,
  person: WantedPerson,
  holder: AttributeHolder,
): AttributeChanges {
  const { owned } = holder;
  const changes = new Map<string, AttributeChange>();
  const adopted = new Map<string, AdoptedValue>();
  const notCleared: string[] = [];
  const left: Skip[] = [];
  for (const name of attributesToCompare(input, owned)) {
    const before = attributeText(holder, name);
    const mine = owned.get(name);
    const choice = chooseValue(input, person, name, mine?.source ?? null);
    if (choice === 'undecided') continue;
    const misfit = choice === null ? null : misfitOf(input, holder.subject, name, choice.value);
    if (misfit !== null) left.push(misfit);
    else if (choice === null) {
      if (mine === undefined || mine.value === null || before === null) continue;
      if (input.policy.policy === 'sync')
        changes.set(name, {
          before,
          after: null,
          source: mine.source,
          ...clearedBecause(input, person, name, mine.source),
        });
      else notCleared.push(name);
    } else if (before !== choice.value) {
      const cause = causeOf(input, {
        subject: holder.subject,
        field: `attributes.${name}`,
        held: before,
        desired: choice.value,
        last: holder.active ? mine?.value : undefined,
      });
      if (typeof cause === 'object') left.push(cause);
      else {
        const { provenance } = choice;
        changes.set(name, {
          before,
          after: choice.value,
          source: provenance.source,
          provenance,
          code: cause,
        });
      }
    } else if (mine === undefined || mine.value === null || mine.source !== choice.provenance.source) {
      adopted.set(name, { value: choice.value, source: choice.provenance.source });
    }
  }
  return { changes, adopted, notCleared, left };
}

/**
 * Why a value is not written: Retool takes text for an attribute of any type, and shows what does not fit as broken.
 * The account keeps what it has.
 */
export function misfitOf(input: PlanInput, subject: SkipSubject, name: string, value: string): Skip | null {
  const dataType = input.current.attributes.find((definition) => definition.name === name)?.dataType;
  if (dataType === undefined || fits(dataType, value)) return null;
  const text = `${name} of ${subject.key} is ${JSON.stringify(value)} at the source, which is no ${dataType === 'json' ? 'JSON' : dataType}, as Retool defines it; it is left as it is`;
  return { subject, code: 'attributeType', text };
}

function fits(dataType: string, value: string): boolean {
  if (dataType === 'number') return value.trim() !== '' && Number.isFinite(Number(value));
  if (dataType !== 'json') return true;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * The value that counts: while a value is ours, the source that gave it keeps it, and has it none any
 * more, the attribute has none (it is not taken from the next source). Otherwise the first in precedence.
 */
export function chooseValue(
  input: PlanInput,
  person: WantedPerson,
  name: string,
  owner: string | null,
): DesiredAttribute | null | 'undecided' {
  const candidates = person.account.attributes.get(name) ?? [];
  if (owner === null || !input.desired.sources.includes(owner)) return candidates[0] ?? null;
  if (person.keys.some((key) => key.source === owner))
    return candidates.find((candidate) => candidate.provenance.source === owner) ?? null;
  return input.desired.completeSources.has(owner) ? (candidates[0] ?? null) : 'undecided';
}

export function attributesToCompare(input: PlanInput, owned: ManagedAccount['attributes']): Iterable<string> {
  const defined = new Set(input.current.attributes.map((attribute) => attribute.name));
  const names = new Set(input.desired.attributeNames);
  for (const name of owned.keys()) if (defined.has(name)) names.add(name);
  return names;
}

function clearedBecause(
  input: PlanInput,
  person: WantedPerson,
  name: string,
  source: string,
): Pick<AttributeChange, 'provenance' | 'code'> {
  const rule = `attributes.${name}`;
  const { externalId } = person.account.provenance;
  return input.desired.attributeNames.includes(name)
    ? {
        code: 'noValue',
        provenance: { rule, source, externalId, text: `${source} has no value for it any more` },
      }
    : { code: 'noRule', provenance: { rule, source, externalId, text: 'no rule names it any more' } };
}
