import type { Operation, OperationOf } from '../model/operation.ts';
import { levelsOf } from './order.ts';

/** At most this many accounts are made before the groups that are complete by then get their members, or one group's. */
const waveSize = 100;

/**
 * The operations of a backfill in the order in which they are carried out: everything that accounts do not wait
 * for, then accounts in waves, each followed by the additions to the groups whose last account it made. A group
 * that waits for few accounts comes early. It takes no call more than all accounts first would, and whenever it
 * stops, most of the people who have an account by then have their access as well.
 */
export function wavesOf(operations: readonly Operation[]): Operation[][] {
  const others = operations.filter(({ kind }) => kind !== 'createUser' && kind !== 'addMembers');
  const waiting = new Map(operations.flatMap((one) => (one.kind === 'createUser' ? [[one.id, one]] : [])));
  const levels = levelsOf(others);
  let accounts: Operation[] = [];
  let additions: Operation[] = [];
  const closeWave = (): void => {
    levels.push(...[accounts, additions].filter((level) => level.length > 0));
    [accounts, additions] = [[], []];
  };
  for (const addition of additionsOf(operations)) {
    const missing = awaitedBy(addition).flatMap((id) => waiting.get(id) ?? []);
    if (accounts.length + missing.length > waveSize) closeWave();
    for (const account of missing) waiting.delete(account.id);
    accounts.push(...missing);
    additions.push(addition);
  }
  closeWave();
  accounts = [...waiting.values()];
  closeWave();
  return levels;
}

/** Those that wait for the fewest accounts first; equal ones stay in the order of the plan. */
function additionsOf(operations: readonly Operation[]): OperationOf<'addMembers'>[] {
  return operations
    .filter((operation): operation is OperationOf<'addMembers'> => operation.kind === 'addMembers')
    .toSorted((one, other) => awaitedBy(one).length - awaitedBy(other).length);
}

function awaitedBy(addition: OperationOf<'addMembers'>): readonly string[] {
  return addition.after.members.flatMap(({ waitsFor }) => waitsFor ?? []);
}
