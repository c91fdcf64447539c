import { describe, expect, test } from 'vitest';
import { BridgeError } from '../../../src/model/errors.ts';
import { approveCommand, commandLines, commandText } from '../../../src/report/approve.ts';
import {
  csvCell,
  escapeHtml,
  escapeMarkdown,
  printable,
  scriptJson,
  shellWord,
} from '../../../src/report/escape.ts';
import { errorJson, planJson, runJson } from '../../../src/report/json.ts';
import { html } from '../../../src/report/markup.ts';
import { clip, displayWidth, wrapped } from '../../../src/report/width.ts';
import { counted, durationBetween, hostOf, listed, minuteOf, numeral } from '../../../src/report/words.ts';
import { hostileNames, planNaming } from './hostile.ts';
import { deactivateUser, planOf, runOf } from './sample-plan.ts';
import { heldPlan, mondayPlan } from './sample-world.ts';

describe('words', () => {
  test('numbers, counts and lists read as people write them', () => {
    expect(numeral(1_234_567)).toBe('1,234,567');
    expect([counted(1, 'leaver'), counted(0, 'leaver'), counted(2, 'person', 'people')]).toEqual([
      '1 leaver',
      '0 leavers',
      '2 people',
    ]);
    expect([listed([]), listed(['a']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
  });

  test('times are UTC to the minute, and durations in the unit that fits', () => {
    expect(minuteOf('2026-11-24T05:10:33.123Z')).toBe('2026-11-24 05:10 UTC');
    const after = (ms: number): string =>
      durationBetween('2026-11-24T00:00:00.000Z', new Date(Date.UTC(2026, 10, 24) + ms).toISOString());
    expect([400, 12_000, 185_000, 7_440_000].map(after)).toEqual(['0.4 s', '12 s', '3 min 5 s', '2 h 4 min']);
    expect(hostOf('https://acme.retool.com/api/v2')).toBe('acme.retool.com');
  });
});

describe('width', () => {
  test('East Asian text and emoji take two columns, marks none', () => {
    expect(['abc', '日本', 'e\u0301', '👩‍🚀'].map(displayWidth)).toEqual([3, 4, 1, 2]);
  });

  test('cutting never splits what a reader sees as one character', () => {
    expect(clip('日本語', 5)).toBe('日本…');
    expect(clip('👩‍🚀👩‍🚀', 3)).toBe('👩‍🚀…');
    expect(wrapped('one two three', 7, 2)).toEqual(['one two', 'three']);
    expect(wrapped('one two three four', 7, 2)).toEqual(['one two', 'three …']);
  });
});

describe('escapes', () => {
  test('what cannot be seen or rearranges a line becomes visible', () => {
    expect(printable('a\u001b[31m\u202e\r\n\ud800')).toBe(String.raw`a\u001b[31m\u202e\u000d\u000a\ud800`);
    expect(printable('Zoë 👩‍🚀')).toBe('Zoë 👩‍🚀');
  });

  test('HTML, Markdown, CSV and shells get what is inert in each', () => {
    expect(escapeHtml(`<a href='x' title="y">&`)).toBe('&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;');
    expect(escapeMarkdown('a|b [x](y) (z) @me #1')).toBe('a&#124;b &#91;x&#93;(y) (z) @&#8203;me #&#8203;1');
    expect(csvCell('=1+"x"')).toBe(`"'=1+""x"""`);
    expect([shellWord('plan.json'), shellWord("it's")]).toEqual(['plan.json', String.raw`'it'\''s'`]);
    expect(scriptJson('"</script>\u2028"')).toBe(String.raw`"\u003c/script\u003e\u2028"`);
  });

  test('a template escapes every text and keeps markup', () => {
    const name = '<b>';
    expect(html`<p title="${name}">${html`<i>${name}</i>`}${[name, 1, null]}</p>`.markup).toBe(
      '<p title="&lt;b&gt;"><i>&lt;b&gt;</i>&lt;b&gt;1</p>',
    );
  });
});

describe('the command to approve', () => {
  const command = approveCommand('my plan.json', 'f'.repeat(64));

  test('quotes a file name that needs it', () => {
    expect(commandText(command)).toBe(`retool-bridge apply 'my plan.json' --approve ${'f'.repeat(64)}`);
  });

  test.each([40, 60, 80, 120])('in %i columns its lines put together are the command', (width) => {
    const lines = commandLines(command, width);
    expect(lines.every((line) => displayWidth(line) <= Math.max(width, 40))).toBe(true);
    const joined = lines
      .join('\n')
      .replaceAll(/ \\\n\s*/g, ' ')
      .replaceAll('\\\n', '')
      .trim();
    expect(joined).toBe(commandText(command));
  });
});

describe('JSON', () => {
  test('a plan read back is the same plan', () => {
    for (const plan of [mondayPlan(), heldPlan(), ...hostileNames.map(planNaming)]) {
      // A lone surrogate is the one thing that JSON text cannot hold otherwise than escaped.
      expect(JSON.parse(planJson(plan))).toEqual(JSON.parse(JSON.stringify(plan)));
    }
  });

  test('a run counts its outcomes and names what was not applied', () => {
    const plan = planOf([deactivateUser('a@acme.com'), deactivateUser('b@acme.com')]);
    const run = runOf(plan, { status: 'partial' }, new Map([['deactivateUser:b@acme.com', 'failed']]));
    expect(JSON.parse(runJson(run))).toMatchObject({
      format: 'retool-bridge/run',
      version: 1,
      status: 'partial',
      plan: { fingerprint: plan.fingerprint, summary: { deactivateUser: 2, total: 2 } },
      outcomes: { applied: 1, failed: 1, skipped: 0, notAttempted: 0, unknown: 0 },
      problems: [{ operation: 'deactivateUser:b@acme.com', state: 'failed', code: 'refused' }],
    });
  });

  test('a failure says code, message and remedy', () => {
    const error = new BridgeError('configInvalid', 'no', { remedy: 'Fix it.' });
    expect(JSON.parse(errorJson(error))).toEqual({
      format: 'retool-bridge/error',
      version: 1,
      code: 'configInvalid',
      message: 'no',
      remedy: 'Fix it.',
    });
  });
});
