import { didYouMean } from '../model/closest.ts';
import { mapSnapshots } from '../mapping/map.ts';
import type { CurrentState } from '../model/current-state.ts';
import type { DesiredState } from '../model/desired-state.ts';
import { BridgeError, messageOf } from '../model/errors.ts';
import type { CheckResult } from '../model/source.ts';
import { count } from '../model/text.ts';
import { configHash } from '../plan/fingerprint.ts';
import { withDocs, type CheckedPart } from './check-docs.ts';
import { checkMachine, checkNetwork, checkQuota, type Machine } from './check-machine.ts';
import { pauseResults, targetResult } from './check-state.ts';
import { preflightResults, tokenOwnerResult } from './check-target.ts';
import type { ReconcileParts } from './parts.ts';
import { featuresOf } from './releases.ts';
import { onlyInvites } from './whole-target.ts';
import { refuseDamaged } from './whole.ts';

/** Everything `check` found, in the order it looked. */
export interface CheckReport {
  readonly results: readonly CheckResult[];
  readonly verdict: 'ok' | 'warning' | 'failed';
}

/**
 * Looks at everything a run needs and changes nothing: the machine, each source's credentials, scopes and limits,
 * the target's, whether the mapping fits what the target defines, and what the network showed meanwhile. Failures
 * are results, not errors, but for a state that is damaged; whatever is not right carries a remedy and a link into
 * the docs.
 */
export async function check(
  parts: ReconcileParts,
  machine: Machine,
  signal: AbortSignal,
): Promise<CheckReport> {
  refuseDamaged(parts);
  const results: CheckResult[] = [configResult(parts)];
  const found = (part: CheckedPart, all: readonly CheckResult[]): void =>
    void results.push(...all.map((result) => withDocs(result, part)));
  const callsBefore = parts.sink.callsMade();
  found('state', [targetResult(parts.store.target(), parts.sink.target), ...pauseResults(parts.store)]);
  found('machine', await checkMachine(machine));
  for (const source of parts.sources) found(partOf(source.type), await source.check(signal));
  found('retool', await checkTarget(parts, signal));
  if (!results.some(({ subject, verdict }) => verdict === 'failed' && !/^(?:machine|state):/.test(subject)))
    found('mapping', await checkMapping(parts, signal));
  const hosts = machine.hosts();
  const throttled = hosts.find(({ host }) => host === new URL(parts.sink.target).host)?.throttled ?? 0;
  const calls = { made: parts.sink.callsMade() - callsBefore, perRead: parts.sink.costs.read };
  found('retool', [checkQuota(parts.requestsPerMinute, calls, throttled)]);
  found('machine', checkNetwork(hosts));
  const verdict =
    (['failed', 'warning'] as const).find((one) => results.some((result) => result.verdict === one)) ?? 'ok';
  return { results, verdict };
}

/** What is found out is remembered for the notices of plans; what could not be told is asked for again. */
async function checkTarget(
  { sink, mapping, policy, knowledge }: ReconcileParts,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const seen = await sink.preflight(signal);
  const { release, logins } = seen;
  knowledge?.remember({ release, logins });
  if (knowledge?.recall().tokenOwner?.state === 'unseen') knowledge.remember({ tokenOwner: null });
  return preflightResults(seen, {
    features: featuresOf(mapping, policy),
    provision: onlyInvites(mapping) ? 'invites' : 'users',
  });
}

function configResult({ mapping, policy }: ReconcileParts): CheckResult {
  const hash = configHash(mapping, policy).slice(0, 12);
  return {
    subject: 'configuration',
    verdict: 'ok',
    text: `scope, mapping and policy have the hash ${hash}`,
  };
}

const documentedSources: readonly CheckedPart[] = ['okta', 'entra', 'google', 'ldap', 'file'];

function partOf(type: string): CheckedPart {
  return documentedSources.find((part) => part === type) ?? 'other';
}

