import { folded } from '../model/text.ts';

const atom = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+$/;
const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const onlyDigits = /^[0-9]+$/;
const longestAddress = 254;

/**
 * The address as it is sent and compared: ASCII lower case. Null when it is not usable: anything but
 * `dot-atom@host.name` of at most 254 characters (RFC 5321 section 4.5.3.1, RFC 5322 section 3.4.1
 * without quoted strings and address literals). Plus tags and dots stay: they are distinct addresses.
 * Letters outside ASCII are refused rather than folded, since what merely folds together may be two people.
 */
export function foldAddress(address: string): string | null {
  if (address.length > longestAddress) return null;
  const lower = folded(address);
  const at = lower.indexOf('@');
  if (at < 1) return null;
  const isLocalPart = lower
    .slice(0, at)
    .split('.')
    .every((part) => atom.test(part));
  return isLocalPart && isHostName(lower.slice(at + 1)) ? lower : null;
}

/** At least two labels, the last of them not a number: that would be an IP address (RFC 3696 section 2). */
function isHostName(host: string): boolean {
  const labels = host.split('.');
  const last = labels.at(-1) ?? '';
  return labels.length > 1 && !onlyDigits.test(last) && labels.every((part) => label.test(part));
}
