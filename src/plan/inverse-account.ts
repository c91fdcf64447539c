import { attributeText, type CurrentUser } from '../model/current-state.ts';
import type { AccountFields, OperationOf } from '../model/operation.ts';
import { effect } from './effects.ts';
import { accountOf, isStale, skip, stale, undoing, type InverseWork } from './inverse-work.ts';
import { operation, userSubject } from './operations.ts';

type Change = OperationOf<'updateUser' | 'setAttributes' | 'clearAttributes' | 'reactivateUser'>;

/** The values to be put back, beside those that are there now. */
interface Values {
  readonly before: Record<string, string | null>;
  readonly after: Record<string, string | null>;
}

/**
 * Puts names, kind of user and attributes of one account back, together with its being switched on where it is. An
 * attribute that was cleared becomes its source's again; of one that was written nobody knows whose it was before,
 * so it is nobody's: it has no entry in `sources`, which releases it.
 */
export function inverseChange(work: InverseWork, one: Change, id: string | null): void {
  const user = accountOf(work, one, id);
  if (user === null) return;
  const fields = ownFields(work, one, user);
  const metadata = attributes(work, one, user);
  const names = [...Object.keys(fields.after), ...Object.keys(metadata.after)];
  if (names.length === 0) return;
  const change = {
    before: withMetadata(fields.before, metadata.before),
    after: { ...withMetadata(fields.after, metadata.after), sources: sourcesOf(one, metadata) },
  };
  if (!user.active) return changeWhileReturning(work, one, user, change);
  const [only] = Object.values(metadata.after);
  const isOneAttribute = names.length === 1 && only !== undefined;
  const kind = !isOneAttribute ? 'updateUser' : only === null ? 'clearAttributes' : 'setAttributes';
  work.operations.push(operation(kind, userSubject(user), change, undoing(work, one)));
}

/** A disabled account is only changed by the call that switches it on. */
function changeWhileReturning(
  work: InverseWork,
  one: Change,
  user: CurrentUser,
  change: Pick<OperationOf<'updateUser'>, 'before' | 'after'>,
): void {
  const place = work.operations.findIndex(
    ({ kind, subject }) => kind === 'reactivateUser' && subject.id === user.id,
  );
  const returning = work.operations[place];
  if (returning?.kind !== 'reactivateUser')
    return stale(work, one, `${userSubject(user).key} is disabled by now`);
  work.operations[place] = {
    ...returning,
    before: { ...change.before, active: false },
    after: { ...change.after, active: true },
    reason: { ...returning.reason, text: `${returning.reason.text}, and ${one.id}` },
  };
}

/** What a run clears was ours before, and its source's. */
function sourcesOf({ after }: Change, restored: Values): Record<string, string> {
  const sources: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(restored.after)) {
    const source = after.sources[name];
    if (value !== null && after.metadata?.[name] === null && source !== undefined) sources[name] = source;
  }
  return sources;
}

function ownFields(work: InverseWork, one: Change, user: CurrentUser): Values {
  const now = { first_name: user.firstName, last_name: user.lastName, user_type: user.userType };
  const values: Values = { before: {}, after: {} };
  for (const field of ['first_name', 'last_name', 'user_type'] as const) {
    const [left, earlier] = [one.after[field], one.before[field]];
    if (left === undefined || now[field] === earlier) continue;
    if (isStale(work, one, effect.field(user.id, field))) continue;
    if (now[field] !== left) stale(work, one, `${field} of ${one.subject.key} was changed by hand since`);
    else if (earlier === undefined || earlier === null)
      skip(
        work,
        one,
        'cannotUndo',
        `${field} of ${one.subject.key} was empty, and Retool takes no empty one`,
      );
    else [values.before[field], values.after[field]] = [left, earlier];
  }
  return values;
}

function attributes(work: InverseWork, one: Change, user: CurrentUser): Values {
  const values: Values = { before: Object.create(null), after: Object.create(null) };
  for (const [name, left] of Object.entries(one.after.metadata ?? {})) {
    const held = attributeText(user, name);
    const earlier = one.before.metadata?.[name] ?? null;
    if (held === earlier || isStale(work, one, effect.attribute(user.id, name))) continue;
    if (held === left) [values.before[name], values.after[name]] = [held, earlier];
    else stale(work, one, `${name} of ${one.subject.key} was changed by hand since`);
  }
  return values;
}

function withMetadata(fields: AccountFields, metadata: Values['after']): AccountFields {
  return Object.keys(metadata).length === 0 ? fields : { ...fields, metadata };
}
