import type { Operation } from '../../../src/model/operation.ts';
import type { RunRecord } from '../../../src/model/outcome.ts';
import type { Plan } from '../../../src/model/plan.ts';
import {
  addMembers,
  adoptAccount,
  createGroup,
  createUser,
  deactivateUser,
  planOf,
  removeMember,
  runOf,
  setAttributes,
  setGroupAdmin,
  updateUser,
} from './sample-plan.ts';

/** Names that people have given themselves to see what happens. */
export const hostileNames: readonly string[] = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(1)</script>',
  '"><svg/onload=alert(1)>',
  "' onmouseover='alert(1)",
  '<!--<script>',
  'javascript:alert(1)',
  '{{7*7}} ${7*7}',
  '</style><style>*{display:none}',
  '</summary></details>',
  '=HYPERLINK("https://evil.example","x")',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1+1',
  '\r=1+1',
  '\uff1d1+1',
  '"=a",b',
  'line\r\n2026-11-24 level=error fake log line',
  '\u001b[2J\u001b[31mred',
  'a\u2028b\u2029c',
  'nul\0byte',
  '\u202egnp.exe',
  'lone \ud800 surrogate',
  '| a | b |',
  '`code` ```fence',
  '@channel and @octocat #1 https://evil.example www.evil.example',
  '![x](https://evil.example/x.png) [y](javascript:alert(1))',
  '**bold** _it_ ~~no~~ \\',
  '> quote',
  '1. list',
  '# heading',
  '__proto__',
  '$(rm -rf ~); `id` \' "',
  '',
  ' ',
];

/** Characters that steer terminals, end lines or rearrange what stands beside them; a line feed alone is none. */
export const steering = /[\p{Zl}\p{Zp}\u202a-\u202e]|(?!\n)\p{Cc}/u;

/** A plan that says one name in every place where a plan can hold text from outside. */
export function planNaming(name: string): Plan {
  const operations: readonly Operation[] = [
    deactivateUser(`leaver ${name}`),
    removeMember(`mover ${name}`, `group ${name}`),
    adoptAccount(`adopted ${name}`, { [`attribute ${name}`]: name }),
    createUser(`joiner ${name}`, name, name, { [`attribute ${name}`]: name }),
    setAttributes(`changed ${name}`, { [`attribute ${name}`]: name }, { [`attribute ${name}`]: `${name}!` }),
    updateUser(`updated ${name}`, { last_name: name }, { last_name: `${name}?` }),
    createGroup(`new ${name}`),
    addMembers(`group ${name}`, [`+joiner ${name}`, `member ${name}`]),
    setGroupAdmin(`member ${name}`, `group ${name}`, 'admin'),
  ].map((operation) => ({
    ...operation,
    reason: { ...operation.reason, text: name, rule: name, source: name, externalId: name },
  }));
  const subject = { type: 'user' as const, key: name, id: null };
  return planOf(operations, {
    skips: [{ subject, code: `skip ${name}`, text: `skip: ${name}` }],
    conflicts: [{ subject, code: `conflict ${name}`, candidates: [name, name], text: `conflict: ${name}` }],
    notices: [{ code: `notice ${name}`, text: `notice: ${name}` }],
    incomplete: [`incomplete: ${name}`],
    reads: [{ source: name, users: 1, groups: 1, partial: [name] }],
    violations: [
      {
        class: 'creates',
        limit: 0,
        actual: 1,
        operations: [`createUser:joiner ${name}`],
        holds: 'operations',
        text: `held: ${name}`,
      },
    ],
    target: `https://acme.retool.com/${name}`,
  });
}

/** A run of that plan in which nothing went well, and every outcome says the name. */
export function runNaming(name: string): RunRecord {
  const plan = planNaming(name);
  const run = runOf(plan, { status: 'partial', id: `run ${name}` });
  const outcomes = run.outcomes.map((outcome) => ({
    ...outcome,
    state: 'failed' as const,
    code: `code ${name}`,
    text: name,
    items: [{ key: name, code: name, text: name }],
  }));
  return { ...run, outcomes };
}
