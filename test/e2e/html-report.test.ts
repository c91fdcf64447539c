import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { planHtml } from '../../src/report/html.ts';
import { hostileNames, runNaming } from '../unit/report/hostile.ts';
import { deactivateUser, removeMember } from '../unit/report/sample-plan.ts';
import { largePlan, mondayPlan, personAt } from '../unit/report/sample-world.ts';

/** One plan with everything that two say. */
function together(one: Plan, other: Plan): Plan {
  return {
    ...one,
    operations: [...one.operations, ...other.operations],
    skips: [...one.skips, ...other.skips],
    conflicts: [...one.conflicts, ...other.conflicts],
    notices: [...one.notices, ...other.notices],
    violations: [...one.violations, ...other.violations],
    incomplete: [...one.incomplete, ...other.incomplete],
    reads: [...one.reads, ...other.reads],
  };
}

/** Where Debian's package `chromium` puts it. CI installs it; without it these tests are left out elsewhere only. */
const executablePath = '/usr/bin/chromium';
const isWanted = existsSync(executablePath) || process.env['CI'] === 'true';

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe.runIf(isWanted)('the HTML report in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-report-'));
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens a report from a file; what the page asks for, says or throws is collected. */
  async function opened(
    html: string,
    options: { readonly javaScriptEnabled?: false; readonly width?: number } = {},
  ): Promise<{
    readonly page: Page;
    readonly complaints: readonly string[];
    readonly asked: readonly string[];
  }> {
    const { width = 1280, ...more } = options;
    const file = join(folder, 'report.html');
    writeFileSync(file, html);
    const page = await browser.newPage({ viewport: { width, height: 900 }, ...more });
    const complaints: string[] = [];
    const asked: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    return { page, complaints, asked: asked.filter((url) => url !== pathToFileURL(file).href) };
  }

  const open = (plan: Plan, options = {}) => opened(planHtml({ plan, run: null }), options);
  const found = (page: Page): Promise<string | null> => page.locator('#found').textContent();
  const shownKeys = (page: Page): Promise<readonly string[]> =>
    page.locator('tbody.entry th b').allTextContents();

  test('it asks for nothing and complains of nothing', async () => {
    const { page, complaints, asked } = await open(mondayPlan());
    expect(await found(page)).toBe('All 58 shown');
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('hostile names run nothing, load nothing and make no element', async () => {
    const runs = hostileNames.map(runNaming);
    const plan = runs.map((run) => run.plan).reduce(together);
    const run = { ...runNaming('n'), plan, outcomes: runs.flatMap((one) => one.outcomes) };
    const { page, complaints, asked } = await opened(planHtml({ plan, run }));
    expect(await found(page)).toMatch(/^All \d+ shown$/);
    expect(await page.locator('img, iframe, object, main a, svg [onload], [onerror]').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(2);
    expect([...complaints, ...asked]).toEqual([]);
    await page.close();
  });

  test('searching finds people by parts of words, whatever their accents and case', async () => {
    const { page } = await open(mondayPlan());
    await page.getByLabel('Search').fill('GARCIA maria');
    await expect.poll(() => found(page)).toBe('1 of 58 shown');
    expect(await shownKeys(page)).toEqual(['maria.garcia0@acme.com']);
    await page.getByLabel('Search').fill('nobody at all');
    await expect.poll(() => page.locator('#nothing').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Reset' }).click();
    await expect.poll(() => found(page)).toBe('All 58 shown');
    await page.close();
  });

  test('filters by who, operation, group, source and risk narrow the list together', async () => {
    const { page } = await open(mondayPlan());
    await page.getByRole('combobox', { name: 'Who' }).selectOption('leavers');
    await expect.poll(() => found(page)).toBe('3 of 58 shown');
    await page.getByRole('combobox', { name: 'Who' }).selectOption('');
    await page.getByRole('combobox', { name: 'Operation' }).selectOption('Remove from group');
    await expect.poll(() => found(page)).toBe('7 of 58 shown');
    await page.getByRole('combobox', { name: 'Group' }).fill('legal');
    await expect.poll(() => found(page)).toBe('1 of 58 shown');
    await page.getByRole('button', { name: 'Reset' }).click();
    await page.getByRole('combobox', { name: 'Source' }).selectOption('okta');
    await page.getByRole('combobox', { name: 'Risk' }).selectOption('takes');
    await expect.poll(() => found(page)).toBe('10 of 58 shown');
    await page.close();
  });

  test('a column sorts up, down, and back to the order of the plan, and says so', async () => {
    const { page } = await open(mondayPlan());
    const planned = await shownKeys(page);
    const head = page.getByRole('columnheader', { name: 'Person or group' });
    const compare = new Intl.Collator('en', { numeric: true }).compare;
    await head.getByRole('button').click();
    expect(await shownKeys(page)).toEqual([...planned].sort(compare));
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    await head.getByRole('button').press('Enter');
    expect(await shownKeys(page)).toEqual([...planned].sort((a, b) => compare(b, a)));
    await head.getByRole('button').click();
    expect(await shownKeys(page)).toEqual(planned);
    expect(await head.getAttribute('aria-sort')).toBeNull();
    await page.close();
  });

  test('without script the whole table is there, and no control that would do nothing', async () => {
    const { page } = await open(mondayPlan(), { javaScriptEnabled: false });
    expect(await page.locator('tbody.entry').count()).toBe(58);
    expect(await page.locator('#filters').isVisible()).toBe(false);
    await page.close();
  });

  test('20,000 rows keep few elements, and the last is reached by scrolling', async () => {
    const { page, complaints } = await open(largePlan(20_000));
    const elements = (): Promise<number> => page.locator('*').count();
    expect(await found(page)).toBe('All 20,000 shown');
    expect(await elements()).toBeLessThan(5_000);
    await page.getByLabel('Search').fill(personAt(19_999).email);
    await expect.poll(() => shownKeys(page)).toEqual([personAt(19_999).email]);
    await page.getByLabel('Search').fill('');
    await expect.poll(() => found(page)).toBe('All 20,000 shown');
    // Heights of rows not yet seen are estimates, so the end may move once.
    await expect
      .poll(async () => {
        await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
        return (await shownKeys(page)).at(-1);
      })
      .toBe(personAt(19_999).email);
    expect(await elements()).toBeLessThan(5_000);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('the rows that the script draws are those of the plain table', async () => {
    // One change more than the plain table takes, and otherwise the same plan.
    const plan = largePlan(2_000);
    const more = { ...plan, operations: [...plan.operations, removeMember('zz@acme.com', 'Finance')] };
    const bodies = async (of: Plan): Promise<readonly string[]> => {
      const { page } = await open({ ...of, operations: [deactivateUser('aa@acme.com'), ...of.operations] });
      const all = await page
        .locator('tbody.entry')
        .evaluateAll((nodes) => nodes.slice(0, 10).map((node) => node.outerHTML));
      await page.close();
      return all.map((html) => html.replaceAll(/\s+/g, ' ').replaceAll(/\s*(<[^>]*>)\s*/g, '$1'));
    };
    const plain = await bodies({ ...plan, operations: plan.operations.slice(0, 1_999) });
    expect(plain).toHaveLength(10);
    expect(await bodies(more)).toEqual(plain);
  });

  test('it needs no sideways scrolling on a narrow screen', async () => {
    const { page } = await open(mondayPlan(), { width: 360 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await page.close();
  });
});
