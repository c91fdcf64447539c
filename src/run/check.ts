import { configHash } from '../plan/fingerprint.ts';
import { mapSnapshots } from '../mapping/map.ts';
import { BridgeError, messageOf } from '../model/errors.ts';
import type { CheckResult } from '../model/source.ts';
import type { ReconcileParts } from './parts.ts';

/** Everything `check` found, in the order it looked. */
export interface CheckReport {
  readonly results: readonly CheckResult[];
  readonly verdict: 'ok' | 'warning' | 'failed';
}

/**
 * Looks at everything a run needs and changes nothing: each source's credentials, scopes and limits,
 * the target's, and whether the mapping fits what the target defines. Failures are results, not errors.
 */
export async function check(parts: ReconcileParts, signal: AbortSignal): Promise<CheckReport> {
  const results: CheckResult[] = [
    {
      subject: 'configuration',
      verdict: 'ok',
      text: `scope, mapping and policy have the hash ${configHash(parts.mapping, parts.policy).slice(0, 12)}`,
    },
  ];
  for (const source of parts.sources) results.push(...(await source.check(signal)));
  results.push(...(await parts.sink.check(signal)));
  if (!results.some((result) => result.verdict === 'failed'))
    results.push(...(await checkMapping(parts, signal)));
  const verdict =
    (['failed', 'warning'] as const).find((one) => results.some((result) => result.verdict === one)) ?? 'ok';
  return { results, verdict };
}

/** Reads both sides once and looks at what the mapping makes of them. */
async function checkMapping(parts: ReconcileParts, signal: AbortSignal): Promise<CheckResult[]> {
  try {
    const current = await parts.sink.read(signal);
    const snapshots = await Promise.all(parts.sources.map((source) => source.read(signal)));
    const desired = mapSnapshots(snapshots, parts.mapping);
    const defined = new Set(current.attributes.map((attribute) => attribute.name));
    const missing = desired.attributeNames.filter((name) => !defined.has(name));
    const wanted = desired.people.filter((person) => person.state === 'wanted').length;
    const groupNames = new Set(current.groups.map((group) => group.name));
    const absent = desired.groups
      .filter((group) => !group.create && !groupNames.has(group.name))
      .map((group) => `"${group.name}"`);
    return [
      missing.length === 0
        ? {
            subject: 'mapping: attributes',
            verdict: 'ok',
            text: `${desired.attributeNames.length} attributes, all defined in Retool`,
          }
        : {
            subject: 'mapping: attributes',
            verdict: 'failed',
            text: `Retool does not define ${missing.join(', ')}`,
            remedy: 'Define them under Settings > User attributes, or take them out of mapping.attributes.',
          },
      {
        subject: 'mapping: people',
        verdict: wanted === 0 ? 'warning' : 'ok',
        text: `${wanted} people in scope of ${desired.people.length} read`,
      },
      absent.length === 0
        ? {
            subject: 'mapping: groups',
            verdict: 'ok',
            text: `${desired.groups.length} Retool groups called for`,
          }
        : {
            subject: 'mapping: groups',
            verdict: 'warning',
            text: `there is no Retool group ${absent.join(', ')}, and its rule does not create it`,
            remedy: 'Create it in Retool, or add create: true to the rule.',
          },
      ...[...desired.notices.map((notice) => notice.text), ...desired.incomplete].map(
        (text): CheckResult => ({ subject: 'mapping', verdict: 'warning', text }),
      ),
    ];
  } catch (error) {
    const remedy = error instanceof BridgeError ? error.remedy : null;
    return [
      {
        subject: 'mapping',
        verdict: 'failed',
        text: messageOf(error),
        ...(remedy === null ? {} : { remedy }),
      },
    ];
  }
}
