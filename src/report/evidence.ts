import type { AuditRecord } from '../model/audit.ts';
import type { CurrentState } from '../model/current-state.ts';
import type { ManagedAccount, Memory } from '../model/store.ts';
import { csvRow, jsonDocument } from './escape.ts';

/** One thing that one person has: an account, or a membership. For reviews of access. */
export interface Evidence {
  readonly email: string;
  readonly account: string;
  /** null when the account was not there at the last read. */
  readonly active: boolean | null;
  readonly admin: boolean | null;
  readonly what: 'account' | 'membership';
  /** The group's name as it was last read. */
  readonly group: string | null;
  /** ISO 8601; null when the chain has no record of it any more. */
  readonly since: string | null;
  readonly rule: string | null;
  readonly source: string | null;
  readonly run: string | null;
  readonly approvedBy: string | null;
}

/** What evidence is made of. */
export interface EvidenceInput {
  readonly memory: Pick<Memory, 'accounts' | 'groups'>;
  /** null before the first run that writes. */
  readonly current: CurrentState | null;
  readonly records: Iterable<AuditRecord>;
  readonly names: ReadonlyMap<string, string>;
}

/** What gave somebody what they have; the last record of it counts. */
type Grants = ReadonlyMap<string, AuditRecord>;

/** Who has what of all that is in our management, since when, by which rule, and approved by whom; sorted by address. */
export function evidenceOf({ memory, current, records, names }: EvidenceInput): readonly Evidence[] {
  const { grants, approvals } = grantsIn(records);
  const users = new Map(current?.users.map((user) => [user.id, user]));
  const groupNames = new Map(current?.groups.map(({ id, name }) => [id, name]));
  const rowOf = (
    account: ManagedAccount,
    group: { readonly id: string; readonly name: string } | null,
  ): Evidence => {
    const record = grants.get(grantKey(group?.id ?? null, account.id));
    const user = users.get(account.id);
    const approval = record?.approval ?? null;
    return {
      email: account.email,
      account: account.id,
      active: user?.active ?? null,
      admin: user?.isAdmin ?? null,
      what: group === null ? 'account' : 'membership',
      group: group === null ? null : (groupNames.get(group.id) ?? group.name),
      since: record === undefined ? null : new Date(record.at).toISOString(),
      rule: record?.rule ?? null,
      source: record?.source ?? null,
      run: record?.run ?? null,
      approvedBy: approval === null ? null : nameOf(approvals.get(approval), names),
    };
  };
  const accounts = [...memory.accounts.values()];
  const memberships = [...memory.groups.values()].flatMap((group) =>
    [...group.members].flatMap((id) => {
      const account = memory.accounts.get(id);
      return account === undefined ? [] : [rowOf(account, group)];
    }),
  );
  return [...accounts.map((account) => rowOf(account, null)), ...memberships].sort(byAddressAndGroup);
}

function byAddressAndGroup(one: Evidence, other: Evidence): number {
  const [a, b] = [one, other].map(({ email, group, account }) =>
    JSON.stringify([email, group ?? '', account]),
  );
  return (a ?? '') < (b ?? '') ? -1 : 1;
}

function nameOf(record: AuditRecord | undefined, names: ReadonlyMap<string, string>): string | null {
  return record?.by === undefined || record.by === null ? null : (names.get(record.by) ?? null);
}

const giving: ReadonlySet<string> = new Set([
  'createUser',
  'reactivateUser',
  'adopt',
  'addMembers',
  'inviteUser',
  'addInvitesToGroup',
]);

function grantsIn(records: Iterable<AuditRecord>): { readonly grants: Grants; readonly approvals: Grants } {
  const grants = new Map<string, AuditRecord>();
  const approvals = new Map<string, AuditRecord>();
  for (const record of records) {
    const { event, kind, state, digest, group, accounts } = record;
    if (event === 'approval' && digest !== null) approvals.set(digest, record);
    if (kind === null || state !== 'applied' || !giving.has(kind)) continue;
    for (const account of accounts) grants.set(grantKey(group, account), record);
  }
  return { grants, approvals };
}

function grantKey(group: string | null, account: string): string {
  return `${group ?? ''} ${account}`;
}

const columns = [
  'email',
  'account',
  'active',
  'admin',
  'what',
  'group',
  'since',
  'rule',
  'source',
  'run',
  'approvedBy',
] as const satisfies readonly (keyof Evidence)[];

/** The evidence for a spreadsheet: RFC 4180. */
export function evidenceCsv(rows: readonly Evidence[]): string {
  const lines = rows.map((evidence) => columns.map((column) => cellOf(evidence[column])));
  return [columns, ...lines].map(csvRow).join('');
}

function cellOf(value: string | boolean | null): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value ?? '';
}

/** The evidence for machines. */
export function evidenceJson(rows: readonly Evidence[]): string {
  const document = { format: 'retool-bridge/evidence', version: 1, rows };
  return jsonDocument(document);
}
