import type { Database } from 'better-sqlite3';
import type { SnapshotSummary } from '../../model/snapshot.ts';
import type { Link, ManagedAccount, ManagedGroup, Memory, TakenAway } from '../../model/store.ts';
import { entry } from '../entry.ts';
import type { Meta } from './meta.ts';
import { checkSeal } from './seal.ts';

/**
 * Reads the whole memory, each row checked against its seal; `taken_away` from `sinceMs` on. The caller
 * owns the transaction, so that all of it is of one moment. Rows are read as arrays, and an account's id
 * is one string wherever it occurs: with half a million memberships both are felt.
 */
export function recallOf(db: Database, meta: Meta): (sinceMs: number) => Memory {
  const accounts = accountsOf(db);
  const groups = groupsOf(db);
  const links = linksOf(db);
  const takenAway = takenAwayOf(db);
  const snapshots = snapshotsOf(db);
  return (sinceMs) => {
    const managed = accounts();
    return {
      isNew: meta.get('applied') === null,
      links: links(),
      accounts: managed,
      groups: groups(managed),
      appliedConfig: meta.get('appliedConfig'),
      takenAway: takenAway(sinceMs),
      snapshots: snapshots(),
    };
  };
}

function linksOf(db: Database): () => readonly Link[] {
  const select = db
    .prepare<[], [string, Link['type'], string, string, number]>(
      'SELECT source, type, external_id, target_id, seal FROM links',
    )
    .raw();
  return () => {
    const links: Link[] = [];
    for (const [source, type, externalId, targetId, seal] of select.iterate()) {
      checkSeal('links', seal, source, type, externalId, targetId);
      links.push({ type, source, externalId, targetId });
    }
    return links;
  };
}

type Attributes = Map<string, { readonly value: string | null; readonly source: string }>;

function accountsOf(db: Database): () => ReadonlyMap<string, ManagedAccount> {
  const select = db
    .prepare<[], [string, string, ManagedAccount['origin'], number]>(
      'SELECT id, email, origin, seal FROM accounts',
    )
    .raw();
  const selectDisabled = db.prepare<[], [string, number]>('SELECT id, seal FROM disabled_accounts').raw();
  const attributesOf = attributesByAccount(db);
  return () => {
    const disabled = new Set<string>();
    for (const [id, seal] of selectDisabled.iterate()) {
      checkSeal('disabled_accounts', seal, id);
      disabled.add(id);
    }
    const attributes = attributesOf();
    const accounts = new Map<string, ManagedAccount>();
    for (const [id, email, origin, seal] of select.iterate()) {
      checkSeal('accounts', seal, id, email, origin);
      accounts.set(id, {
        id,
        email,
        origin,
        disabledByUs: disabled.has(id),
        attributes: attributes.get(id) ?? new Map(),
      });
    }
    return accounts;
  };
}

function attributesByAccount(db: Database): () => ReadonlyMap<string, Attributes> {
  const select = db
    .prepare<[], [string, string, string | null, string, number]>(
      'SELECT account_id, name, value, source, seal FROM attributes',
    )
    .raw();
  return () => {
    const byAccount = new Map<string, Attributes>();
    for (const [id, name, value, source, seal] of select.iterate()) {
      checkSeal('attributes', seal, id, name, value, source);
      entry(byAccount, id, () => new Map()).set(name, { value, source });
    }
    return byAccount;
  };
}

function groupsOf(
  db: Database,
): (accounts: ReadonlyMap<string, ManagedAccount>) => ReadonlyMap<string, ManagedGroup> {
  const select = db
    .prepare<[], [string, string, ManagedGroup['origin'], number]>(
      'SELECT id, name, origin, seal FROM groups',
    )
    .raw();
  const selectMembers = db
    .prepare<[], [string, string, number]>('SELECT group_id, account_id, seal FROM memberships')
    .raw();
  return (accounts) => {
    const members = new Map<string, Set<string>>();
    for (const [group, account, seal] of selectMembers.iterate()) {
      checkSeal('memberships', seal, group, account);
      entry(members, group, () => new Set()).add(accounts.get(account)?.id ?? account);
    }
    const groups = new Map<string, ManagedGroup>();
    for (const [id, name, origin, seal] of select.iterate()) {
      checkSeal('groups', seal, id, name, origin);
      groups.set(id, { id, name, origin, members: members.get(id) ?? new Set() });
    }
    return groups;
  };
}

function takenAwayOf(db: Database): (sinceMs: number) => readonly TakenAway[] {
  const select = db
    .prepare<[number], [string, string, number, TakenAway['class'], number, number]>(
      'SELECT run, operation, item, class, at, seal FROM taken_away WHERE at >= ?',
    )
    .raw();
  return (sinceMs) => {
    const rows: TakenAway[] = [];
    for (const [run, operation, item, kind, at, seal] of select.iterate(sinceMs)) {
      checkSeal('taken_away', seal, run, operation, item, kind, at);
      rows.push({ class: kind, at });
    }
    return rows;
  };
}

function snapshotsOf(db: Database): () => ReadonlyMap<string, SnapshotSummary> {
  const select = db
    .prepare<[], [string, string, number, number, number]>(
      'SELECT source, taken_at, users, groups, seal FROM snapshots',
    )
    .raw();
  return () => {
    const snapshots = new Map<string, SnapshotSummary>();
    for (const [source, takenAt, users, groups, seal] of select.iterate()) {
      checkSeal('snapshots', seal, source, takenAt, users, groups);
      snapshots.set(source, { source, takenAt, users, groups });
    }
    return snapshots;
  };
}
