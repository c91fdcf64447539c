import type { Clock } from '../model/ports.ts';
import { untilAborted } from '../runtime/until-aborted.ts';

export interface BreakerRules {
  /** Answers without use in a row that open it. */
  readonly opensAfter: number;
  /** The wait before each probe, in milliseconds. */
  readonly probeEveryMs: number;
  /** How long it may stay open before requests are given up, in milliseconds. */
  readonly givesUpAfterMs: number;
}

export interface BreakerParts {
  readonly rules: BreakerRules;
  readonly clock: Clock;
  /** Sends one request that changes nothing; whether its answer was of use. Rejects when aborted. */
  readonly probe: (signal: AbortSignal) => Promise<boolean>;
  /** Told when it opens and when it closes again. */
  readonly onTurn: (state: 'open' | 'closed') => void;
}

export interface Breaker {
  /**
   * Whether a request may be sent: at once while the server answers; while it does not, after a probe was answered;
   * false when none was for too long. Rejects when aborted.
   */
  pass(signal: AbortSignal): Promise<boolean>;
  isOpen(): boolean;
  /** Tells whether an answer was of use; a refusal is. */
  heard(answer: 'useful' | 'useless'): void;
}

/**
 * Keeps everybody from a server that gives no usable answers, but for one probe at a time. It opens only for a
 * server that has answered before: one that never did is no outage but a wrong address, which waiting does not mend.
 */
export function createBreaker({ rules, clock, probe, onTurn }: BreakerParts): Breaker {
  let answered = false;
  let uselessInARow = 0;
  /** On the monotonic clock; null while closed. */
  let openedAt: number | null = null;
  let probing: Promise<void> | null = null;

  const isOpen = (): boolean => openedAt !== null;
  const openForMs = (): number => (openedAt === null ? 0 : clock.monotonic() - openedAt);

  function heard(answer: 'useful' | 'useless'): void {
    if (answer === 'useful') {
      answered = true;
      uselessInARow = 0;
      if (openedAt !== null) onTurn('closed');
      openedAt = null;
      return;
    }
    uselessInARow += 1;
    if (openedAt !== null || !answered || uselessInARow < rules.opensAfter) return;
    openedAt = clock.monotonic();
    onTurn('open');
  }

  async function probeLater(signal: AbortSignal): Promise<void> {
    try {
      await clock.sleep(rules.probeEveryMs, signal);
      // An answer that was under way may have closed it by now.
      if (openedAt !== null) heard((await probe(signal)) ? 'useful' : 'useless');
    } catch (error) {
      // Whoever started it leaves; the others who waited for it start another.
      if (!signal.aborted) throw error;
    } finally {
      probing = null;
    }
  }

  /** All who wait share one probe. */
  async function sharedProbe(signal: AbortSignal): Promise<void> {
    probing ??= probeLater(signal);
    await Promise.race([probing, untilAborted(signal)]);
    signal.throwIfAborted();
  }

  return {
    isOpen,
    heard,
    async pass(signal) {
      while (isOpen()) {
        await sharedProbe(signal);
        if (openForMs() >= rules.givesUpAfterMs) return false;
      }
      return true;
    },
  };
}
