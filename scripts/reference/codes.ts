import { exitCodes, exitHelp } from '../../src/cli/exit-codes.ts';
import { errorHelp } from '../../src/model/error-codes.ts';
import { code, madeFrom, table } from './markdown.ts';

/** `docs/reference/error-codes.md`. */
export function errorCodesPage(): string {
  const rows = Object.entries(errorHelp).map(([name, { means, remedy }]) => [code(name), means, remedy]);
  return `${madeFrom('src/model/error-codes.ts')}
# Error codes

Ways in which a command ends as a whole. It prints \`error: …\` with a remedy below it; with \`--json\` the document is
\`{ format: "retool-bridge/error", version: 1, code, message, remedy }\`. The exit code is 1, for \`stateLocked\` 5.
Retool was not changed, except where it says so.

What became of single operations are outcomes, skips and conflicts: see [Incomplete](../runbook.md#incomplete-exit-4),
[Skips](../runbook.md#skips) and [Conflicts](../runbook.md#conflicts).

${table(['code', 'what happened', 'what to do'], rows)}`;
}

/** `docs/reference/exit-codes.md`. */
export function exitCodesPage(): string {
  const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  const rows = names.map((name) => [String(exitCodes[name]), exitHelp[name].means, exitHelp[name].remedy]);
  return `${madeFrom('src/cli/exit-codes.ts')}
# Exit codes

${table(['code', 'means', 'what to do'], rows)}
When several hold, the first of 1, 5, 3, 4, 2 is returned, also over several targets. Skips and conflicts change no exit code, except a missing
group that no rule creates, which is 4. \`check\`, \`state check\` and \`audit verify\` return 1 when something is wrong,
else 0. A second Ctrl-C ends the process at once with 130 (SIGTERM: 143).
`;
}
