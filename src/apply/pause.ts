import { BridgeError } from '../model/errors.ts';
import type { Store } from '../model/store.ts';

/** Throws `paused` while nothing may be written: asked before a run begins, and before each call that changes something. */
export function refuseWhilePaused(store: Store): void {
  const text = pauseText(store);
  if (text === null) return;
  throw new BridgeError('paused', text, {
    remedy: 'Access stays as it is until `retool-bridge resume`; plan and explain go on working.',
    retryable: true,
  });
}

/** Who paused the bridge, when and why; null while it is not paused. */
export function pauseText(store: Store): string | null {
  const pause = store.paused();
  return pause === null
    ? null
    : `paused by ${pause.by} since ${new Date(pause.at).toISOString()}: ${pause.reason}`;
}
