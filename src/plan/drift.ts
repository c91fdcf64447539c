import type { Skip, SkipSubject } from '../model/desired-state.ts';
import type { Operation } from '../model/operation.ts';
import type { Drift } from '../model/store.ts';
import type { PlanInput } from './input.ts';

/** In how long a time values that were put back are counted, milliseconds. */
export const flipsWithinMs = 7 * 86_400_000;

/** A value that was put back this often within that time is left alone: another writer undoes us. */
const mostFlips = 3;

/** One managed value, compared three ways. */
export interface ThreeWay {
  readonly subject: SkipSubject;
  /** `first_name`, `attributes.department`, `member`, `universal_app_access`, … */
  readonly field: string;
  readonly held: string | null;
  readonly desired: string;
  /** What we applied last; undefined: nothing that is remembered. */
  readonly last: string | null | undefined;
  /** What happened, for what is no value; absent: made of the above. */
  readonly event?: string;
}

/** `changed`: the desired value changed; `drift`: somebody changed Retool; a skip says why that is left alone. */
export type Cause = 'changed' | 'drift' | Skip;

/** Why a managed value differs, and whether it is put back. */
export function causeOf(
  { policy, observed }: Pick<PlanInput, 'policy' | 'observed'>,
  value: ThreeWay,
): Cause {
  const { subject, field, held, desired, last } = value;
  if (last !== desired) return 'changed';
  const what =
    value.event ??
    `${field} of ${subject.key} was changed in Retool from ${shown(desired)} to ${shown(held)}`;
  if ((observed.flips.get(flipKey(subject.key, field)) ?? 0) >= mostFlips) {
    const text = `${what} again after it was put back ${mostFlips} times in 7 days: something else writes it, so it is left`;
    return { subject, code: 'flapping', text };
  }
  if (policy.drift === 'repair') return 'drift';
  return {
    subject,
    code: 'drift',
    text: `${what} while nothing changed at the source; drift: report leaves it`,
  };
}

function shown(value: string | null): string {
  return value === null ? 'empty' : JSON.stringify(value);
}

/** How often each value was put back. */
export function flipsOf(drifts: readonly Drift[]): ReadonlyMap<string, number> {
  const flips = new Map<string, number>();
  for (const { subject, field } of drifts) {
    const key = flipKey(subject, field);
    flips.set(key, (flips.get(key) ?? 0) + 1);
  }
  return flips;
}

export function flipKey(subject: string, field: string): string {
  return JSON.stringify([subject, field]);
}

/** The subject and field that a key stands for. */
export function flipOf(key: string): Pick<Drift, 'subject' | 'field'> {
  const [subject = '', field = ''] = JSON.parse(key) as readonly string[];
  return { subject, field };
}

/** The managed values that an operation puts back. */
export function putBackBy(operation: Operation): readonly Omit<Drift, 'at'>[] {
  const { key } = operation.subject;
  switch (operation.kind) {
    case 'updateUser':
    case 'setAttributes':
      return (operation.after.drift ?? []).map((field) => ({ subject: key, field }));
    case 'updateGroup':
      return operation.reason.code === 'drift'
        ? Object.keys(operation.after).map((field) => ({ subject: key, field }))
        : [];
    case 'addMembers':
      return operation.after.members
        .filter(({ reason }) => reason.code === 'drift')
        .map((member) => ({ subject: `${member.key} in ${key}`, field: 'member' }));
    default:
      return [];
  }
}
