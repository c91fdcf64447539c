import { describe, expect, test } from 'vitest';
import { mapSnapshots } from '../../../src/mapping/map.ts';
import { cutName, isBlank, longestName, trimName } from '../../../src/mapping/names.ts';
import type { MappingRules } from '../../../src/model/rules.ts';
import type { User } from '../../../src/model/user.ts';
import { personOf, rules, snapshot, user, wanted } from './world.ts';

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const family = '👩‍👩‍👧‍👦';

describe('trimming', () => {
  test.each([
    '\u00a0',
    '\u2003',
    '\u3000',
    '\u200b',
    '\u200d',
    '\u2060',
    '\ufeff',
    '\t',
    '\r\n',
    '\u2028',
    '\u0085',
  ])('%j is taken from both ends and left in the middle', (space) => {
    expect(trimName(`${space}Ada${space}L${space}`)).toBe(`Ada${space}L`);
  });

  test('an emoji keeps what belongs to it', () => {
    expect(trimName(` ${family}❤️ `)).toBe(`${family}❤️`);
  });

  test('takes time linear in the text', () => {
    const name = `a${' '.repeat(1_000_000)}b`;
    expect(trimName(name)).toBe(name);
  });
});

test.each([
  '',
  '   ',
  '\u00a0\u3000',
  '\u200b\u200e',
  '\u3164',
  '\u115f',
  '\u2800',
  '\u00ad',
  '\u0000',
  '\ufe0f',
])('%j is blank', (text) => {
  expect(isBlank(text)).toBe(true);
});

describe('cutting', () => {
  test.each([
    ['a'.repeat(36), 'a'.repeat(36)],
    ['a'.repeat(37), 'a'.repeat(36)],
    [`${'a'.repeat(35)}\u{1f600}`, 'a'.repeat(35)],
    [`${'a'.repeat(30)}${family}b`, 'a'.repeat(30)],
    [`${'a'.repeat(35)}e\u0301`, 'a'.repeat(35)],
    [`${'a'.repeat(34)}  b`, 'a'.repeat(34)],
    [`a${'\u0301'.repeat(40)}`, ''],
  ])('%j ends at a grapheme', (name, cut) => {
    expect(cutName(name, segmenter)).toBe(cut);
  });
});

describe('the names of a person', () => {
  type Names = MappingRules['names'];
  const byDefault: Names = { tooLong: 'cut', blank: 'fromEmail' };
  const mapped = (record: Partial<User>, names: Names = byDefault) => {
    const desired = mapSnapshots([snapshot('okta', [user('ada', record)])], rules({ names }));
    return { person: personOf(desired, 'okta', 'ada'), skips: desired.skips };
  };

  test('over 36 characters are cut and reported', () => {
    const { person, skips } = mapped({ name: { givenName: 'x'.repeat(40), familyName: 'L' } });
    expect(wanted(person).account.firstName).toBe('x'.repeat(longestName));
    expect(skips).toEqual([
      {
        subject: { type: 'user', key: 'ada@acme.com', id: null },
        code: 'nameCut',
        text: `ada@acme.com: user.first_name is longer than 36 characters and is cut to "${'x'.repeat(36)}"`,
      },
    ]);
  });

  test.each([
    [{ name: { givenName: ' \u3000', familyName: 'L' }, displayName: ' Ada L ' }, 'Ada L'],
    [{ name: { givenName: '', familyName: 'L' }, displayName: '\u200b' }, 'ada'],
    [{ name: { givenName: '\u3164', familyName: 'L' } }, 'ada'],
  ])('blank is the display name, else the local part', (record, firstName) => {
    const { person, skips } = mapped(record);
    expect(wanted(person).account.firstName).toBe(firstName);
    expect(skips).toEqual([]);
  });

  test.each([
    [{ name: { givenName: 'Ada' } }, byDefault, 'missingName'],
    [{ name: { familyName: 'L' } }, byDefault, 'missingName'],
    [{ name: { givenName: ' ', familyName: 'L' } }, { ...byDefault, blank: 'skip' } as const, 'blankName'],
    [
      { name: { givenName: 'x'.repeat(37), familyName: 'L' } },
      { ...byDefault, tooLong: 'skip' } as const,
      'nameTooLong',
    ],
    [{ name: { givenName: `a${'\u0301'.repeat(40)}`, familyName: 'L' } }, byDefault, 'nameTooLong'],
  ])('%j skips the person with a code and freezes what it has', (record, names, code) => {
    const { person, skips } = mapped(record, names);
    expect(person).toMatchObject({ state: 'frozen', because: code, email: 'ada@acme.com' });
    expect(skips).toMatchObject([{ code, subject: { key: 'ada@acme.com' } }]);
  });

  test('half a surrogate pair becomes a replacement character', () => {
    const { person } = mapped({ name: { givenName: 'A\ud83d', familyName: 'L' } });
    expect(wanted(person).account.firstName).toBe('A\ufffd');
  });

  test('a megabyte is cut like any other', () => {
    const { person } = mapped({ name: { givenName: 'é'.repeat(1_000_000), familyName: 'L' } });
    expect(wanted(person).account.firstName).toBe('é'.repeat(36));
  });

  test('that are no text are written as JSON or in their shortest form', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada', { extra: { level: 7 } })])],
      rules({ user: { ...rules().user, first_name: 'user.extra.level', last_name: '[user.active]' } }),
    );
    expect(wanted(personOf(desired, 'okta', 'ada')).account).toMatchObject({
      firstName: '7',
      lastName: '[true]',
    });
  });
});
