import path from 'node:path';
import type {
  GroupRule,
  GroupSelector,
  GuardLimits,
  LeaverRule,
  LeaverRules,
  MappingRules,
  Policy,
} from '../model/rules.ts';
import type { Step } from './problem.ts';
import type { Reading } from './reading.ts';
import { durationMs } from './scalars.ts';
import { defaultWindows } from './schema-guard.ts';
import type { GroupRuleInput } from './schema-mapping.ts';
import type { ConfigOutput } from './schema.ts';
import type { TargetTree } from './targets.ts';
import { nodeAt } from './tree.ts';
import type { BridgeConfig, SourceConfig, StateConfig } from './types.ts';

/** The configuration from its checked parts. Paths become absolute, from the file in which they stand. */
export function configFrom(
  checked: ConfigOutput,
  sources: readonly SourceConfig[],
  reading: Reading,
  { file, tree }: { readonly file: string; readonly tree: Pick<TargetTree, 'name' | 'reports'> },
): BridgeConfig {
  const directory = path.dirname(path.resolve(file));
  const folderAt = (at: readonly Step[]): string => nodeAt(reading.root, at)?.at.file.directory ?? directory;
  const { target, schedule, reports, retention } = checked;
  const reportsFolder = path.resolve(folderAt(['reports', 'directory']), reports.directory);
  return {
    name: tree.name,
    path: file,
    directory,
    sources,
    target: {
      baseUrl: target.baseUrl,
      token: target.token,
      requestsPerMinute: target.requestsPerMinute,
      seats: target.seats ?? null,
      settleMs: target.settle,
    },
    mapping: mappingFrom(checked, sources),
    policy: policyFrom(checked),
    guard: guardFrom(checked.guard),
    schedule: {
      cron: schedule.cron,
      timezone: schedule.timezone,
      fullReadEveryMs: schedule.fullReadEvery,
    },
    state: stateFrom(checked.state, folderAt(['state'])),
    reports: {
      directory: tree.reports === 'named' ? path.join(reportsFolder, tree.name ?? '') : reportsFolder,
      formats: reports.formats,
    },
    retention: {
      reportsMs: retention.reports ?? null,
      peopleMs: retention.people ?? null,
      auditMs: retention.audit ?? null,
    },
  };
}

function mappingFrom(
  { mapping, precedence, names }: ConfigOutput,
  sources: readonly SourceConfig[],
): MappingRules {
  const { email, first_name, last_name, user_type = null } = mapping.user;
  return {
    scope: mapping.scope ?? null,
    user: { email, first_name, last_name, user_type },
    attributes: new Map(Object.entries(mapping.attributes)),
    groups: mapping.groups.map(ruleFrom),
    precedence: precedence ?? sources.map(({ id }) => id),
    names,
  };
}

function ruleFrom(rule: GroupRuleInput, index: number): GroupRule {
  const { source = null, to, create, access = null, admins = null } = rule;
  return { name: `groups[${index}]`, select: selectorFrom(rule), source, to, create, access, admins };
}

function selectorFrom({ match, id, when }: GroupRuleInput): GroupSelector {
  if (match !== undefined) return { by: 'pattern', pattern: match };
  return id !== undefined ? { by: 'id', id } : { by: 'when', expression: when ?? '' };
}

function policyFrom(checked: ConfigOutput): Policy {
  const { policy, leavers, memberships, adopt, adoptMemberships, reactivate, drift, protect } = checked;
  return {
    policy,
    leavers: leaversFrom(leavers),
    memberships,
    adopt,
    adoptMemberships,
    reactivate,
    drift,
    protect,
  };
}

function leaversFrom(leavers: ConfigOutput['leavers']): LeaverRules {
  if (typeof leavers === 'string') return { inactive: leavers, gone: leavers, outOfScope: leavers };
  const { inactive, gone, outOfScope } = leavers;
  return { inactive, gone: leaverRuleFrom(gone), outOfScope: leaverRuleFrom(outOfScope) };
}

function leaverRuleFrom(rule: Extract<ConfigOutput['leavers'], object>['gone']): LeaverRule {
  return typeof rule === 'string' ? rule : { afterMs: rule.after };
}

/** A window that is written takes the place of the default one of the same length. */
function guardFrom({ windows: written, ...limits }: ConfigOutput['guard']): GuardLimits {
  const windows = new Map<number, GuardLimits['windows'][number]>();
  for (const [name, percent] of [...Object.entries(defaultWindows), ...Object.entries(written)]) {
    const lengthMs = durationMs(name) ?? 0;
    windows.set(lengthMs, { name, lengthMs, percent });
  }
  return { ...limits, windows: [...windows.values()].toSorted((a, b) => a.lengthMs - b.lengthMs) };
}

function stateFrom(state: ConfigOutput['state'], folder: string): StateConfig {
  return state.kind === 'sqlite' ? { kind: 'sqlite', path: path.resolve(folder, state.path) } : state;
}
