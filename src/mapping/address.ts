const atom = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+$/;
const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const longestAddress = 254;
const longestLocalPart = 64;

/**
 * The address as it is sent and compared: ASCII lower case. Null when it is not usable: anything but
 * `dot-atom@host.name` of at most 254 characters (RFC 5321 section 4.5.3.1, RFC 5322 section 3.4.1
 * without quoted strings and address literals). Plus tags and dots stay: they are distinct addresses.
 * Letters outside ASCII are refused rather than folded, since what merely folds together may be two people.
 */
export function foldAddress(address: string): string | null {
  const folded = lowerAscii(address);
  const at = folded.indexOf('@');
  if (folded.length > longestAddress || at < 1 || at > longestLocalPart) return null;
  const labels = folded.slice(at + 1).split('.');
  if (labels.length < 2 || !labels.every((part) => label.test(part))) return null;
  return folded
    .slice(0, at)
    .split('.')
    .every((part) => atom.test(part))
    ? folded
    : null;
}

/** Lower-cases A to Z only: independent of the locale, and never folding other letters into ASCII. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32));
}
