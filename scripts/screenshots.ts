import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { createRetoolSandbox, listen } from '../src/sandbox/index.ts';
import { scimOf, staffOf, type Staff } from './screenshots/company.ts';
import { terminalPage, type Scheme } from './screenshots/terminal.ts';

/*
 * Makes the pictures below docs/images/ from what the program really prints and writes: a made-up company is brought
 * into a stand-in of Retool, a week goes by, and the plan for it is shown in a terminal and in a browser. The only thing
 * that is changed afterwards is the stand-in's address, which reads acme.retool.com. Needs Debian's packages chromium,
 * fonts-inter and fonts-jetbrains-mono.
 *
 *   ./bridge npm run screenshots
 */

const root = path.join(import.meta.dirname, '..');
const images = path.join(root, 'docs/images');
const token = 'retool_01screenshots';
const mostBytes = 300_000;
const columns = 92;
const schemes: readonly Scheme[] = ['light', 'dark'];

const configuration = (baseUrl: string): string => `version: 1
sources:
  hr: { type: file, path: ./people.scim.json }
target: { baseUrl: "${baseUrl}", token: { env: RETOOL_API_TOKEN }, requestsPerMinute: 45, seats: 40 }
mapping:
  user: { email: user.email, first_name: user.name.givenName, last_name: user.name.familyName }
  attributes: { department: user.enterprise.department }
  groups:
    - { match: "retool-(?P<team>[a-z]+)", to: "\${team}", create: true }
policy: sync
leavers: disable
protect: { users: [owner@acme.com], admins: 1 }
state: sqlite:./bridge.db
`;

/** A folder with a configuration and a company that is in step, before the week that is shown. */
async function company(
  staff: readonly Staff[],
  work: (folder: string, address: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'retool-bridge-screenshots-'));
  const sandbox = createRetoolSandbox({
    token,
    now: () => Date.now(),
    requestsPerMinute: 'unlimited',
    seed: {
      users: [{ email: 'owner@acme.com', firstName: 'Robin', lastName: 'Owner', admin: true }],
      userAttributes: [{ name: 'department', label: 'Department', dataType: 'string' }],
    },
  });
  const listener = await listen(sandbox.fetch, { host: '127.0.0.1', port: 0 });
  try {
    const config = path.join(folder, 'bridge.yaml');
    // Bringing the company in is not what is shown, and need not wait for Retool's quota.
    await writeFile(config, configuration(listener.url).replace('Minute: 45', 'Minute: 100000'));
    await writeFile(path.join(folder, 'people.scim.json'), scimOf(staff, 'before'));
    await bridge(folder, ['sync', '--quiet']);
    await writeFile(config, configuration(listener.url));
    await writeFile(path.join(folder, 'people.scim.json'), scimOf(staff, 'now'));
    await work(folder, listener.url);
  } finally {
    await listener.close();
    await rm(folder, { recursive: true });
  }
}

/** Runs the program as a reader would, at a terminal of fixed width, and gives what it prints. */
async function bridge(folder: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(path.join(root, 'bridge'), args, {
    cwd: folder,
    env: { ...process.env, RETOOL_API_TOKEN: token, FORCE_COLOR: '1', COLUMNS: String(columns) },
  });
  return stdout;
}

function asAcme(text: string, address: string): string {
  return text
    .replaceAll(address, 'https://acme.retool.com')
    .replaceAll(new URL(address).host, 'acme.retool.com');
}

async function picture(browser: Browser, page: string, scheme: Scheme, shot: Shot): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: shot.width, height: shot.height },
    deviceScaleFactor: 1.5,
    colorScheme: scheme,
  });
  const file = path.join(images, `${shot.name}-${scheme}.png`);
  const opened = await context.newPage();
  await opened.goto(pathToFileURL(page).href);
  const part = opened.locator(shot.part);
  if (shot.takes === 'part') await part.screenshot({ path: file, omitBackground: true });
  else {
    await part.evaluate((element) => element.scrollIntoView());
    await opened.screenshot({ path: file });
  }
  await context.close();
  const { size } = await stat(file);
  console.log(`${path.relative(root, file)}  ${Math.ceil(size / 1_000)} kB`);
  if (size > mostBytes) throw new Error(`${file} is larger than ${mostBytes} bytes`);
}

interface Shot {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** A selector: the part alone, or the window as it is when the part is at its top. */
  readonly part: string;
  readonly takes: 'part' | 'window';
}

/** Three changes, each of another kind, as a terminal shows them. */
async function showTerminal(browser: Browser): Promise<void> {
  const staff = staffOf(12, { leaving: [0], joining: [3], moving: { 1: 'Sales' } });
  await company(staff, async (folder, address) => {
    const output = await bridge(folder, ['plan', '--out', 'plan.json']);
    for (const scheme of schemes) {
      const page = path.join(folder, `terminal-${scheme}.html`);
      const command = 'retool-bridge plan --out plan.json';
      await writeFile(page, terminalPage(command, asAcme(output, address), { scheme, columns }));
      await picture(browser, page, scheme, {
        name: 'plan',
        width: 1000,
        height: 900,
        part: '#window',
        takes: 'part',
      });
    }
  });
}

/** A busier week, as a browser shows it. */
async function showReport(browser: Browser): Promise<void> {
  const staff = staffOf(30, {
    leaving: [0, 13],
    joining: [3, 11, 17, 25, 29],
    moving: { 1: 'Sales', 9: 'Operations', 16: 'Support' },
  });
  await company(staff, async (folder, address) => {
    await bridge(folder, ['plan', '--out', 'plan.json', '--report', 'plan.html']);
    const page = path.join(folder, 'shown.html');
    await writeFile(page, asAcme(await readFile(path.join(folder, 'plan.html'), 'utf8'), address));
    for (const scheme of schemes) {
      const window = { width: 1180, takes: 'window' } as const;
      await picture(browser, page, scheme, { ...window, name: 'report', height: 945, part: 'body' });
      await picture(browser, page, scheme, { ...window, name: 'changes', height: 800, part: '#details' });
    }
  });
}

/** What browsers use as a system's own font; on a machine without a desktop that is something nobody would choose. */
const fonts = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include>/etc/fonts/fonts.conf</include>
<alias binding="strong"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
<alias binding="strong"><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
<alias binding="strong"><family>sans</family><prefer><family>Inter</family></prefer></alias>
<alias binding="strong"><family>ui-monospace</family><prefer><family>JetBrains Mono</family></prefer></alias>
</fontconfig>`;

await mkdir(images, { recursive: true });
const settings = await mkdtemp(path.join(tmpdir(), 'retool-bridge-fonts-'));
await writeFile(path.join(settings, 'fonts.conf'), fonts);
const browser = await chromium.launch({
  env: { ...process.env, FONTCONFIG_FILE: path.join(settings, 'fonts.conf') },
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--font-render-hinting=none',
  ],
});
try {
  await showTerminal(browser);
  await showReport(browser);
} finally {
  await browser.close();
  await rm(settings, { recursive: true });
}
