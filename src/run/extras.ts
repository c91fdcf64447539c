import type { CurrentState } from '../model/current-state.ts';
import type { Extras, Sink } from '../model/sink.ts';
import { extrasToPlan, isNothing } from '../plan/extras.ts';
import type { PlanInput } from '../plan/input.ts';

/** What was read, with the extras that are asked for; no call is made for none. */
export async function withExtras(
  sink: Sink,
  current: CurrentState,
  extras: Extras,
  signal: AbortSignal,
): Promise<CurrentState> {
  return isNothing(extras) ? current : sink.readExtras(current, extras, signal);
}

/** The same input with whatever the rules need beside the four lists. */
export async function completed(sink: Sink, input: PlanInput, signal: AbortSignal): Promise<PlanInput> {
  const { desired, current, memory, policy } = input;
  const extras = extrasToPlan(desired, current, memory, policy);
  return { ...input, current: await withExtras(sink, current, extras, signal) };
}
