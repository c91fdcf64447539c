import type { AuditEntry } from '../model/audit.ts';
import type { Operation } from '../model/operation.ts';
import type { Outcome } from '../model/outcome.ts';
import { digestOf } from '../runtime/digest.ts';

/** What an audit record is made of. */
export interface Audited {
  readonly run: string;
  /** As it stands in the plan: what was approved is told by its digest. */
  readonly planned: Operation;
  /** As it was carried out, with ids filled in. */
  readonly operation: Operation;
  readonly outcome: Outcome;
  readonly approval: string | null;
}

/** The audit entry of an operation; undefined when nothing became of it that anybody could be asked about. */
export function auditEntryOf({
  run,
  planned,
  operation,
  outcome,
  approval,
}: Audited): AuditEntry | undefined {
  const { state, code } = outcome;
  if (state === 'skipped' || state === 'notAttempted') return undefined;
  const { rule, source } = operation.reason;
  const { group, accounts } = partiesOf(operation, outcome);
  return {
    event: 'operation',
    run,
    kind: operation.kind,
    state,
    code,
    digest: digestOf(planned),
    group: group?.id ?? null,
    accounts: accounts.map(({ id }) => id),
    rule,
    source,
    approval,
    names: new Map([...accounts, ...(group === null ? [] : [group])].map(({ id, key }) => [id, key])),
    by: null,
    note: null,
  };
}

/** A Retool id, and the address or name that belongs to it. */
interface Party {
  readonly id: string;
  readonly key: string;
}

interface Parties {
  readonly group: Party | null;
  readonly accounts: readonly Party[];
}

/** The group and the accounts that an operation is about, as far as they exist. */
function partiesOf(operation: Operation, { subject, items }: Outcome): Parties {
  const own = party(subject.key, subject.id);
  if (operation.kind === 'addMembers') {
    const left = new Set(items.map(({ key }) => key));
    const went = operation.after.members.filter(({ key }) => !left.has(key));
    return { group: own, accounts: went.flatMap(({ key, id }) => party(key, id) ?? []) };
  }
  const membership = operation.kind === 'adopt' ? operation.after : operation.before;
  if (membership !== null && 'user' in membership)
    return {
      group: party(membership.group.key, membership.group.id),
      accounts: [{ id: membership.user.id, key: membership.user.key }],
    };
  if (membership !== null && 'group' in membership)
    return { group: party(membership.group.key, membership.group.id), accounts: [] };
  if (subject.type === 'group') return { group: own, accounts: [] };
  return { group: null, accounts: own === null || subject.type !== 'user' ? [] : [own] };
}

function party(key: string, id: string | null): Party | null {
  return id === null ? null : { id, key };
}
