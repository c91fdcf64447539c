import { describe, expect, test } from 'vitest';
import { planMarkdown } from '../../../src/report/markdown.ts';
import { hostileNames, planNaming, runNaming } from './hostile.ts';
import { createUser, planOf, removeMember, runOf } from './sample-plan.ts';
import { heldPlan, largePlan, mondayPlan } from './sample-world.ts';

test('a small plan is a headline, the command to apply it, folded tables and small print', () => {
  const plan = planOf([removeMember('ann@acme.com', 'Finance')]);
  expect(planMarkdown({ plan, run: null }, { planFile: 'plan.json' })).toBe(`## Plan for acme.retool.com

**1 mover and 1 membership removed.**

1 call and 4 reads, under 0.1 minutes at the configured limit

To apply exactly this plan, until 2026-11-25 05:10 UTC:

\`\`\`sh
retool-bridge apply plan.json
\`\`\`

<details>
<summary>Movers · 1</summary>

They stay and lose at least one group.

|  | Who | What | Before → after | Why |
| --- | --- | --- | --- | --- |
| \`-\` | ann@&#8203;acme.com | remove from group | Finance: member → — | no longer in the source group that groups&#91;0&#93; reads<br>okta 00u-ann@&#8203;ac · groups&#91;0&#93; |

</details>

<details>
<summary>Members by group · 1</summary>

| Group | In | Out | Group admins | Itself |
| --- | --- | --- | --- | --- |
| Finance | 0 | 1 | 0 |  |

</details>

<details>
<summary>About this plan · 5</summary>

- target: https&#8203;://acme.retool.com/api/v2
- fingerprint: ${plan.fingerprint.slice(0, 12)}
- made: 2026-11-24 05:10 UTC, expires 2026-11-25 05:10 UTC
- read: okta: 214 people, 12 groups
- forecast: 1 call and 4 reads, under 0.1 minutes at the configured limit

</details>

`);
});

test('a held plan says so first, with the reasons and the command that approves', () => {
  const plan = heldPlan();
  const text = planMarkdown({ plan, run: null });
  expect(text).toContain('> **Held.** Nothing is applied until this plan is approved.');
  expect(text).toContain(`> retool-bridge apply PLAN --approve ${plan.fingerprint}`);
  expect(text).toContain('- 12 accounts would be disabled; the limit is 3');
  expect(text.indexOf('**Look at this first**')).toBeLessThan(text.indexOf('<details>'));
});

test('a run lists what was not applied, unfolded', () => {
  const plan = planOf([createUser('ann@acme.com', 'Ann', 'Lee')]);
  const run = runOf(plan, { status: 'partial' }, new Map([['createUser:ann@acme.com', 'failed']]));
  const text = planMarkdown({ plan, run });
  expect(text).toContain('**Not applied as planned · 1**');
  expect(text).toContain(
    '| failed | create account ann@&#8203;acme.com (Ann Lee) | refused: the target answered 422 (failed) |',
  );
});

describe('names from outside', () => {
  const tame = planMarkdown({ plan: planNaming('n'), run: null }).split('\n');
  const tameRun = planMarkdown({ plan: planNaming('n'), run: runNaming('n') }).split('\n');
  const pipes = (line: string): number => line.split('|').length;

  test.each(hostileNames)('%j changes no structure, and links, mentions and formats nothing', (name) => {
    for (const [text, expected] of [
      [planMarkdown({ plan: planNaming(name), run: null }), tame],
      [planMarkdown({ plan: planNaming(name), run: runNaming(name) }), tameRun],
    ] as const) {
      const lines = text.split('\n');
      expect(lines.map(pipes)).toEqual(expected.map(pipes));
      expect(text.replaceAll(/<\/?(?:details|summary|br)>/g, '').replaceAll(/^> ?/gm, '')).not.toMatch(
        /[<>]/,
      );
      expect(text).not.toMatch(/@(?!&#8203;)|(?<!&|^|#)#(?!#|&#8203;| )/m);
      expect(text).not.toMatch(/\]\(|(?<!&#8203;):\/\/|www\./);
      expect(text.replaceAll(/^(?:> )?```(?:sh)?$/gm, '').replaceAll(/\| `[-+~=⟳]` \|/g, '')).not.toContain(
        '`',
      );
    }
  });

  test('a hostile file name cannot leave the command it stands in', () => {
    const text = planMarkdown({ plan: mondayPlan(), run: null }, { planFile: "```\n<img> ' $(id)" });
    const fenced = /^(`{4,})sh\n(.*)\n\1$/m.exec(text)?.[2];
    expect(fenced).toBe(String.raw`retool-bridge apply '` + '```' + String.raw`\u000a<img> '\'' $(id)'`);
  });
});

describe('cut to size', () => {
  const large = { ...largePlan(20_000), skips: mondayPlan().skips, conflicts: mondayPlan().conflicts };

  test.each([4_000, 10_000, 60_000])('a plan of 20,000 rows fits into %i characters', (most) => {
    expect(planMarkdown({ plan: large, run: null }, { most }).length).toBeLessThanOrEqual(most);
  });

  test('by default it fits into a comment on GitHub and uses most of it', () => {
    const { length } = planMarkdown({ plan: large, run: null });
    expect(length).toBeLessThanOrEqual(60_000);
    expect(length).toBeGreaterThan(55_000);
  });

  test('every section counts what was cut from it, and the end counts all', () => {
    const text = planMarkdown({ plan: large, run: null });
    const cuts = [...text.matchAll(/^… ([\d,]+) of ([\d,]+) rows left out$/gm)].map((match) =>
      match.slice(1).map((part) => Number(part.replaceAll(',', ''))),
    );
    const rows = [...text.matchAll(/^\| `[-+~=⟳]` \|/gm)].length;
    const sections = cuts.filter(([, total]) => total === 5_000);
    expect(sections).toHaveLength(4);
    expect(rows).toBe(sections.reduce((sum, [cut = 0, total = 0]) => sum + total - cut, 0));
    const all = cuts.reduce((sum, [cut = 0]) => sum + cut, 0);
    expect(text).toContain(`_Cut to size: ${all.toLocaleString('en')} rows left out.`);
  });

  test('short sections stay whole beside long ones', () => {
    const text = planMarkdown({ plan: large, run: null });
    expect(text).toContain('contractor@&#8203;ext.acme.com');
    expect(text).toContain('candidates: okta 00u-old, okta 00u-new');
  });

  test('nothing is said of cutting when all of it fits', () => {
    expect(planMarkdown({ plan: mondayPlan(), run: null })).not.toContain('left out');
  });
});

test('the same plan gives the same bytes', () => {
  expect(planMarkdown({ plan: heldPlan(), run: null })).toBe(planMarkdown({ plan: heldPlan(), run: null }));
});
