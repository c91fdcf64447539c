/** A process of its own that uses a state: `node child.ts COMMAND PATH`. It says each thing it did in one line on stdout. */
import { readSync, writeSync } from 'node:fs';
import { BridgeError } from '../../../src/model/errors.ts';
import type { OperationOf } from '../../../src/model/operation.ts';
import type { Store } from '../../../src/model/store.ts';
import { openSqliteStore } from '../../../src/state/sqlite/index.ts';

const [command = '', path = ''] = process.argv.slice(2);

/** Synchronous, so that what was said was done even when the process dies in the next moment. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Blocks until the parent writes a line; ends the process when the parent is gone. */
function waitForParent(): void {
  if (readSync(0, Buffer.alloc(1)) === 0) process.exit(0);
}

/** Removes one membership after the other, each said once it is settled. */
function settleForEver(store: Store): void {
  for (let number = 0; ; number += 1) {
    const operation = removal(number);
    store.intend('run', operation, number);
    store.sent('run', operation.id, number);
    store.settle(
      'run',
      {
        operation: operation.id,
        kind: operation.kind,
        subject: operation.subject,
        state: 'applied',
        code: null,
        text: null,
        items: [],
      },
      [
        { kind: 'group', id: String(process.pid), name: 'F', origin: 'used' },
        { kind: 'membership', group: String(process.pid), user: String(number) },
      ],
      number,
    );
    say(String(number));
  }
}

function intendForEver(store: Store): void {
  for (let number = 0; ; number += 1) {
    store.intend('run', removal(number), number);
    say(String(number));
  }
}

function removal(number: number): OperationOf<'removeMember'> {
  const group = { key: 'F', id: '7' };
  const user = { key: `${number}@acme.com`, id: `user_${process.pid}_${number}` };
  return {
    id: `removeMember:${user.id}`,
    kind: 'removeMember',
    subject: { type: 'membership', key: `F/${user.key}`, id: null },
    before: { member: true, group, user },
    after: { member: false, group, user },
    reason: {
      code: 'leftGroup',
      rule: 'groups[0]',
      source: 'okta',
      externalId: '00u1',
      text: 'left "retool-f"',
    },
    dependsOn: [],
  };
}

function admitAll(store: Store): void {
  for (let number = 0; number < 50; number += 1) {
    if (store.window.admit({ now: 1_000_000, limit: 60, windowMs: 61_000 }).admitted) say('admitted');
  }
}

function main(): void {
  const store = openSqliteStore(path, { mode: 'write' });
  say('open');
  switch (command) {
    case 'lock':
      waitForParent();
      store.lock();
      say('locked');
      waitForParent();
      return;
    case 'window':
      waitForParent();
      admitAll(store);
      return;
    case 'settle':
      settleForEver(store);
      return;
    case 'intend':
      intendForEver(store);
      return;
    case 'open':
      return;
    default:
      throw new Error(`no such command: ${command}`);
  }
}

try {
  main();
} catch (error) {
  say(error instanceof BridgeError ? error.code : String(error));
}
