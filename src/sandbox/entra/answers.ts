/** What goes wrong in a Graph request (Microsoft Graph: "Error responses and resource types"). */
export class GraphFault extends Error {
  override readonly name = 'GraphFault';
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(fault: {
    readonly status: number;
    readonly code: string;
    readonly message: string;
    readonly headers?: Readonly<Record<string, string>>;
  }) {
    super(fault.message);
    this.status = fault.status;
    this.code = fault.code;
    this.headers = fault.headers ?? {};
  }
}

/** An answer before it is put into a response of its own or into that of a batch. */
export interface GraphAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const GRAPH_JSON =
  'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';

/** 400 for a query that can't be read. */
export function badRequest(message: string): GraphFault {
  return new GraphFault({ status: 400, code: 'BadRequest', message });
}

/** 400 for a query that the directory does not serve, or not in this way. */
export function unsupportedQuery(message: string): GraphFault {
  return new GraphFault({ status: 400, code: 'Request_UnsupportedQuery', message });
}

/** 404 for an object that is not, or no longer, there. */
export function notFound(id: string): GraphFault {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  return new GraphFault({ status: 404, code: 'Request_ResourceNotFound', message });
}

/** 400 for a path that leads nowhere. */
export function noSuchSegment(segment: string): GraphFault {
  return badRequest(`Resource not found for the segment '${segment}'.`);
}

/** 403 for an app that lacks a permission; which one is not said. */
export function accessDenied(): GraphFault {
  const message = 'Insufficient privileges to complete the operation.';
  return new GraphFault({ status: 403, code: 'Authorization_RequestDenied', message });
}

/** 401 for a token that is missing, unknown or expired. */
export function invalidToken(message: string): GraphFault {
  const challenge = 'Bearer realm="", client_id="00000003-0000-0000-c000-000000000000"';
  const headers = { 'WWW-Authenticate': challenge };
  return new GraphFault({ status: 401, code: 'InvalidAuthenticationToken', message, headers });
}

/** 429 for an app that asks too often. */
export function tooManyRequests(retryAfterSeconds: number): GraphFault {
  const headers = { 'Retry-After': String(retryAfterSeconds) };
  const message =
    'This request is throttled. Please try again after the value specified in the Retry-After header.';
  return new GraphFault({ status: 429, code: 'TooManyRequests', message, headers });
}

/** A successful answer that cost so many resource units. */
export function graphAnswer(body: unknown, resourceUnits: number): GraphAnswer {
  const headers = { 'Content-Type': GRAPH_JSON, 'x-ms-resource-unit': String(resourceUnits) };
  return { status: 200, headers, body };
}

/** A fault as an answer; `requestId` and the time are for whoever files a support case. */
export function faultAnswer(
  fault: GraphFault,
  context: { readonly requestId: string; readonly now: number },
): GraphAnswer {
  const { requestId, now } = context;
  const date = new Date(now).toISOString().slice(0, 19);
  const innerError = { date, 'request-id': requestId, 'client-request-id': requestId };
  return {
    status: fault.status,
    headers: { 'Content-Type': 'application/json', ...fault.headers },
    body: { error: { code: fault.code, message: fault.message, innerError } },
  };
}
