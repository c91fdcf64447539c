import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePattern, checkPattern } from '../../src/expressions/pattern.ts';
import { checkExpression, compileExpression } from '../../src/expressions/cel.ts';
import { BridgeError } from '../../src/model/errors.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { fingerprintOf } from '../../src/plan/fingerprint.ts';
import { readBundle } from '../../src/run/bundle/format.ts';
import { makeBundle } from '../../src/run/bundle/make.ts';
import { planSnapshot } from '../../src/run/bundle/plan-snapshot.ts';
import { parsePlan } from '../../src/run/plan-file.ts';
import { jsonDocument } from '../../src/report/escape.ts';
import { startInProcess } from '../support/bridge.ts';
import { scim } from '../support/scim.ts';
import { folderSource, read } from '../unit/sources/file/support.ts';
import { spoil, spoiling, type Spoiling } from './spoil.ts';

/*
 * Whatever a file holds, reading it ends soon, with what it says or with an error that tells the admin what is wrong:
 * never with a defect. That of configurations is test/unit/config/arbitrary.test.ts, that of answers over the network
 * replies.test.ts.
 */

const never = new AbortController().signal;

/** The code of the error that something ends with, null when it ends well. Rejects with what is no error of ours. */
async function codeOf(work: () => unknown): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof BridgeError) || error.audience !== 'admin') throw error;
    return error.code;
  }
}