/** Reads both sides once and looks at what the mapping makes of them. */
async function checkMapping(parts: ReconcileParts, signal: AbortSignal): Promise<readonly CheckResult[]> {
  try {
    const current = await parts.sink.read(signal);
    const snapshots = await Promise.all(
      parts.sources.map((source) =>
        source.read(signal, (seen) => parts.progress.reading({ ...seen, expected: null })),
      ),
    );
    const desired = mapSnapshots(snapshots, parts.mapping);
    return [
      attributesResult(desired, current),
      peopleResult(desired),
      groupsResult(desired, current),
      ...seatsResult(current, parts.seats),
      ...ownerResults(parts, current),
      ...[...desired.notices.map((notice) => notice.text), ...desired.incomplete].map(
        (text): CheckResult => ({
          subject: 'mapping',
          verdict: 'warning',
          text,
          remedy: 'Look at what it names: the rule in bridge.yaml, or the group or row at the source.',
        }),
      ),
    ];
  } catch (error) {
    signal.throwIfAborted();
    const remedy = error instanceof BridgeError ? error.remedy : null;
    return [
      {
        subject: 'mapping',
        verdict: 'failed',
        text: messageOf(error),
        remedy: remedy ?? 'Run plan, which says more.',
      },
    ];
  }
}

function ownerResults(
  { knowledge, policy }: ReconcileParts,
  { users, tokenOwner }: CurrentState,
): readonly CheckResult[] {
  if (knowledge === undefined) return [];
  const emailOf = (userId: string): string | null => users.find(({ id }) => id === userId)?.email ?? null;
  return [tokenOwnerResult(tokenOwner, emailOf, policy.protect.users)];
}

function attributesResult({ attributeNames }: DesiredState, { attributes }: CurrentState): CheckResult {
  const subject = 'mapping: attributes';
  const defined = attributes.map(({ name }) => name);
  const missing = attributeNames.filter((name) => !defined.includes(name));
  if (missing.length === 0)
    return {
      subject,
      verdict: 'ok',
      text: `${count(attributeNames.length, 'attribute')}, all defined in Retool`,
    };
  const named = missing.map((name) => `${name}${didYouMean(name, defined)}`);
  return {
    subject,
    verdict: 'failed',
    text: `Retool does not define ${named.join(', ')}`,
    remedy: 'Define them under Settings > User attributes, or take them out of mapping.attributes.',
  };
}

function peopleResult({ people }: DesiredState): CheckResult {
  const subject = 'mapping: people';
  const wanted = people.filter((person) => person.state === 'wanted').length;
  const text = `${count(wanted, 'person', 'people')} in scope of ${people.length} read`;
  if (wanted > 0) return { subject, verdict: 'ok', text };
  return {
    subject,
    verdict: 'warning',
    text,
    remedy: 'Look at mapping.scope and mapping.user: nobody fits them.',
  };
}

function groupsResult(desired: DesiredState, current: CurrentState): CheckResult {
  const subject = 'mapping: groups';
  if (current.visible.groups === 'hidden')
    return {
      subject,
      verdict: 'ok',
      text: "the organisation's plan hides the Retool groups, so that none is looked for",
    };
  const names = current.groups.map(({ name }) => name);
  const absent = desired.groups
    .filter(({ create, name }) => !create && !names.includes(name))
    .map(({ name }) => `"${name}"${didYouMean(name, names)}`);
  if (absent.length === 0)
    return { subject, verdict: 'ok', text: `${count(desired.groups.length, 'Retool group')} called for` };
  return {
    subject,
    verdict: 'warning',
    text: `there is no Retool group ${absent.join(', ')}, and its rule does not create it`,
    remedy: 'Create it in Retool, or add create: true to the rule.',
  };
}

/** Accounts that are hidden cannot be counted. */
function seatsResult({ users, visible }: CurrentState, seats: number | null): readonly CheckResult[] {
  if (seats === null || visible.users === 'hidden') return [];
  const active = users.filter((user) => user.active).length;
  const subject = 'retool: seats';
  const text = `${active} active accounts of ${seats} seats`;
  if (active <= seats) return [{ subject, verdict: 'ok', text }];
  return [
    {
      subject,
      verdict: 'warning',
      text,
      remedy: 'Correct target.seats, or expect Retool to refuse new accounts.',
    },
  ];
}
