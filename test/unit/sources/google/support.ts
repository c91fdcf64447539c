import { generateKeyPairSync } from 'node:crypto';
import type { Fetch } from '../../../../src/model/ports.ts';
import { Secret } from '../../../../src/model/secret.ts';
import type { Source } from '../../../../src/model/source.ts';
import { silentLogger } from '../../../../src/runtime/logger.ts';
import {
  createGoogleSandbox,
  type GoogleGroup,
  type GoogleSandbox,
  type GoogleSandboxOptions,
  type GoogleUser,
} from '../../../../src/sandbox/index.ts';
import { createSource } from '../../../../src/sources/google/index.ts';
import { GoogleOptions } from '../../../../src/sources/google/schema.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

export const never = new AbortController().signal;
export const administrator = 'admin@acme.com';
export const clientEmail = 'bridge@project.iam.gserviceaccount.com';
export const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A key file of this private key, with parts changed. */
export function keyFile(changes: object = {}): Secret {
  const privateKey = keys.privateKey.export({ format: 'pem', type: 'pkcs8' });
  const key = { type: 'service_account', client_email: clientEmail, private_key: privateKey, ...changes };
  return new Secret(JSON.stringify(key), 'file key.json');
}

export function user(number: number, more: Partial<GoogleUser> = {}): GoogleUser {
  return {
    id: `10${number}`,
    primaryEmail: `person${number}@acme.com`,
    given: `Given${number}`,
    family: `Family${number}`,
    suspended: false,
    archived: false,
    aliases: [],
    orgUnitPath: '/',
    title: 'Clerk',
    department: 'Sales',
    employeeNumber: `E${number}`,
    ...more,
  };
}

export function group(
  number: number,
  members: readonly string[],
  more: Partial<GoogleGroup> = {},
): GoogleGroup {
  return {
    id: `0g${number}`,
    email: `group${number}@acme.com`,
    name: `Group ${number}`,
    description: '',
    members: new Set(members),
    everybody: false,
    ...more,
  };
}

export interface Opened {
  readonly source: Source;
  readonly google: GoogleSandbox;
  readonly clock: VirtualClock;
}

/** A source over a stand-in that holds these people and groups. */
export function open({
  users,
  groups = [],
  options = {},
  sandbox = {},
  wire,
}: {
  readonly users: readonly GoogleUser[];
  readonly groups?: readonly GoogleGroup[];
  readonly options?: object;
  readonly sandbox?: Partial<GoogleSandboxOptions>;
  /** What a request meets on its way. */
  readonly wire?: (request: Request, pass: () => Promise<Response>) => Promise<Response>;
}): Opened {
  const clock = createVirtualClock();
  const publicKey = keys.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const google = createGoogleSandbox({
    seed: { users, groups },
    serviceAccount: { clientEmail, publicKey },
    administrator,
    now: clock.now,
    ...sandbox,
  });
  const fetch: Fetch = (input, init) => {
    const request = new Request(input, init);
    const pass = (): Promise<Response> => google.fetch(request);
    return wire === undefined ? pass() : wire(request, pass);
  };
  const origin = 'https://google.example';
  const parsed = GoogleOptions.parse({
    type: 'google',
    customer: 'my_customer',
    auth: { serviceAccount: keyFile(), subject: administrator },
    endpoints: { login: origin, directory: origin },
    ...options,
  });
  const source = createSource('gws', parsed, { clock, random: () => 0.5, fetch, logger: silentLogger });
  return { source, google, clock };
}
