import { describe, expect, test } from 'vitest';
import { foldAddress } from '../../../src/mapping/address.ts';

const long = (length: number): string => {
  const host = `${'h'.repeat(60)}.${'h'.repeat(60)}.${'h'.repeat(60)}.example.com`;
  return `${'a'.repeat(length - host.length - 1)}@${host}`;
};

describe('a usable address', () => {
  test.each([
    ['ada@acme.com', 'ada@acme.com'],
    ['Ada.Lovelace@ACME.Com', 'ada.lovelace@acme.com'],
    ['ADMIN@acme.com', 'admin@acme.com'],
    ['ada+tag@acme.com', 'ada+tag@acme.com'],
    ["o'brien!#$%&*/=?^_`{|}~-@acme.co.uk", "o'brien!#$%&*/=?^_`{|}~-@acme.co.uk"],
    ['ada_fabrikam.com#EXT#@acme.onmicrosoft.com', 'ada_fabrikam.com#ext#@acme.onmicrosoft.com'],
    ['ada@xn--80ak6aa92e.com', 'ada@xn--80ak6aa92e.com'],
    ['1@2.example', '1@2.example'],
    [long(254), long(254)],
  ])('%s is kept, in ASCII lower case', (address, folded) => {
    expect(foldAddress(address)).toBe(folded);
  });
});

describe('an unusable address', () => {
  test.each([
    ['', 'nothing'],
    ['ada', 'no host'],
    ['@acme.com', 'no local part'],
    ['ada@', 'an empty host'],
    ['ada@localhost', 'a host without a domain'],
    ['ada@b@acme.com', 'two @'],
    ['"ada lovelace"@acme.com', 'a quoted local part'],
    ['ada@[127.0.0.1]', 'an address literal'],
    ['ada@127.0.0.1', 'an IP address'],
    ['ada@acme.com.', 'a trailing dot'],
    ['.ada@acme.com', 'a leading dot'],
    ['ada.@acme.com', 'a dot before the @'],
    ['a..b@acme.com', 'two dots'],
    ['ada@-acme.com', 'a label that starts with a hyphen'],
    ['ada@acme-.com', 'a label that ends with a hyphen'],
    [`ada@${'h'.repeat(64)}.com`, 'a label of 64'],
    ['ada@ac_me.com', 'an underscore in the host'],
    [' ada@acme.com', 'a space'],
    ['ada@acme.com\n', 'a line end'],
    ['\u00a0ada@acme.com', 'a no-break space'],
    ['ada@acme.com\u200b', 'a zero-width space'],
    ['ＡＤＭＩＮ@acme.com', 'full-width letters'],
    ['jos\u00e9@acme.com', 'a letter outside ASCII'],
    ['jose\u0301@acme.com', 'a combining mark'],
    ['\u212aelvin@acme.com', 'the Kelvin sign, which lower-cases to k'],
    ['ad\u0130@acme.com', 'the dotted capital I'],
    ['ada@\u0430cme.com', 'a Cyrillic letter in the host'],
    ['ada\u0000@acme.com', 'NUL'],
    [long(255), '255 characters'],
    ['a'.repeat(1_000_000), 'a megabyte'],
  ])('%j is refused for %s', (address) => {
    expect(foldAddress(address)).toBeNull();
  });
});
