/** What goes wrong in a request to the Directory API (Google: "Troubleshoot error codes", "Limits and quotas"). */
export class GoogleFault extends Error {
  override readonly name = 'GoogleFault';
  readonly status: number;
  readonly reason: string;
  readonly domain: string;

  constructor(fault: {
    readonly status: number;
    readonly reason: string;
    readonly message: string;
    readonly domain?: string;
  }) {
    super(fault.message);
    this.status = fault.status;
    this.reason = fault.reason;
    this.domain = fault.domain ?? 'global';
  }
}

/** 400 for a parameter that is missing, unknown or has a value that it may not have. */
export function invalidInput(name: string): GoogleFault {
  return new GoogleFault({ status: 400, reason: 'invalid', message: `Invalid Input: ${name}` });
}

export function badRequest(): GoogleFault {
  return new GoogleFault({ status: 400, reason: 'badRequest', message: 'Bad Request' });
}

export function unauthenticated(): GoogleFault {
  return new GoogleFault({ status: 401, reason: 'authError', message: 'Invalid Credentials' });
}

export function notAuthorized(): GoogleFault {
  const message = 'Not Authorized to access this resource/api';
  return new GoogleFault({ status: 403, reason: 'forbidden', message });
}

export function insufficientScope(): GoogleFault {
  const message = 'Request had insufficient authentication scopes.';
  return new GoogleFault({ status: 403, reason: 'insufficientPermissions', message });
}

export function tooManyRequests(): GoogleFault {
  const message = 'Quota exceeded for quota metric of queries per minute per user.';
  return new GoogleFault({ status: 403, reason: 'userRateLimitExceeded', message, domain: 'usageLimits' });
}

/** 404 for a key of `kind` (`userKey`, `groupKey`) that names nothing. */
export function notFound(kind: string): GoogleFault {
  return new GoogleFault({ status: 404, reason: 'notFound', message: `Resource Not Found: ${kind}` });
}

export function faultAnswer({ status: code, reason, domain, message }: GoogleFault): Response {
  return jsonAnswer(code, { error: { code, message, errors: [{ message, domain, reason }] } });
}

export function jsonAnswer(status: number, body: object): Response {
  const headers = {
    'Content-Type': 'application/json; charset=UTF-8',
    'Cache-Control': 'no-cache, no-store',
  };
  return new Response(JSON.stringify(body), { status, headers });
}
