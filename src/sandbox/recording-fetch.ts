import type { CallLog, RecordedCall, StandIn } from './stand-in.ts';

/**
 * A test's chance to answer in the stand-in's place, or to throw as a broken connection would. `index`
 * counts the requests from 0. Undefined lets the normal answer through.
 */
export type Intercept = (
  request: Request,
  index: number,
) => Promise<Response | undefined> | Response | undefined;

/** A request whose body was read. */
export interface ReceivedCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  /** Null when the request had none. */
  readonly body: string | null;
}

/** Puts the intercept before, and the call log behind, whatever a stand-in answers. */
export function recordingFetch(parts: {
  readonly answer: (call: ReceivedCall) => Promise<Response> | Response;
  readonly intercept: Intercept | undefined;
  readonly now: () => number;
  readonly log: CallLog & { record(call: RecordedCall): void };
}): StandIn['fetch'] {
  let received = 0;
  return async (request) => {
    const at = parts.now();
    const index = received++;
    const url = new URL(request.url);
    const body = request.body === null ? null : await request.clone().text();
    const call = { method: request.method, url, headers: request.headers, body };
    // Zero stands for a request that got no answer.
    let status = 0;
    try {
      const response = (await parts.intercept?.(request, index)) ?? (await parts.answer(call));
      status = response.status;
      return response;
    } finally {
      const { pathname: path, search } = url;
      parts.log.record({ at, method: call.method, path, query: search.slice(1), status, body });
    }
  };
}
