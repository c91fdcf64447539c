import { createHash } from 'node:crypto';
import { canonicalJson } from '../model/canonical.ts';
import type { Operation } from '../model/operation.ts';
import type { MappingRules, Policy } from '../model/rules.ts';

/** What a fingerprint covers; two plans with the same fingerprint do the same. */
export interface Fingerprinted {
  readonly operations: readonly Operation[];
  readonly target: string;
  readonly config: string;
  readonly version: 1;
}

/** sha256, in hex, of the canonical JSON: ties a review to what is applied. It is no signature. */
export function fingerprintOf({ operations, target, config, version }: Fingerprinted): string {
  // Piece by piece: as one text a large plan would take many times its own size.
  const hash = createHash('sha256').update(`{"config":${canonicalJson(config)},"operations":[`, 'utf8');
  let separator = '';
  for (const operation of operations) {
    hash.update(separator + canonicalJson(operation), 'utf8');
    separator = ',';
  }
  hash.update(`],"target":${canonicalJson(target)},"version":${canonicalJson(version)}}`, 'utf8');
  return hash.digest('hex');
}

/** Hash of what decides who is in and what they get; a change of it is held for review once. */
export function configHash(mapping: MappingRules, policy: Policy): string {
  const decides = { mapping: { ...mapping, attributes: Object.fromEntries(mapping.attributes) }, policy };
  return createHash('sha256').update(canonicalJson(decides), 'utf8').digest('hex');
}
