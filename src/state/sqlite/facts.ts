import type { Database } from 'better-sqlite3';
import type { Fact } from '../../model/store.ts';
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
  const link = db.prepare<[string, string, string, string, number]>(
    upsert('links', ['source', 'type', 'external_id'], ['target_id', 'seal']),
  );
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
  const group = db.prepare<[string, string, string, number]>(
    upsert('groups', ['id'], ['name', 'origin', 'seal']),
  );
  const membership = db.prepare<[string, string, number]>(
    upsert('memberships', ['group_id', 'account_id'], ['seal']),
  );
  const releaseMembership = db.prepare<[string, string]>(
    'DELETE FROM memberships WHERE group_id = ? AND account_id = ?',
  );

  return function write(fact): void {
    switch (fact.kind) {
      case 'link': {
        const { source, type, externalId, targetId } = fact.link;
        link.run(source, type, externalId, targetId, sealOf(source, type, externalId, targetId));
        return;
      }
      case 'account':
        account.run(fact.id, fact.email, fact.origin, sealOf(fact.id, fact.email, fact.origin));
        return;
      case 'accountDisabledByUs':
        if (fact.disabledByUs) disable.run(fact.id, sealOf(fact.id));
        else enable.run(fact.id);
        return;
      case 'attribute': {
        const { id, name, value, source } = fact;
        attribute.run(id, name, value, source, sealOf(id, name, value, source));
        return;
      }
      case 'attributeReleased':
        releaseAttribute.run(fact.id, fact.name);
        return;
      case 'group':
        group.run(fact.id, fact.name, fact.origin, sealOf(fact.id, fact.name, fact.origin));
        return;
      case 'membership':
        membership.run(fact.group, fact.user, sealOf(fact.group, fact.user));
        return;
      case 'membershipReleased':
        releaseMembership.run(fact.group, fact.user);
    }
  };
}

function upsert(table: string, key: readonly string[], rest: readonly string[]): string {
  const columns = [...key, ...rest];
  const values = columns.map(() => '?').join(', ');
  const updates = rest.map((column) => `${column} = excluded.${column}`).join(', ');
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values}) ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${updates}`;
}
