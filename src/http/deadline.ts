import type { Clock } from '../model/ports.ts';

/** What `withinDeadline` rejects with when the time is up. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

/**
 * Runs `work` for at most `timeoutMs`. When the time is up, or `signal` aborts, the signal that `work` was
 * given aborts too and the returned promise rejects at once, with `DeadlineExceeded` or the signal's reason,
 * even when `work` does not listen. Driven by the clock port: the platform's own timeouts know no virtual time.
 */
export async function withinDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = new AbortController();
  const stopped = new Promise<never>((_resolve, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
  });
  const expiry = clock.sleep(timeoutMs, timer.signal).then(
    () => stop.abort(new DeadlineExceeded(`No complete answer within ${timeoutMs} ms`)),
    () => undefined,
  );
  try {
    return await Promise.race([work(stop.signal), stopped]);
  } finally {
    timer.abort();
    signal.removeEventListener('abort', onAbort);
    await expiry;
  }
}
