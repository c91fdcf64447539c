import { BridgeError } from '../model/errors.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { PlanInput } from '../plan/input.ts';
import { findWho, isKnown, recordsHolding } from '../plan/who.ts';
import type { RunRequest } from './parts.ts';

/** The one person that `--only` asks for; nothing when everybody is meant. Throws `badCommand` for somebody unknown. */
export function onlyOf(
  request: RunRequest,
  { desired, current, memory }: PlanInput,
  snapshots: readonly Snapshot[],
): Pick<PlanInput, 'only'> {
  if (request.kind === 'apply' || request.kind === 'backfill' || request.only === undefined) return {};
  const asked = request.only;
  const who = findWho(asked, { people: desired.people, current, memory }, recordsHolding(asked, snapshots));
  if (isKnown(who)) return { only: { asked, who } };
  throw new BridgeError('badCommand', `nobody in the sources or in Retool is known as ${asked}`, {
    remedy: `Say an address, SOURCE:ID or a Retool id; \`retool-bridge explain ${asked}\` says more.`,
  });
}
