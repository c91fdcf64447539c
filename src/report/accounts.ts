import { csvRow, jsonDocument, printable } from './escape.ts';
import { counted, minuteOf } from './words.ts';

/** An account of the target, as it was last read. */
export interface AccountRow {
  readonly email: string;
  readonly active: boolean;
  /** No source knows it, and it is not in our management. */
  readonly unmanaged: boolean;
  /** ISO 8601; null before the first login. */
  readonly lastActive: string | null;
  readonly groups: readonly string[];
  readonly admin: boolean;
}

/** The accounts for a spreadsheet: RFC 4180, groups separated by semicolons. */
export function accountsCsv(rows: readonly AccountRow[]): string {
  const head = ['email', 'active', 'unmanaged', 'last_active', 'groups', 'admin'];
  const lines = rows.map(({ email, active, unmanaged, lastActive, groups, admin }) => [
    email,
    yes(active),
    yes(unmanaged),
    lastActive ?? '',
    groups.join('; '),
    yes(admin),
  ]);
  return [head, ...lines].map(csvRow).join('');
}

function yes(value: unknown): string {
  return value === true ? 'yes' : 'no';
}

/** The accounts for machines; `readAt` is when the target was read, ISO 8601. */
export function accountsJson(rows: readonly AccountRow[], readAt: string): string {
  const document = { format: 'retool-bridge/accounts', version: 1, readAt, accounts: rows };
  return jsonDocument(document);
}

/** The accounts for people, one a line. */
export function accountsText(rows: readonly AccountRow[], readAt: string): string {
  const width = Math.max(0, ...rows.map(({ email }) => printable(email).length));
  const lines = rows.map(({ email, active, unmanaged, lastActive, groups, admin }) => {
    const marks = [
      active ? 'active' : 'disabled',
      ...(admin ? ['admin'] : []),
      ...(unmanaged ? ['unmanaged'] : []),
    ];
    const seen = lastActive === null ? 'never logged in' : `last active ${minuteOf(lastActive)}`;
    const inGroups = groups.length === 0 ? 'in no group' : `in ${groups.join(', ')}`;
    return `  ${printable(email).padEnd(width)}  ${printable([...marks, seen, inGroups].join(', '))}`;
  });
  return `${[`${counted(rows.length, 'account')}, as read at ${minuteOf(readAt)}`, ...lines].join('\n')}\n`;
}
