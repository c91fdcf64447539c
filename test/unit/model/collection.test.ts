import { describe, expect, test } from 'vitest';
import { createCollection, type Collection } from '../../../src/model/collection.ts';
import { complete } from '../../../src/model/snapshot.ts';
import type { User } from '../../../src/model/user.ts';

const user = (externalId: string, active = true): User => ({ externalId, active, extra: {} });
const group = (externalId: string) => ({ externalId, displayName: `group ${externalId}`, extra: {} });

function collected(fill: (collection: Collection) => void) {
  const collection = createCollection();
  fill(collection);
  return collection.content('Look again.');
}

describe('a collection', () => {
  test('gives everything sorted, whatever came first', () => {
    const content = collected((collection) => {
      for (const id of ['b', 'a', 'c']) collection.addPerson({ state: 'read', value: user(id) });
      for (const id of ['y', 'x']) collection.addGroup(group(id), new Set(['c', 'a']), null);
    });
    expect(content.users.map(({ externalId }) => externalId)).toEqual(['a', 'b', 'c']);
    expect(content.groups).toEqual([
      { ...group('x'), members: ['a', 'c'] },
      { ...group('y'), members: ['a', 'c'] },
    ]);
    expect(content.completeness).toEqual({ users: complete, groups: complete, partialGroups: new Map() });
  });

  test('believes the later row of somebody, also when it takes them out', () => {
    const { users } = collected((collection) => {
      collection.addPerson({ state: 'read', value: user('a') });
      collection.addPerson({ state: 'read', value: user('a', false) });
      collection.addPerson({ state: 'read', value: user('b') });
      collection.addPerson({ state: 'leftOut', externalId: 'b' });
    });
    expect(users).toEqual([user('a', false)]);
  });

  test('is partial where something was not seen, and says what', () => {
    const { completeness, rejected } = collected((collection) => {
      collection.addPerson({ state: 'read', value: user('a') });
      collection.addPerson({ state: 'rejected', externalId: 'b', text: 'mail: wrong' });
      collection.addGroup(group('x'), new Set(), 'too slow');
      collection.rejectGroup('y', 'no name');
      collection.missGroup('id:z');
      collection.missGroup('Sales');
    });
    expect(rejected).toEqual([
      { type: 'group', externalId: 'y', text: 'no name' },
      { type: 'user', externalId: 'b', text: 'mail: wrong' },
    ]);
    expect([...completeness.partialGroups.keys()].sort()).toEqual(['x', 'y', 'z']);
    expect(completeness.users).toEqual({
      state: 'partial',
      because:
        'rows of people could not be read; the group "Sales" was not found; the group "id:z" was not found',
    });
    expect(completeness.groups.state).toBe('partial');
  });

  test('nobody at all is an error with a remedy; only rejected people are not nobody', () => {
    expect(() => collected((collection) => collection.missPeople('it is dark'))).toThrow(
      expect.objectContaining({
        code: 'sourceEmpty',
        message: expect.stringContaining('it is dark'),
        remedy: 'Look again.',
      }),
    );
    const { users } = collected((collection) =>
      collection.addPerson({ state: 'rejected', externalId: null, text: 'no id' }),
    );
    expect(users).toEqual([]);
  });
});
