/** What a route answers; without `body` the response is empty. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

/** A request the API does not carry out: the status and the message its body will have. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** 200 with one object. */
export function single(data: unknown): Reply {
  return { status: 200, body: { success: true, data } };
}

/** 204, without body and content type. */
export function noContent(): Reply {
  return { status: 204 };
}

/** One page of a list; the last page has no token. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken: string | null;
}

/** 200 with the list envelope. The spec calls `total_count` the number of items in the response. */
export function listed(page: Page<unknown>): Reply {
  const body = {
    success: true,
    data: page.items,
    total_count: page.items.length,
    next_token: page.nextToken,
    has_more: page.nextToken !== null,
  };
  return { status: 200, body };
}

/** 200 with the list envelope for the lists that are never paged. */
export function listedWhole(items: readonly unknown[]): Reply {
  return listed({ items, nextToken: null });
}

/** The error body that every refusal has. */
export function refused(status: number, message: string): Reply {
  return { status, body: { success: false, message } };
}

export function toResponse(reply: Reply, extraHeaders: Readonly<Record<string, string>> = {}): Response {
  if (reply.body === undefined) return new Response(null, { status: reply.status, headers: extraHeaders });
  return new Response(JSON.stringify(reply.body), {
    status: reply.status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...extraHeaders },
  });
}
