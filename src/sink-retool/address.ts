import { BridgeError } from '../model/errors.ts';

const apiPath = '/api/v2';
const segmentPattern = /^[A-Za-z0-9_-]{1,255}$/;

/**
 * The API's base URL from what people paste: with or without `/api/v2`, with or without a slash at the end.
 * Throws `configInvalid` for anything that is no plain http or https address.
 */
export function parseBaseUrl(text: string): URL {
  const url = URL.parse(text.trim());
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw invalid(null, 'is no http or https address');
  if (url.username !== '' || url.password !== '') throw invalid(url.origin, 'carries user information');
  if (url.search !== '' || url.hash !== '') throw invalid(url.origin, 'carries a query or a fragment');
  const pathname = url.pathname.replace(/\/+$/, '');
  return new URL(url.origin + (pathname.endsWith(apiPath) ? pathname : pathname + apiPath));
}

/** `origin`: null for what cannot be taken apart and might show a password. */
function invalid(origin: string | null, what: string): BridgeError {
  return new BridgeError(
    'configInvalid',
    `The target's base URL ${origin === null ? '' : `${origin} `}${what}.`,
    {
      remedy: 'Give the address at which you open Retool, for example https://acme.retool.com.',
    },
  );
}

/**
 * The URL of one route. Segments that are not plain ids or route names are a defect of the caller, which
 * refuses such ids before: `..` as a member's id would turn the removal of a member into the removal of
 * its group, since URLs resolve dots even when they are escaped.
 */
export function apiUrl(
  base: URL,
  path: readonly string[],
  query: Readonly<Record<string, string>> = {},
): URL {
  const pathname = [base.pathname, ...path].join('/');
  const url = new URL(base.origin + pathname);
  if (!path.every((segment) => segmentPattern.test(segment)) || url.pathname !== pathname) {
    throw new BridgeError('internal', `The path ${pathname} would not reach the route it names.`, {
      audience: 'developer',
    });
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

/** The version probe, which lies beside the API and needs no token. */
export function healthUrl(base: URL): URL {
  return new URL(base.origin + base.pathname.replace(/\/v2$/, '/checkHealth'));
}
