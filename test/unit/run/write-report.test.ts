import { expect, test } from 'vitest';
import { render } from '../../../src/run/write-report.ts';
import { createUser, planOf, runOf } from '../report/sample-plan.ts';

const dryRun = { ...runOf(planOf([createUser('ann@acme.com', 'Ann', 'Lee')])), kind: 'dryRun' } as const;

test.each(['text', 'markdown', 'html'] as const)(
  'a plan that was saved says in its %s report how to apply just this file',
  (format) => {
    expect(render(dryRun, format, 45, { planFile: 'monday.json' })).toContain(
      'retool-bridge apply monday.json',
    );
    expect(render(dryRun, format, 45)).toContain('retool-bridge apply PLAN');
  },
);
