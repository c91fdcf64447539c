import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { planHtml } from '../../../src/report/html.ts';
import { hostileNames, planNaming, runNaming, steering } from './hostile.ts';
import { deactivateUser, planOf, runOf, updateUser } from './sample-plan.ts';
import { heldPlan, largePlan, mondayPlan } from './sample-world.ts';

const page = (plan = mondayPlan()): string => planHtml({ plan, run: null });

/** The tags of a page without the values of their attributes, scripts and styles left out. */
function structureOf(html: string): readonly string[] {
  const body = html.replaceAll(/(<script[^>]*>)[^]*?<\/script>|(<style>)[^]*?<\/style>/g, '$1$2');
  return [...body.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/="[^"]*"/g, '='));
}

function contentOf(html: string, tag: 'script' | 'style'): string {
  return new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(html)?.[1] ?? '';
}

function islandOf(html: string): { readonly entries: readonly (readonly unknown[])[] } {
  return JSON.parse(/<script type="application\/json" id="data">([^]*?)<\/script>/.exec(html)?.[1] ?? '');
}

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

describe('what may run and load', () => {
  test('the policy allows nothing but the very script and style of the page', () => {
    const html = page();
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
    expect(policy?.replaceAll('&#39;', "'")).toBe(
      `default-src 'none'; script-src '${hashOf(contentOf(html, 'script'))}'; ` +
        `style-src '${hashOf(contentOf(html, 'style'))}'; base-uri 'none'; form-action 'none'`,
    );
  });

  test('nothing in the page refers to another place or carries a style or handler of its own', () => {
    const tags = structureOf(page(heldPlan())).join('\n');
    expect(tags).not.toMatch(/\s(?:src|style|srcset|action|on\w+)=/);
    expect([...page(heldPlan()).matchAll(/href="([^"]*)"/g)].map(([, target]) => target)).toEqual([
      '#details',
    ]);
  });

  // A name of nothing leaves out what would be empty, which is no change of structure to worry about.
  test.each(hostileNames.filter((name) => name.trim() !== ''))(
    'the name %j is text wherever a plan or a run can hold it',
    (name) => {
      for (const input of [
        { hostile: { plan: planNaming(name), run: null }, tame: { plan: planNaming('n'), run: null } },
        {
          hostile: { plan: planNaming(name), run: runNaming(name) },
          tame: { plan: planNaming('n'), run: runNaming('n') },
        },
      ]) {
        const html = planHtml(input.hostile);
        expect(structureOf(html)).toEqual(structureOf(planHtml(input.tame)));
        expect(html).not.toMatch(steering);
        expect(html.isWellFormed()).toBe(true);
        expect(islandOf(html).entries).toHaveLength(islandOf(planHtml(input.tame)).entries.length);
      }
    },
  );

  test('a name of a million characters is cut, and its length told', () => {
    const html = page(planNaming('x'.repeat(1_000_000)));
    expect(html.length).toBeLessThan(200_000);
    expect(html).toContain('(1,000,000 characters)');
  });
});

describe('what it says', () => {
  test('a held plan says why, and what to type to approve it', () => {
    const plan = heldPlan();
    const html = planHtml({ plan, run: null }, { planFile: 'plan.json' });
    expect(html).toContain(`retool-bridge apply plan.json --approve ${plan.fingerprint}`);
    expect(html).toContain('Nothing is applied until this plan is approved.');
    expect(html).toContain('12 accounts would be disabled; the limit is 3 (5 % of 60 managed accounts)');
    expect(html).toContain('The account of admin ada.admin@acme.com is disabled.');
  });

  test('a plan that is not held says how to apply it, and a run does not', () => {
    const plan = mondayPlan();
    expect(planHtml({ plan, run: null })).toContain('retool-bridge apply PLAN');
    expect(planHtml({ plan, run: runOf(plan) })).not.toContain('retool-bridge apply');
  });

  test('each change shows before, after, reason, rule and source', () => {
    const html = page(planOf([updateUser('ann@acme.com', { last_name: 'Old' }, { last_name: 'New' })]));
    expect(html).toMatch(
      /<span>last_name<\/span>\s*<del>Old<\/del>\s*<span class="to">→<\/span>\s*<ins>New<\/ins>/,
    );
    expect(html).toMatch(/last_name differ\s*<i>okta 00u-ann@ac · attributes\.department<\/i>/);
  });

  test('a run tells the outcome of every operation and lists those not applied', () => {
    const plan = planOf([deactivateUser('a@acme.com'), deactivateUser('b@acme.com')]);
    const run = runOf(plan, { status: 'partial' }, new Map([['deactivateUser:b@acme.com', 'notAttempted']]));
    const html = planHtml({ plan, run });
    expect(html).toContain('Applied 1 of 2 operations; 1 not attempted.');
    expect(html).toContain('Not applied as planned · 1');
    expect(html.match(/class="tag applied">applied/g)).toHaveLength(1);
    expect(html).toContain('refused: the target answered 422 (notAttempted)');
  });

  test('skips, conflicts, notices and what is incomplete all have a place', () => {
    const html = page({ ...heldPlan(), skips: mondayPlan().skips, conflicts: mondayPlan().conflicts });
    expect(html).toContain('Skipped · 2');
    expect(html).toContain('Conflicts · 1');
    expect(html).toContain('(candidates: okta 00u-old, okta 00u-new)');
    expect(html).toContain('entra: the members of &quot;Retool Partners&quot; could not be read');
  });

  test('nothing to change is one calm sentence, without a table or script', () => {
    const html = page(planOf([]));
    expect(html).toContain('In step: nothing to change.');
    expect(html).not.toMatch(/<script|<table/);
  });

  test('the same plan gives the same bytes', () => {
    expect(page(heldPlan())).toBe(page(heldPlan()));
  });
});

describe('size', () => {
  const elements = (html: string): number =>
    structureOf(html.replaceAll(/<noscript>[^]*?<\/noscript>/g, '')).length;

  test('up to 2,000 changes stand in a plain table, one row each', () => {
    const html = page(largePlan(2000));
    expect(html.match(/<td class="what /g)).toHaveLength(2000);
    expect(html).not.toContain('<noscript>');
  });

  test('with 20,000 changes few elements are sent, and the first 2,000 only to readers without script', () => {
    const html = page(largePlan(20_000));
    expect(elements(html)).toBeLessThan(5_000);
    expect(islandOf(html).entries).toHaveLength(20_000);
    const plain = /<noscript>([^]*?)<\/noscript>/.exec(html)?.[1] ?? '';
    expect(plain.match(/<td class="what /g)).toHaveLength(2000);
    expect(plain).toContain('The first 2,000 of 20,000 people and groups');
  });

  test('thousands of skips are counted by code and cut', () => {
    const skips = Array.from({ length: 3000 }, (_, at) => ({
      subject: { type: 'user' as const, key: `p${at}@acme.com`, id: null },
      code: at % 3 === 0 ? 'noUsableAddress' : 'policy',
      text: `p${at}@acme.com is left as it is`,
    }));
    const html = page({ ...mondayPlan(), skips });
    expect(html).toContain('in all: 1,000 noUsableAddress and 2,000 policy');
    expect(html).toContain('and 2,800 more like these');
  });
});
