const replacement = 'forgotten';

/**
 * A JSON value of ours without one person: what is about them is left out of lists and tables, and their address
 * in any other text replaced. `address` is folded; upper case is found as well.
 */
export function withoutPerson(value: unknown, address: string): unknown {
  if (typeof value === 'string') return replaced(value, address);
  if (Array.isArray(value))
    return value.filter((item) => !isAbout(item, address)).map((item) => withoutPerson(item, address));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !mentions(key, address));
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutPerson(member, address)]));
}

/** Whether a text names this address, and not one that it is only a part of. */
export function mentions(text: string, address: string): boolean {
  return pattern(address).test(text);
}

function replaced(text: string, address: string): string {
  return text.replace(pattern(address), replacement);
}

function isAbout(item: unknown, address: string): boolean {
  if (typeof item === 'string') return item.toLowerCase() === address;
  if (typeof item !== 'object' || item === null) return false;
  const { key, email, subject } = item as {
    readonly key?: unknown;
    readonly email?: unknown;
    readonly subject?: { readonly key?: unknown };
  };
  return [key, email, subject?.key].some((name) => typeof name === 'string' && mentions(name, address));
}

/** The address where no character of an address stands before or after it. */
function pattern(address: string): RegExp {
  const part = "[\\p{L}\\p{N}.!#$%&'*+/=?^_`{|}~@-]";
  const literally = address.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  return new RegExp(`(?<!${part})${literally}(?!${part})`, 'giu');
}
