import PQueue from 'p-queue';

/**
 * Works on at most `concurrency` items at a time. The first failure stops what is under way, through the signal
 * that `work` is given, and is what this rejects with, once nothing is running any more.
 */
export async function eachOf<Item>(
  items: readonly Item[],
  { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal },
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const queue = new PQueue({ concurrency });

  async function workOn(item: Item): Promise<void> {
    either.throwIfAborted();
    try {
      await work(item, either);
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  }

  try {
    await Promise.all(items.map((item) => queue.add(() => workOn(item))));
  } finally {
    queue.clear();
    await queue.onIdle();
  }
}
