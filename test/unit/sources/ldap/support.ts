import { Secret } from '../../../../src/model/secret.ts';
import type { Clock } from '../../../../src/model/ports.ts';
import type { Source } from '../../../../src/model/source.ts';
import { createSource } from '../../../../src/sources/ldap/index.ts';
import { LdapOptions } from '../../../../src/sources/ldap/schema.ts';
import { managerOf, managerPassword, type Entry } from '../../../support/slapd.ts';

export const never = new AbortController().signal;
export const suffix = 'dc=acme,dc=com';

/** Short waits are over at once and deadlines never come: what is waited for lies on a socket. */
export const patient: Clock = {
  now: () => Date.UTC(2026, 0, 5, 9),
  monotonic: () => 0,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      if (ms < 30_000) setImmediate(resolve);
    }),
};

/** Every deadline has come as soon as somebody waits for it. */
export const hasty: Clock = { ...patient, sleep: () => new Promise((resolve) => void setImmediate(resolve)) };

/** The options of a source over a server, signed in as the manager unless said otherwise. */
export function optionsOf(url: string, more: object = {}): LdapOptions {
  const password = new Secret(managerPassword, 'environment variable LDAP_PASSWORD');
  const bind = { dn: managerOf(suffix), password };
  return LdapOptions.parse({ type: 'ldap', url, bind, base: suffix, ...more });
}

export function sourceAt(
  url: string,
  more: object = {},
  parts: Partial<{ clock: Clock; ca: string }> = {},
): Source {
  const { clock = patient, ca = '' } = parts;
  return createSource('corp', optionsOf(url, more), {
    clock,
    random: () => 0.5,
    directory: '/etc/bridge',
    readFile: async () => new TextEncoder().encode(ca),
  });
}

export const root: Entry = {
  dn: suffix,
  attributes: { objectClass: ['dcObject', 'organization'], dc: 'acme', o: 'Acme' },
};

/** The id of the person or group of this number. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export function nameOf(person: string): string {
  return `uid=${person},${suffix}`;
}

export function person(uid: string, number: number, more: Entry['attributes'] = {}): Entry {
  const attributes = {
    objectClass: 'inetOrgPerson',
    uid,
    cn: uid,
    sn: uid,
    entryUUID: uuid(number),
    mail: `${uid}@acme.com`,
    ...more,
  };
  return { dn: nameOf(uid), attributes };
}

/** A group of these entries, given by their whole names. */
export function group(cn: string, number: number, ...member: readonly string[]): Entry {
  return {
    dn: `cn=${cn},${suffix}`,
    attributes: { objectClass: 'groupOfNames', cn, entryUUID: uuid(number), member },
  };
}
