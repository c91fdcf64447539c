import { z } from 'zod';
import { isLoopback } from '../model/loopback.ts';
import { Secret } from '../model/secret.ts';

const apiPath = '/api/v2';

/** The target's address, parsed to one that ends in `/api/v2`. No message quotes it: it may carry a password. */
export const BaseUrl = z
  .string()
  .superRefine((text, context) => {
    const message = baseUrlProblem(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  })
  .transform((text) => {
    const { origin, pathname } = new URL(text);
    const trimmed = pathname.replace(/\/+$/, '');
    return origin + (trimmed.endsWith(apiPath) ? trimmed : trimmed + apiPath);
  });

function baseUrlProblem(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'expected an address such as https://acme.retool.com';
  if (url.username !== '' || url.password !== '') return 'expected an address without a user or password';
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'expected https://; http:// is for loopback only';
  return url.search === '' && url.hash === '' ? null : 'expected an address without "?" and "#"';
}

/** Where the state lies; a database's address is kept like a secret, since it may carry a password. */
export const StateAddress = z.string().transform((text, context) => {
  const state = stateOf(text);
  if (state !== null) return state;
  const message = 'expected sqlite:PATH, such as sqlite:./bridge.db, or postgres://…';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

type StateAddress =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: Secret };

function stateOf(text: string): StateAddress | null {
  const path = /^sqlite:((?!\/\/(?!\/))[^\0]*\S)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: 'sqlite', path };
  const url = /^postgres(?:ql)?:\/\//.test(text) ? URL.parse(text) : null;
  return url === null ? null : { kind: 'postgres', url: new Secret(text, 'state') };
}

/** Whether a state's address has a password in it, which may stand in the environment and nowhere else. */
export function carriesPassword(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.password !== '' || url.searchParams.has('password'));
}
