import type { Database } from 'better-sqlite3';
import { inviteHolder, type Fact } from '../../model/store.ts';
import { wholeMs } from '../rules.ts';
import { sealOf } from './seal.ts';

/** Which settled operation facts come from. */
export interface Settled {
  readonly run: string;
  readonly operation: string;
}

/**
 * Writes the facts of one settled operation; the caller owns the transaction. They may come in any order:
 * what is told of an account or group that is not in our management yet waits in its table until it is.
 */
export function factsOf(db: Database): (settled: Settled, facts: readonly Fact[]) => void {
  const writeOwnership = ownershipOf(db);
  const takeAway = db.prepare<[string, string, number, string, number, number]>(`
    INSERT INTO taken_away (run, operation, item, class, at, seal) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (run, operation, item) DO NOTHING`);

  return function write(settled, facts) {
    // Numbered among themselves, so that settling again counts nothing twice.
    let item = 0;
    for (const fact of facts) {
      if (fact.kind !== 'takenAway') {
        writeOwnership(fact);
        continue;
      }
      const { run, operation } = settled;
      const at = wholeMs(fact.at);
      takeAway.run(run, operation, item, fact.class, at, sealOf(run, operation, item, fact.class, at));
      item += 1;
    }
  };
}

type Ownership = Exclude<Fact, { readonly kind: 'takenAway' }>;

function ownershipOf(db: Database): (fact: Ownership) => void {
  const writers: { readonly [Kind in Ownership['kind']]: (fact: FactOf<Kind>) => void } = {
    ...accountWriters(db),
    ...groupWriters(db),
    ...grantWriters(db),
    ...inviteWriters(db),
    link: linkWriter(db),
    unlinked: unlinkedWriter(db),
  };
  // Each kind's writer takes exactly that kind, which the type of a table indexed by a union cannot say.
  return (fact) => (writers[fact.kind] as (fact: Ownership) => void)(fact);
}

type FactOf<Kind extends Ownership['kind']> = Extract<Ownership, { readonly kind: Kind }>;

function linkWriter(db: Database): (fact: FactOf<'link'>) => void {
  const link = db.prepare<[string, string, string, string, number]>(
    upsert('links', ['source', 'type', 'external_id'], ['target_id', 'seal']),
  );
  return ({ link: { source, type, externalId, targetId } }) =>
    void link.run(source, type, externalId, targetId, sealOf(source, type, externalId, targetId));
}

function unlinkedWriter(db: Database): (fact: FactOf<'unlinked'>) => void {
  const unlink = db.prepare<[string, string, string]>(
    'DELETE FROM links WHERE source = ? AND type = ? AND external_id = ?',
  );
  return ({ source, type, externalId }) => void unlink.run(source, type, externalId);
}

function accountWriters(db: Database) {
  const account = db.prepare<[string, string, string, number]>(
    upsert('accounts', ['id'], ['email', 'origin', 'seal']),
  );
  const disable = db.prepare<[string, number]>(upsert('disabled_accounts', ['id'], ['seal']));
  const enable = db.prepare<[string]>('DELETE FROM disabled_accounts WHERE id = ?');
  const attribute = db.prepare<[string, string, string | null, string, number]>(
    upsert('attributes', ['account_id', 'name'], ['value', 'source', 'seal']),
  );
  const releaseAttribute = db.prepare<[string, string]>(
    'DELETE FROM attributes WHERE account_id = ? AND name = ?',
  );
  const release = [
    enable,
    db.prepare<[string]>('DELETE FROM accounts WHERE id = ?'),
    db.prepare<[string]>('DELETE FROM attributes WHERE account_id = ?'),
    db.prepare<[string]>('DELETE FROM memberships WHERE account_id = ?'),
    db.prepare<[string]>("DELETE FROM links WHERE type = 'user' AND target_id = ?"),
  ];
  return {
    account: ({ id, email, origin }: FactOf<'account'>) =>
      void account.run(id, email, origin, sealOf(id, email, origin)),
    accountReleased: ({ id }: FactOf<'accountReleased'>) => release.forEach((statement) => statement.run(id)),
    accountDisabledByUs: ({ id, disabledByUs }: FactOf<'accountDisabledByUs'>) =>
      void (disabledByUs ? disable.run(id, sealOf(id)) : enable.run(id)),
    attribute: ({ id, name, value, source }: FactOf<'attribute'>) =>
      void attribute.run(id, name, value, source, sealOf(id, name, value, source)),
    attributeReleased: ({ id, name }: FactOf<'attributeReleased'>) => void releaseAttribute.run(id, name),
  };
}

