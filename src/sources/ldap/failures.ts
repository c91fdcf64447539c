import { BridgeError, type ErrorCode, type ErrorDetails } from '../../model/errors.ts';

/** Result codes that are told apart here (RFC 4511 section 4.1.9 and appendix A). */
export const resultCodes = {
  success: 0,
  timeLimitExceeded: 3,
  sizeLimitExceeded: 4,
  strongerAuthRequired: 8,
  referral: 10,
  adminLimitExceeded: 11,
  unavailableCriticalExtension: 12,
  confidentialityRequired: 13,
  noSuchObject: 32,
  invalidDnSyntax: 34,
  inappropriateAuthentication: 48,
  invalidCredentials: 49,
  insufficientAccessRights: 50,
  busy: 51,
  unavailable: 52,
} as const;

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(resultCodes).map(([name, code]) => [code, name]),
);

/**
 * A request that brought no answer that can be used. `network`: the connection failed; `timeout`: the time was up;
 * `malformed`: what came is not LDAP; `refused`: the server said so, with a result code.
 */
export class LdapFailure extends Error {
  override readonly name = 'LdapFailure';
  readonly kind: 'network' | 'timeout' | 'malformed' | 'refused';
  /** The server's result code; null when it gave none. */
  readonly code: number | null;

  constructor(
    kind: LdapFailure['kind'],
    message: string,
    code: number | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.kind = kind;
    this.code = code;
  }

  /** Whether the same may go well another time, with nothing changed. */
  mayPass(): boolean {
    if (this.kind === 'network' || this.kind === 'timeout') return true;
    return this.code === resultCodes.busy || this.code === resultCodes.unavailable;
  }

  /** Whether the server shows no such entry to this account. */
  hidesAnEntry(): boolean {
    return this.code === resultCodes.noSuchObject || this.code === resultCodes.insufficientAccessRights;
  }

  /** Whether a limit of the server cut the answer short: it says something of this search and nothing of others. */
  concernsOneSearch(): boolean {
    const { timeLimitExceeded, sizeLimitExceeded, adminLimitExceeded } = resultCodes;
    return (
      this.code === timeLimitExceeded || this.code === sizeLimitExceeded || this.code === adminLimitExceeded
    );
  }
}

/** A refusal in the server's own words, which come after the code and may be long. */
export function refusal(what: string, code: number, diagnostic: string): LdapFailure {
  const words = diagnostic
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
  const told = `${what}: ${names.get(code) ?? 'refused'} (${code})${words === '' ? '' : `, ${words}`}`;
  return new LdapFailure('refused', told, code);
}

/** What to do about a result code, and what kind of error it is; anything else is no more than unreadable. */
const meanings: ReadonlyMap<number, readonly [code: ErrorCode, remedy: string]> = new Map([
  [
    resultCodes.invalidCredentials,
    ['sourceUnauthorized', 'Check bind.dn and bind.password, and whether the account is locked or expired.'],
  ],
  [
    resultCodes.inappropriateAuthentication,
    ['sourceUnauthorized', 'The server takes no password of this account; choose another for bind.'],
  ],
  [
    resultCodes.strongerAuthRequired,
    ['sourceUnauthorized', 'The server asks for encryption: use ldaps:// or startTls: true.'],
  ],
  [
    resultCodes.confidentialityRequired,
    ['sourceUnauthorized', 'The server asks for encryption: use ldaps:// or startTls: true.'],
  ],
  [
    resultCodes.insufficientAccessRights,
    ['sourceUnauthorized', 'Let the account under bind read people and groups.'],
  ],
  [
    resultCodes.noSuchObject,
    ['sourceUnreadable', 'Check base and groups.base, and that the account under bind may see them.'],
  ],
  [
    resultCodes.invalidDnSyntax,
    ['sourceUnreadable', 'Check base and groups.base: names such as ou=people,dc=acme,dc=com.'],
  ],
  [
    resultCodes.referral,
    [
      'sourceUnreadable',
      'The server holds no such part of the directory: ask the one it refers to, or correct base.',
    ],
  ],
  [
    resultCodes.sizeLimitExceeded,
    [
      'sourceUnreadable',
      'The server gives no more entries to this account: raise its size limit (in OpenLDAP limits … size.prtotal=unlimited), or narrow filter.',
    ],
  ],
  [
    resultCodes.adminLimitExceeded,
    [
      'sourceUnreadable',
      'The server gives no more entries to this account: raise its limits, or narrow filter.',
    ],
  ],
  [
    resultCodes.timeLimitExceeded,
    [
      'sourceUnreadable',
      'The server stopped searching: raise its time limit for this account, or narrow filter and index its attributes.',
    ],
  ],
  [
    resultCodes.unavailableCriticalExtension,
    ['sourceUnreadable', 'The server gives no pages (RFC 2696): switch paged results on.'],
  ],
]);

/** What a failure means to the admin, as a `BridgeError`; anything else is handed back as it is. */
export function explained(error: unknown): unknown {
  if (!(error instanceof LdapFailure)) return error;
  const [code, remedy] = (error.code === null ? undefined : meanings.get(error.code)) ?? usual(error);
  const details: ErrorDetails = { cause: error, remedy, retryable: error.mayPass() };
  return new BridgeError(code, `The directory can't be read: ${error.message}.`, details);
}

function usual({ kind }: LdapFailure): readonly [ErrorCode, string] {
  if (kind === 'malformed')
    return ['sourceInvalid', 'Check url: is it the LDAP port, and is a proxy in between?'];
  if (kind === 'refused')
    return ['sourceUnreadable', 'Look for the code in the log of the directory server.'];
  return [
    'sourceUnreadable',
    'Check url, the network and, for ldaps:// and startTls, the certificate: see docs/check.md#network-and-certificates.',
  ];
}
