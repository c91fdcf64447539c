import type { HttpRequest } from '../http/request.ts';
import type { Json } from '../model/json.ts';

/** One route with everything that is sent to it. */
export interface Call {
  readonly method: HttpRequest['method'];
  /** Below `/api/v2`: route names and ids, each a plain segment. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /**
   * What may be sent again after an unclear answer. `read`: nothing was to be changed. `idempotent`: twice is
   * once. `never`: twice may be two accounts, so the caller is told that nobody knows. A 429 is no unclear
   * answer: nothing was done, and every call is repeated after it.
   */
  readonly repeats: 'read' | 'idempotent' | 'never';
  /** Waiting calls with a higher number go first. */
  readonly priority: number;
  /** Called directly before each sending, with the time in epoch milliseconds. */
  readonly onSend?: (at: number) => void;
}
