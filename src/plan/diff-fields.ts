import type { CurrentUser } from '../model/current-state.ts';
import type { DesiredAccount, Skip } from '../model/desired-state.ts';
import type { AccountFields } from '../model/operation.ts';
import { ownField, type ManagedAccount } from '../model/store.ts';
import { causeOf } from './drift.ts';
import type { PlanInput } from './input.ts';
import { userSubject } from './operations.ts';

/** What is to happen to an account's own fields. */
export interface FieldChanges {
  readonly before: AccountFields;
  readonly after: AccountFields;
  /** The changed ones that somebody changed in Retool. */
  readonly drift: readonly string[];
  /** Those that somebody changed in Retool and that are left as they are. */
  readonly left: readonly Skip[];
}

const names = ['first_name', 'last_name', 'user_type'] as const;

/** An account's own fields as the mapping wants them; those it leaves alone are absent. */
function desiredFields({ firstName, lastName, userType }: DesiredAccount): AccountFields {
  return {
    first_name: firstName,
    last_name: lastName,
    ...(userType === null ? {} : { user_type: userType }),
  };
}

function heldFields({ firstName, lastName, userType }: CurrentUser): AccountFields {
  return { first_name: firstName, last_name: lastName, user_type: userType };
}

/** The fields that are already as they should be: what is remembered of an account that becomes ours. */
export function equalFields(account: DesiredAccount, user: CurrentUser): AccountFields {
  const [desired, held] = [desiredFields(account), heldFields(user)];
  return picked(desired, (name) => desired[name] !== undefined && desired[name] === held[name]);
}

/** Compares an account's own fields with what the mapping wants and what was applied last. */
export function diffFields(
  input: PlanInput,
  account: DesiredAccount,
  user: CurrentUser,
  managed: ManagedAccount | null,
): FieldChanges {
  const [desired, held] = [desiredFields(account), heldFields(user)];
  const changed = new Set<string>();
  const drift: string[] = [];
  const left: Skip[] = [];
  for (const name of names) {
    const wanted = desired[name];
    if (wanted === undefined || wanted === null || wanted === held[name]) continue;
    const cause = causeOf(input, {
      subject: userSubject(user),
      field: name,
      held: held[name] ?? null,
      desired: wanted,
      last: user.active ? managed?.attributes.get(ownField(name))?.value : undefined,
    });
    if (typeof cause === 'object') left.push(cause);
    else changed.add(name);
    if (cause === 'drift') drift.push(name);
  }
  const isChanged = (name: string): boolean => changed.has(name);
  return { before: picked(held, isChanged), after: picked(desired, isChanged), drift, left };
}

function picked(fields: AccountFields, isWanted: (name: (typeof names)[number]) => boolean): AccountFields {
  return Object.fromEntries(names.flatMap((name) => (isWanted(name) ? [[name, fields[name]]] : [])));
}
