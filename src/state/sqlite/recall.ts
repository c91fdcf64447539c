import type { Database } from 'better-sqlite3';
import type { SnapshotSummary } from '../../model/snapshot.ts';
import type { GrantLevel } from '../../model/rules.ts';
import {
  inviteHolder,
  invitedBy,
  type Link,
  type ManagedAccount,
  type ManagedGroup,
  type ManagedInvite,
  type Memory,
  type TakenAway,
} from '../../model/store.ts';
import { entry } from '../entry.ts';
import type { Meta } from './meta.ts';
import { checkSeal } from './seal.ts';

/**
 * Reads the whole memory, each row checked against its seal; `taken_away` from `sinceMs` on. The caller
 * owns the transaction, so that all of it is of one moment. Rows are read as arrays, and an account's id
 * is one string wherever it occurs: with half a million memberships both are felt.
 */
export function recallOf(db: Database, meta: Meta): (sinceMs: number) => Memory {
  const attributes = attributesByHolder(db);
  const accounts = accountsOf(db);
  const memberships = membershipsOf(db);
  const groups = groupsOf(db);
  const invites = invitesOf(db);
  const links = linksOf(db);
  const takenAway = takenAwayOf(db);
  const snapshots = snapshotsOf(db);
  return (sinceMs) => {
    const values = attributes();
    const managed = accounts(values);
    const held = memberships(managed);
    return {
      isNew: meta.get('applied') === null,
      links: links(),
      accounts: managed,
      groups: groups(held.members),
      invites: invites(values, held.ofInvites),
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

function accountsOf(
  db: Database,
): (attributes: ReadonlyMap<string, Attributes>) => ReadonlyMap<string, ManagedAccount> {
  const select = db
    .prepare<[], [string, string, ManagedAccount['origin'], number]>(
      'SELECT id, email, origin, seal FROM accounts',
    )
    .raw();
  const selectDisabled = db.prepare<[], [string, number]>('SELECT id, seal FROM disabled_accounts').raw();
  return (attributes) => {
    const disabled = new Set<string>();
    for (const [id, seal] of selectDisabled.iterate()) {
      checkSeal('disabled_accounts', seal, id);
      disabled.add(id);
    }
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

/** By the id of the account, or the holder name of the invite, whose they are. */
function attributesByHolder(db: Database): () => ReadonlyMap<string, Attributes> {
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

/** Accounts by group, and groups by invite. */
interface Memberships {
  readonly members: ReadonlyMap<string, Set<string>>;
  readonly ofInvites: ReadonlyMap<string, Set<string>>;
}

function membershipsOf(db: Database): (accounts: ReadonlyMap<string, ManagedAccount>) => Memberships {
  const select = db
    .prepare<[], [string, string, number]>('SELECT group_id, account_id, seal FROM memberships')
    .raw();
  return (accounts) => {
    const members = new Map<string, Set<string>>();
    const ofInvites = new Map<string, Set<string>>();
    for (const [group, holder, seal] of select.iterate()) {
      checkSeal('memberships', seal, group, holder);
      const invite = invitedBy(holder);
      if (invite === null) entry(members, group, () => new Set()).add(accounts.get(holder)?.id ?? holder);
      else entry(ofInvites, invite, () => new Set()).add(group);
    }
    return { members, ofInvites };
  };
}

function groupsOf(
  db: Database,
): (members: ReadonlyMap<string, Set<string>>) => ReadonlyMap<string, ManagedGroup> {
  const select = db
    .prepare<[], [string, string, ManagedGroup['origin'], number]>(
      'SELECT id, name, origin, seal FROM groups',
    )
    .raw();
  const grantsOf = grantsByGroup(db);
  return (members) => {
    const grants = grantsOf();
    const groups = new Map<string, ManagedGroup>();
    for (const [id, name, origin, seal] of select.iterate()) {
      checkSeal('groups', seal, id, name, origin);
      const given = grants.get(id);
      groups.set(id, {
        id,
        name,
        origin,
        members: members.get(id) ?? new Set(),
        ...(given === undefined ? {} : { grants: given }),
      });
    }
    return groups;
  };
}

function grantsByGroup(db: Database): () => ReadonlyMap<string, ReadonlyMap<string, GrantLevel>> {
  const select = db
    .prepare<[], [string, string, GrantLevel, number]>('SELECT group_id, object, level, seal FROM grants')
    .raw();
  return () => {
    const byGroup = new Map<string, Map<string, GrantLevel>>();
    for (const [group, object, level, seal] of select.iterate()) {
      checkSeal('grants', seal, group, object, level);
      entry(byGroup, group, () => new Map()).set(object, level);
    }
    return byGroup;
  };
}

function invitesOf(
  db: Database,
): (
  attributes: ReadonlyMap<string, Attributes>,
  groups: ReadonlyMap<string, Set<string>>,
) => ReadonlyMap<string, ManagedInvite> {
  const select = db
    .prepare<[], [string, string, ManagedInvite['origin'], ManagedInvite['state'], number, number]>(
      'SELECT id, email, origin, state, reissues, seal FROM invites',
    )
    .raw();
  return (attributes, groups) => {
    const invites = new Map<string, ManagedInvite>();
    for (const [id, email, origin, state, reissues, seal] of select.iterate()) {
      checkSeal('invites', seal, id, email, origin, state, reissues);
      invites.set(id, {
        id,
        email,
        origin,
        state,
        reissues,
        attributes: attributes.get(inviteHolder(id)) ?? new Map(),
        groups: groups.get(id) ?? new Set(),
      });
    }
    return invites;
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
