import { readConfig, readConfigs, type Surroundings } from '../../compose.ts';
import type { BridgeConfig } from '../../config/types.ts';
import { BridgeError } from '../../model/errors.ts';
import { againstJson, againstText } from '../../report/against.ts';
import { countEffects, effectsByRule } from '../../report/effects.ts';
import { planAgainst, type Decisions } from '../../run/against.ts';
import { recording } from '../../run/recorded.ts';
import { reconcile } from '../../run/reconcile.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { inSession, onlyRule, targetRule } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import type { PlanOptions } from '../options.ts';

/** The most changes of one rule that a terminal shows; `--json` holds all. */
const shownPerRule = 20;

/** `plan --against`: what another configuration would change, over the same reads. */
export async function planAgainstOther(
  terminal: Terminal,
  options: PlanOptions,
  path: string,
): Promise<ExitCode> {
  refuseOtherOutputs(options);
  return inSession(terminal, options, async ({ config, parts, surroundings }) => {
    const other = await otherConfig(path, surroundings, config.name);
    const heard = recording(parts);
    const request = { kind: 'dryRun', target: targetRule(options), ...onlyRule(options) } as const;
    const record = await reconcile(heard.parts, request, terminal.signal);
    const comparison = await planAgainst(
      { plan: record.plan, request },
      decisionsOf(config),
      decisionsOf(other),
      heard,
      terminal.signal,
    );
    const { width, color } = terminal;
    const limit = terminal.stdoutIsTerminal ? { limit: shownPerRule } : {};
    const asJson = terminal.json || options.format === 'json';
    terminal.out(asJson ? againstJson(comparison) : againstText(comparison, { width, color, ...limit }));
    if (record.plan.incomplete.length > 0) return exitCodes.incomplete;
    const { added, dropped, altered } = countEffects(effectsByRule(comparison));
    return options.exitCode === true && added + dropped + altered > 0 ? exitCodes.pending : exitCodes.ok;
  });
}

function refuseOtherOutputs({ out, report, rehearse, format }: PlanOptions): void {
  const given = [
    ...(out === undefined ? [] : ['--out']),
    ...(report === undefined ? [] : ['--report']),
    ...(rehearse === true ? ['--rehearse'] : []),
    ...(format === 'text' || format === 'json' ? [] : [`--format ${format}`]),
  ];
  if (given.length === 0) return;
  throw new BridgeError(
    'badCommand',
    `--against compares two plans and does not go with ${given.join(', ')}`,
    {
      remedy: 'Leave them out; --against prints text or, with --json, JSON.',
    },
  );
}

/** One with a single target is meant whatever that is called; of several, the one of the same name. */
async function otherConfig(
  path: string,
  surroundings: Surroundings,
  name: string | null,
): Promise<BridgeConfig> {
  const [first, ...others] = await readConfigs(path, surroundings, { secrets: 'ignore' });
  if (first !== undefined && others.length === 0) return first;
  return readConfig(path, surroundings, { secrets: 'ignore', ...(name === null ? {} : { target: name }) });
}

function decisionsOf({ path, sources, target, mapping, policy, guard }: BridgeConfig): Decisions {
  return {
    path,
    // Secrets show where they come from and nothing else.
    sources: new Map(sources.map(({ id, options }) => [id, JSON.stringify(options)])),
    target: { baseUrl: target.baseUrl, seats: target.seats },
    mapping,
    policy,
    guard,
  };
}