/** Half of a file, or a file with something put into it. */
function torn(text: string): fc.Arbitrary<string> {
  const scrap = fc.oneof(
    fc.constantFrom(
      '"',
      ',',
      '\n',
      '\r',
      '\0',
      '{',
      '}',
      '[',
      ']',
      ':',
      '\\',
      '\ufeff',
      '\u2028',
      '__proto__',
      '1e999',
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );
  return fc
    .tuple(fc.nat({ max: text.length }), fc.nat({ max: text.length }), scrap)
    .map(([from, to, put]) => text.slice(0, Math.min(from, to)) + put + text.slice(Math.max(from, to)));
}

/** A document that is spoilt, or the text that takes its place. */
function changed(text: string, by: Spoiling | string): string {
  return typeof by === 'string' ? by : spoil(text, by, () => true).text;
}

const staff = ['ann', 'ben', 'cem'];
const scimText = scim([
  { id: 'ann', groups: ['sales', 'legal'], department: 'Sales' },
  { id: 'ben', groups: ['sales'], title: 'Clerk' },
  { id: 'cem', active: false },
]);
const ways = ['null', 'sourceInvalid', 'sourceEmpty', 'sourceUnreadable'];

/** Who is told of in full: neither left out nor of unknown standing. */
function lossesOf(told: Snapshot): readonly string[] {
  if (told.completeness.users.state === 'partial') return [];
  const ids = told.users.map(({ externalId }) => externalId);
  return staff.filter((id) => !ids.includes(id));
}

test('a SCIM file of which one place is spoilt takes nobody away', async () => {
  await fc.assert(
    fc.asyncProperty(spoiling, async (one) => {
      const spoilt = spoil(scimText, one, (path) => !/\.\d+$|^Groups$|active/.test(path));
      let told: Snapshot | null = null;
      const code = await codeOf(async () => void (told = await read(spoilt.text)));
      expect(ways).toContain(String(code));
      expect([spoilt.at, ...(told === null ? [] : lossesOf(told))]).toEqual([spoilt.at]);
    }),
    { numRuns: 300 },
  );
});

test('a SCIM file that is torn is refused, or read as what it says', async () => {
  await fc.assert(
    fc.asyncProperty(torn(scimText), async (text) => {
      expect(ways).toContain(String(await codeOf(() => read(text))));
    }),
    { numRuns: 300 },
  );
});

const csvText = [
  'id,mail,teams',
  'ann,ann@acme.com,sales;legal',
  'ben,ben@acme.com,sales',
  'cem,cem@acme.com,',
].join('\r\n');
const csvOptions = {
  type: 'file',
  path: './people.csv',
  format: 'csv',
  columns: { id: 'id', userName: 'mail', groups: 'teams' },
};
const readCsv = (text: string): Promise<Snapshot> =>
  folderSource(csvOptions, { 'people.csv': text }).read(never);

test('a CSV file that is torn is refused, or read as what it says', async () => {
  await fc.assert(
    fc.asyncProperty(torn(csvText), async (text) => {
      expect(ways).toContain(String(await codeOf(() => readCsv(text))));
    }),
    { numRuns: 300 },
  );
});

test('a CSV file with one thing put into it loses nobody unnoticed', async () => {
  const scrap = fc.constantFrom('"', ',', ';', '\0', '\t', '\u2028', '""', ',,', '=1', 'x');
  const header = csvText.indexOf('\n') + 1;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: header, max: csvText.length }), scrap, async (at, put) => {
      let told: Snapshot | null = null;
      await codeOf(async () => void (told = await readCsv(csvText.slice(0, at) + put + csvText.slice(at))));
      if (told === null) return;
      const { users, completeness } = told as Snapshot;
      expect(completeness.users.state === 'partial' || users.length === staff.length).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('a header of very many columns is read at once', async () => {
  const wide = Array.from({ length: 60_000 }, (_, index) => `c${index}`).join(',');
  const text = `id,mail,teams,${wide}\nann,ann@acme.com,sales,${','.repeat(59_999)}\n`;
  const began = performance.now();
  expect((await readCsv(text)).users).toHaveLength(1);
  expect(performance.now() - began).toBeLessThan(3_000);
});

const started = startInProcess({
  sources: ['staff'],
  config: {
    mapping: {
      user: { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.name.familyName' },
      attributes: { department: 'user.enterprise.department' },
      groups: [{ match: '(?P<team>[a-z]+)', to: '${team}', create: true }],
    },
  },
});

async function filesOfBundle(): Promise<ReadonlyMap<string, string>> {
  const bridge = await started;
  bridge.says({ staff: scimText });
  await bridge.sync();
  const files = new Map<string, string>();
  const request = {
    folder: 'out',
    redaction: 'none',
    key: 'k',
    configuration: bridge.config,
    versions: {},
  } as const;
  await makeBundle(bridge.parts(), request, async (path, text) => void files.set(path, text), never);
  return files;
}

test('a plan file that is spoilt or torn is refused, or is one whose fingerprint can be held against it', async () => {
  const bridge = await started;
  bridge.says({ staff: scimText });
  const text = jsonDocument((await bridge.plan()).plan);
  await fc.assert(
    fc.asyncProperty(fc.oneof(spoiling, torn(text)), async (change) => {
      const code = await codeOf(() => fingerprintOf(parsePlan(changed(text, change), 'plan.json')));
      expect([null, 'planUnreadable']).toContain(code);
    }),
    { numRuns: 300 },
  );
});

test('a bundle of which one file is spoilt or torn is refused, or planned', async () => {
  const files = await filesOfBundle();
  const names = [...files.keys()].filter((name) => name.endsWith('.json'));
  const costs = { read: 4, extra: () => 0, verify: () => 2, costOf: () => 1 };
  const change = fc
    .constantFrom(...names)
    .chain((name) => fc.tuple(fc.constant(name), fc.oneof(spoiling, torn(files.get(name) ?? ''))));
  await fc.assert(
    fc.asyncProperty(change, async ([name, how]) => {
      const all = new Map([...files, [name, changed(files.get(name) ?? '', how)]]);
      const code = await codeOf(async () => {
        const content = await readBundle(
          'out',
          async (path) => all.get(path) ?? Promise.reject(new Error('no')),
        );
        // What the configuration decides is as loose as it may be: its rules were checked when it was loaded.
        if (!name.endsWith('decisions.json')) planSnapshot(content, costs);
      });
      expect([null, 'planUnreadable']).toContain(code);
    }),
    { numRuns: 200 },
  );
});

/** Patterns that make an engine with backtracking run for years. */
const greedy = fc
  .array(
    fc.constantFrom('(a+)+', '(a|aa)+', '(a*)*', '(?:a|a)*', '(.*a){12}', 'a{0,50}', '[a-z]*', '(a?){30}'),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts) => `${parts.join('')}$`);

test('a pattern that is taken is matched in no time, whatever the text', () => {
  fc.assert(
    fc.property(greedy, fc.nat({ max: 3_000 }), (pattern, length) => {
      if (checkPattern(pattern).length > 0) return;
      const text = `${'a'.repeat(length)}!`;
      const began = performance.now();
      compilePattern(pattern).match(text);
      const inCel = `user.userName.matches(${JSON.stringify(pattern)})`;
      if (checkExpression(inCel, { sources: ['okta'], result: 'bool' }).length === 0)
        compileExpression(inCel).evaluate({
          user: { externalId: 'x', active: true, userName: text, extra: {} },
          groups: [],
          source: 'okta',
          from: new Map(),
        });
      expect(performance.now() - began).toBeLessThan(2_000);
    }),
    { numRuns: 25 },
  );
});
