import { GoogleFault } from './answers.ts';

/** Which properties of an object are asked for; null for all of it. */
export type Fields = ReadonlyMap<string, Fields | null>;

/** The properties of each resource (Directory API: "Users", "Groups", "Members"), as far as they can be asked for. */
const resources: Readonly<Record<'users' | 'groups' | 'members', readonly string[]>> = {
  users: [
    'id primaryEmail suspended archived name emails aliases externalIds organizations languages orgUnitPath kind etag',
    'isAdmin isDelegatedAdmin lastLoginTime creationTime agreedToTerms customSchemas customerId relations phones',
    'addresses locations ims keywords gender notes websites posixAccounts isMailboxSetup includeInGlobalAddressList',
    'changePasswordAtNextLogin nonEditableAliases recoveryEmail recoveryPhone suspensionReason thumbnailPhotoUrl',
  ].flatMap((line) => line.split(' ')),
  groups:
    'id email name description aliases nonEditableAliases adminCreated directMembersCount kind etag'.split(
      ' ',
    ),
  members: 'id email type role status kind etag'.split(' '),
};

/**
 * Takes a mask such as `kind,users(id,name)` apart (Google: "Using partial responses"); the form with slashes is not
 * known here. `root` says what the properties at the top are those of. @throws GoogleFault 400
 */
export function fieldsIn(mask: string, root: keyof typeof resources | 'page'): Fields {
  const fields = new Map<string, Fields | null>();
  for (const [part, name = '', , inner] of mask.matchAll(/([A-Za-z]+)(\(([^()]*)\))?(?:,|$)/g)) {
    if (part === '') continue;
    if (!isKnown(name, root)) throw badField(name);
    const isList = root === 'page' && name in resources;
    fields.set(name, inner === undefined || !isList ? null : fieldsIn(inner, name as keyof typeof resources));
  }
  if (fields.size === 0 || /[^A-Za-z,()]/.test(mask)) throw badField(mask);
  return fields;
}

function isKnown(name: string, root: keyof typeof resources | 'page'): boolean {
  if (root !== 'page') return resources[root].includes(name);
  return name in resources || ['kind', 'etag', 'nextPageToken'].includes(name);
}

function badField(name: string): GoogleFault {
  return new GoogleFault({
    status: 400,
    reason: 'invalidParameter',
    message: `Invalid field selection ${name}`,
  });
}

/** What of an answer was asked for. */
export function only(body: object, fields: Fields): object {
  const kept = Object.entries(body).flatMap(([name, value]) => {
    const inner = fields.get(name);
    if (inner === undefined) return [];
    if (inner === null || !Array.isArray(value)) return [[name, value]];
    return [[name, value.map((row: object) => only(row, inner))]];
  });
  return Object.fromEntries(kept);
}
