import path from 'node:path';
import { stated } from '../model/stated.ts';
import type {
  GrantRule,
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
  { mapping, precedence, names, provision }: ConfigOutput,
  sources: readonly SourceConfig[],
): MappingRules {
  const { email, first_name, last_name, user_type = null } = mapping.user;
  return {
    scope: mapping.scope ?? null,
    user: { email, first_name, last_name, user_type },
    attributes: new Map(Object.entries(mapping.attributes)),
    groups: mapping.groups.map(ruleFrom),
    ...(provision === 'users' ? {} : { provision }),
    precedence: precedence ?? sources.map(({ id }) => id),
    names,
  };
}

function ruleFrom(rule: GroupRuleInput, index: number): GroupRule {
  const { source = null, to, create, access = null, admins = null } = rule;
  const { provision, flags, landingPage, grants } = rule;
  return {
    name: `groups[${index}]`,
    select: selectorFrom(rule),
    source,
    to,
    create,
    access,
    admins,
    ...(provision === undefined ? {} : { provision }),
    ...(flags === undefined ? {} : { flags: stated(flags) }),
    ...(landingPage === undefined ? {} : { landingPage }),
    ...(grants === undefined ? {} : { grants: grants.map(grantFrom) }),
  };
}

/** The key that names the object says what it is. */
function grantFrom(given: NonNullable<GroupRuleInput['grants']>[number]): GrantRule {
  const { folder, app, resource, resourceConfiguration, level } = given;
  if (folder !== undefined) return { type: 'folder', object: folder, level };
  if (app !== undefined) return { type: 'app', object: app, level };
  if (resource !== undefined) return { type: 'resource', object: resource, level };
  return { type: 'resource_configuration', object: resourceConfiguration ?? '', level };
}

function selectorFrom({ match, id, when }: GroupRuleInput): GroupSelector {
  if (match !== undefined) return { by: 'pattern', pattern: match };
  return id !== undefined ? { by: 'id', id } : { by: 'when', expression: when ?? '' };
}

function policyFrom(checked: ConfigOutput): Policy {
  const { policy, leavers, memberships, adopt, adoptMemberships, reactivate, drift, protect } = checked;
  const { invites, onEmailChange, attributeDefinitions, groups, accessRequests, dormant } = checked;
  const answers = accessRequests.inScope !== 'leave' || accessRequests.outOfScope !== 'leave';
  return {
    policy,
    leavers: leaversFrom(leavers),
    memberships,
    adopt,
    adoptMemberships,
    reactivate,
    drift,
    protect,
    // What is as it always was is left out, so that it changes no hash of a configuration that was applied before.
    ...(invites.reissue === 2 && invites.again === 'never' ? {} : { invites }),
    ...(onEmailChange === 'report' ? {} : { onEmailChange }),
    ...(attributeDefinitions === 'never' ? {} : { attributeDefinitions }),
    ...(groups.delete === 'never' ? {} : { groups }),
    ...(answers ? { accessRequests } : {}),
    ...(dormant === undefined ? {} : { dormant: { afterMs: dormant.after, action: dormant.then } }),
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
