import { expect, test } from 'vitest';
import { planJunit } from '../../../src/report/junit.ts';
import { hostileNames, runNaming, steering } from './hostile.ts';
import { deactivateUser, planOf, runOf } from './sample-plan.ts';
import { heldPlan } from './sample-world.ts';

const compact = (xml: string): string =>
  xml
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([<>]) ?/g, '$1')
    .replaceAll(' />', '/>');

test('a run is a case for each operation: failed, skipped or passed', () => {
  const plan = planOf(['a@acme.com', 'b@acme.com', 'c@acme.com'].map((email) => deactivateUser(email)));
  const run = runOf(
    plan,
    { status: 'partial' },
    new Map([
      ['deactivateUser:b@acme.com', 'failed'],
      ['deactivateUser:c@acme.com', 'notAttempted'],
    ]),
  );
  const xml = compact(planJunit({ plan, run }));
  expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?><testsuites /);
  expect(xml).toContain('tests="5"');
  expect(xml).toContain('<testcase classname="retool-bridge.guard" name="nothing is held"></testcase>');
  expect(xml).toContain('name="disable account a@acme.com"></testcase>');
  expect(xml.match(/<failure [^>]*>/g)).toEqual([
    '<failure type="refused" message="the target answered 422 (failed)"/>',
  ]);
  expect(xml.match(/<skipped [^>]*>/g)).toEqual([
    '<skipped message="the target answered 422 (notAttempted)"/>',
  ]);
});

test('violations that hold and parts that were not read are failed cases', () => {
  const xml = planJunit({ plan: heldPlan(), run: null });
  expect(xml.match(/<failure/g)).toHaveLength(3);
  expect(xml).toContain('failures="3"');
});

test.each(hostileNames)('the name %j is an attribute value and nothing else', (name) => {
  const run = runNaming(name);
  const tags = (xml: string): readonly string[] =>
    [...xml.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/="[^"]*"/g, '='));
  const tame = runNaming('n');
  const xml = planJunit({ plan: run.plan, run });
  expect(tags(xml)).toEqual(tags(planJunit({ plan: tame.plan, run: tame })));
  expect(xml).not.toMatch(steering);
});
