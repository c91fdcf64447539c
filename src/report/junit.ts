import type { Outcome } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import { describe } from './describe.ts';
import { titleOf } from './facts.ts';
import { heldOf } from './held.ts';
import type { Markup } from './markup.ts';
import { html } from './markup.ts';
import type { ReportInput } from './summary.ts';
import { stateWord } from './words.ts';

interface Case {
  readonly name: string;
  readonly result: 'passed' | 'skipped' | 'failed';
  /** What a machine can group by: a guard's class, an outcome's code. */
  readonly type: string;
  readonly message: string;
}

interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

/**
 * The plan or run as JUnit XML, for CI systems that show test results: each violation that holds something, each
 * part that could not be read, and each operation that failed or is unknown, is a failed case; what was skipped
 * or not attempted is a skipped one.
 */
export function planJunit(input: ReportInput): string {
  const suites = [
    guardSuite(input),
    readingSuite(input.plan),
    rehearsalSuite(input),
    operationsSuite(input),
  ].filter(({ cases }) => cases.length > 0);
  const cases = suites.flatMap((suite) => suite.cases);
  const document = html`<?xml version="1.0" encoding="UTF-8"?>
    <testsuites
      name="${titleOf(input)}"
      tests="${cases.length}"
      failures="${count(cases, 'failed')}"
      skipped="${count(cases, 'skipped')}"
    >
      ${suites.map(suiteMarkup)}
    </testsuites>`;
  // U+FFFE and U+FFFF are the only characters left that XML 1.0, 2.2 does not allow.
  return `${document.markup.replaceAll(/[\ufffe\uffff]/g, '\ufffd')}\n`;
}

function guardSuite({ plan, run }: ReportInput): Suite {
  const held = heldOf(plan, run);
  const cases = (held?.violations ?? []).map((violation): Case => ({
    name: `within the limit: ${violation.class}`,
    result: 'failed',
    type: violation.class,
    message: violation.text,
  }));
  return { name: 'guard', cases: cases.length > 0 ? cases : [passed('nothing is held')] };
}

function readingSuite({ incomplete }: Plan): Suite {
  const cases = incomplete.map((text): Case => ({
    name: `read: ${text}`,
    result: 'failed',
    type: 'incomplete',
    message: text,
  }));
  return { name: 'reading', cases: cases.length > 0 ? cases : [passed('everything was read')] };
}

function rehearsalSuite({ rehearsal }: ReportInput): Suite {
  const cases = (rehearsal?.differences ?? []).map((text): Case => ({
    name: `rehearsed: ${text}`,
    result: 'failed',
    type: 'rehearsal',
    message: text,
  }));
  const proved = rehearsal?.verdict === 'proved' ? [passed('the plan went as forecast on a copy')] : [];
  return { name: 'rehearsal', cases: [...proved, ...cases] };
}

function operationsSuite({ plan, run }: ReportInput): Suite {
  const operations = new Map(plan.operations.map((operation) => [operation.id, operation]));
  const cases = (run?.outcomes ?? []).map((outcome): Case => {
    const operation = operations.get(outcome.operation);
    return {
      name: operation === undefined ? outcome.operation : describe(operation).sentence,
      result: resultOf(outcome),
      type: outcome.code ?? stateWord(outcome.state),
      message: outcome.text ?? stateWord(outcome.state),
    };
  });
  return { name: 'operations', cases };
}

function passed(name: string): Case {
  return { name, result: 'passed', type: '', message: '' };
}

function resultOf({ state }: Outcome): Case['result'] {
  if (state === 'applied') return 'passed';
  return state === 'failed' || state === 'unknown' ? 'failed' : 'skipped';
}

function count(cases: readonly Case[], result: Case['result']): number {
  return cases.filter((one) => one.result === result).length;
}

function suiteMarkup({ name, cases }: Suite): Markup {
  return html`<testsuite
    name="${name}"
    tests="${cases.length}"
    failures="${count(cases, 'failed')}"
    skipped="${count(cases, 'skipped')}"
  >
    ${cases.map((one) => caseMarkup(one, name))}
  </testsuite>`;
}

function caseMarkup({ name, result, type, message }: Case, suite: string): Markup {
  return html`<testcase classname="retool-bridge.${suite}" name="${name}"
    >${resultMarkup({ result, type, message })}</testcase
  >`;
}

function resultMarkup({ result, type, message }: Pick<Case, 'result' | 'type' | 'message'>): Markup | null {
  if (result === 'passed') return null;
  return result === 'skipped'
    ? html`<skipped message="${message}" />`
    : html`<failure type="${type}" message="${message}" />`;
}
