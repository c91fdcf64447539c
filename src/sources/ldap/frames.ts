import { LdapFailure } from './failures.ts';

/** The longest message that is put together, in bytes: an entry with very many values. */
const mostBytes = 256 * 1024 * 1024;
/** A message is a sequence (RFC 4511 section 4.1.1); whatever begins otherwise is no LDAP. */
const sequence = 0x30;
/** From here on the first byte of a length says how many bytes of length follow (X.690 section 8.1.3). */
const longForm = 0x80;
const mostLengthBytes = 4;

/**
 * Puts what a stream brings together to whole messages. The returned function throws `LdapFailure` for bytes that are
 * no beginning of a message, instead of waiting for an end that never comes.
 */
export function framesOf(take: (frame: Buffer) => void): (data: Buffer) => void {
  const parts: Buffer[] = [];
  let held = 0;
  let wanted = 2;
  return (data) => {
    parts.push(data);
    held += data.length;
    while (held >= wanted) {
      // Joined only when enough is there: a long message comes in very many parts.
      const joined = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
      const size = sizeOf(joined);
      const isWhole = size.known && joined.length >= size.bytes;
      if (isWhole) take(joined.subarray(0, size.bytes));
      const rest = isWhole ? joined.subarray(size.bytes) : joined;
      parts.splice(0, parts.length, rest);
      held = rest.length;
      wanted = isWhole ? 2 : size.bytes;
    }
  };
}

/** How long the message is that begins here; when not even that can be told yet, how many bytes would tell it. */
function sizeOf(bytes: Buffer): { readonly known: boolean; readonly bytes: number } {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) return { known: false, bytes: 2 };
  if (tag !== sequence) throw new LdapFailure('malformed', 'an answer is not LDAP');
  if (first < longForm) return { known: true, bytes: 2 + first };
  const digits = first - longForm;
  if (digits === 0 || digits > mostLengthBytes) throw new LdapFailure('malformed', 'an answer is not LDAP');
  if (bytes.length < 2 + digits) return { known: false, bytes: 2 + digits };
  const length = bytes.readUIntBE(2, digits);
  if (length > mostBytes) throw new LdapFailure('malformed', `an answer is longer than ${mostBytes} bytes`);
  return { known: true, bytes: 2 + digits + length };
}
