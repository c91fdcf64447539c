/** What goes wrong in a request, as Okta words it (Okta: "Error codes and descriptions"). */
export class OktaFault extends Error {
  override readonly name = 'OktaFault';
  readonly status: number;
  readonly code: string;
  readonly causes: readonly string[];

  constructor(fault: {
    readonly status: number;
    readonly code: string;
    readonly summary: string;
    readonly causes?: readonly string[];
  }) {
    super(fault.summary);
    this.status = fault.status;
    this.code = fault.code;
    this.causes = fault.causes ?? [];
  }
}

/** 400 for a parameter that has the wrong form. */
export function invalid(parameter: string, cause: string): OktaFault {
  const summary = `Api validation failed: ${parameter}`;
  return new OktaFault({ status: 400, code: 'E0000001', summary, causes: [`${parameter}: ${cause}`] });
}

/** 400 for a filter or search that can't be read. */
export function invalidSearch(cause: string): OktaFault {
  return new OktaFault({
    status: 400,
    code: 'E0000031',
    summary: 'Invalid search criteria.',
    causes: [cause],
  });
}

/** 404 for an id that nothing has, or has any more. */
export function notFound(id: string, type: string): OktaFault {
  const summary = `Not found: Resource not found: ${id} (${type})`;
  return new OktaFault({ status: 404, code: 'E0000007', summary });
}

/** 401 for a token that is missing, wrong or expired. */
export function invalidToken(): OktaFault {
  return new OktaFault({ status: 401, code: 'E0000011', summary: 'Invalid token provided' });
}

/** 429 for a bucket that is used up; when it fills again is in the headers only. */
export function tooManyRequests(): OktaFault {
  const summary = 'API call exceeded rate limit due to too many requests.';
  return new OktaFault({ status: 429, code: 'E0000047', summary });
}

/** 405 for a method that a path doesn't know. */
export function wrongMethod(): OktaFault {
  const summary = 'The endpoint does not support the provided HTTP method';
  return new OktaFault({ status: 405, code: 'E0000022', summary });
}

/** The error object that goes with a fault. */
export function faultBody(fault: OktaFault, errorId: string): Readonly<Record<string, unknown>> {
  return {
    errorCode: fault.code,
    errorSummary: fault.message,
    errorLink: fault.code,
    errorId,
    errorCauses: fault.causes.map((errorSummary) => ({ errorSummary })),
  };
}

/** A JSON answer; the headers are added to those that every answer carries. */
export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, no-store', ...headers },
  });
}

/** The `Link` header of a list: `self`, and `next` with the cursor while there is more (Okta: "Pagination"). */
export function linkHeader(url: URL, cursor: string | null): string {
  const self = `<${url.href}>; rel="self"`;
  if (cursor === null) return self;
  const next = new URL(url);
  next.searchParams.set('after', cursor);
  return `${self}, <${next.href}>; rel="next"`;
}