function groupWriters(db: Database) {
  const group = db.prepare<[string, string, string, number]>(
    upsert('groups', ['id'], ['name', 'origin', 'seal']),
  );
  const membership = db.prepare<[string, string, number]>(
    upsert('memberships', ['group_id', 'account_id'], ['seal']),
  );
  const releaseMembership = db.prepare<[string, string]>(
    'DELETE FROM memberships WHERE group_id = ? AND account_id = ?',
  );
  const release = [
    db.prepare<[string]>('DELETE FROM groups WHERE id = ?'),
    db.prepare<[string]>('DELETE FROM memberships WHERE group_id = ?'),
    db.prepare<[string]>('DELETE FROM grants WHERE group_id = ?'),
    db.prepare<[string]>("DELETE FROM links WHERE type = 'group' AND target_id = ?"),
  ];
  return {
    group: ({ id, name, origin }: FactOf<'group'>) =>
      void group.run(id, name, origin, sealOf(id, name, origin)),
    groupReleased: ({ id }: FactOf<'groupReleased'>) => release.forEach((statement) => statement.run(id)),
    membership: ({ group: id, user }: FactOf<'membership'>) =>
      void membership.run(id, user, sealOf(id, user)),
    membershipReleased: ({ group: id, user }: FactOf<'membershipReleased'>) =>
      void releaseMembership.run(id, user),
  };
}

function grantWriters(db: Database) {
  const grant = db.prepare<[string, string, string, number]>(
    upsert('grants', ['group_id', 'object'], ['level', 'seal']),
  );
  const release = db.prepare<[string, string]>('DELETE FROM grants WHERE group_id = ? AND object = ?');
  return {
    grant: ({ group, object, level }: FactOf<'grant'>) =>
      void grant.run(group, object, level, sealOf(group, object, level)),
    grantReleased: ({ group, object }: FactOf<'grantReleased'>) => void release.run(group, object),
  };
}

/** Values and memberships of an invite lie beside those of accounts, under the name of their holder. */
function inviteWriters(db: Database) {
  const invite = db.prepare<[string, string, string, string, number, number]>(
    upsert('invites', ['id'], ['email', 'origin', 'state', 'reissues', 'seal']),
  );
  const find = db.prepare<[string], Omit<FactOf<'invite'>, 'kind'>>(
    'SELECT id, email, origin, reissues FROM invites WHERE id = ?',
  );
  const remove = db.prepare<[string]>('DELETE FROM invites WHERE id = ?');
  const unlink = db.prepare<[string]>("DELETE FROM links WHERE type = 'invite' AND target_id = ?");
  const forgetHeld = [
    db.prepare<[string]>('DELETE FROM attributes WHERE account_id = ?'),
    db.prepare<[string]>('DELETE FROM memberships WHERE account_id = ?'),
  ];
  const passOn = heldByInviteMover(db);
  const write = (state: 'open' | 'ended', { id, email, origin, reissues }: Omit<FactOf<'invite'>, 'kind'>) =>
    void invite.run(id, email, origin, state, reissues, sealOf(id, email, origin, state, reissues));
  const forget = (id: string): void => forgetHeld.forEach((statement) => statement.run(inviteHolder(id)));
  return {
    invite: (fact: FactOf<'invite'>) => write('open', fact),
    inviteEnded: ({ id }: FactOf<'inviteEnded'>) => {
      const known = find.get(id);
      if (known !== undefined) write('ended', known);
      forget(id);
    },
    inviteReleased: ({ id }: FactOf<'inviteReleased'>) => {
      remove.run(id);
      unlink.run(id);
      forget(id);
    },
    inviteClaimed: ({ id, user }: FactOf<'inviteClaimed'>) => {
      passOn(id, user);
      remove.run(id);
      unlink.run(id);
      forget(id);
    },
  };
}

/** What an invite holds and what it is linked to, written once more as the account's; each row has its own seal. */
function heldByInviteMover(db: Database): (invite: string, user: string) => void {
  const { attribute } = accountWriters(db);
  const { membership } = groupWriters(db);
  const link = linkWriter(db);
  const values = db.prepare<
    [string],
    { readonly name: string; readonly value: string | null; readonly source: string }
  >('SELECT name, value, source FROM attributes WHERE account_id = ?');
  const groups = db.prepare<[string], { readonly group: string }>(
    'SELECT group_id AS "group" FROM memberships WHERE account_id = ?',
  );
  const links = db.prepare<[string], { readonly source: string; readonly externalId: string }>(
    `SELECT source, external_id AS "externalId" FROM links WHERE type = 'invite' AND target_id = ?`,
  );
  return (invite, user) => {
    const holder = inviteHolder(invite);
    for (const value of values.all(holder)) attribute({ kind: 'attribute', id: user, ...value });
    for (const { group } of groups.all(holder)) membership({ kind: 'membership', group, user });
    for (const key of links.all(invite))
      link({ kind: 'link', link: { type: 'user', ...key, targetId: user } });
  };
}

function upsert(table: string, key: readonly string[], rest: readonly string[]): string {
  const columns = [...key, ...rest];
  const values = columns.map(() => '?').join(', ');
  const updates = rest.map((column) => `${column} = excluded.${column}`).join(', ');
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values}) ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${updates}`;
}
