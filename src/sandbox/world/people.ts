import { entraId, oktaId } from './ids.ts';
import { DEPARTMENTS, nameSomeone } from './names.ts';
import type { Department } from './names.ts';
import { itemAt } from './random.ts';
import type { Random } from './random.ts';
import type { EntraPresence, OktaStatus, Person } from './types.ts';

/** A person before any group was formed. */
export type Hire = Omit<Person, 'retoolGroups'>;

/** The company's mail domain; guests come from `partner.example`. */
export const DOMAIN = 'acme.com';
/** The domain every tenant starts with (Entra: the initial domain); guests' user principal names end in it. */
export const INITIAL_DOMAIN = 'acme.onmicrosoft.com';

const OKTA_SHARE = 0.75;
const ENTRA_SHARE = 1 / 3;
const FIRST_DAY = Date.UTC(2019, 5, 3);
const LAST_DAY = Date.UTC(2025, 5, 2);
/** How many people report to one manager. */
const REPORTS = 8;

/** What is unusual among each hundred people at Okta, by place; all others are active. */
const UNUSUAL_STATUSES: ReadonlyMap<number, OktaStatus> = new Map([
  [13, 'SUSPENDED'],
  [29, 'DEPROVISIONED'],
  [43, 'STAGED'],
  [59, 'PROVISIONED'],
  [71, 'DEPROVISIONED'],
  [83, 'PASSWORD_EXPIRED'],
  [91, 'LOCKED_OUT'],
  [97, 'RECOVERY'],
]);

/** Hires `count` people: three in four are known to Okta, one in three to Entra, everyone to one of them. */
export function hire(count: number, random: Random): readonly Hire[] {
  const order = random.order(count);
  const addresses = numberedAddresses();
  const offices = openOffices();
  const seen = { okta: 0, entra: 0, entraOnly: 0 };
  return order.map((rank, index) => {
    const place = (rank + 0.5) / count;
    const atOkta = place < OKTA_SHARE;
    const atEntra = place >= 1 - ENTRA_SHARE;
    const guest = !atOkta && seen.entraOnly++ % 17 === 5;
    const name = nameSomeone(random);
    const email = `${addresses(name.address)}@${guest ? 'partner.example' : DOMAIN}`;
    const oktaNumber = atOkta ? seen.okta++ : -1;
    const entraNumber = atEntra ? seen.entra++ : -1;
    return {
      email,
      given: name.given,
      family: name.family,
      ...offices(email, random),
      employeeNumber: `E${10_001 + index}`,
      hiredAt: hiredAt(index, count),
      okta: atOkta
        ? { id: oktaId('00u', index, random), status: UNUSUAL_STATUSES.get(oktaNumber % 100) ?? 'ACTIVE' }
        : null,
      entra: atEntra ? atEntraAs({ id: entraId(index, random), email, guest, number: entraNumber }) : null,
    };
  });
}

/** `maria.garcia`, then `maria.garcia2`, `maria.garcia3`: no two people share one. */
function numberedAddresses(): (address: string) => string {
  const taken = new Map<string, number>();
  return (address) => {
    const number = (taken.get(address) ?? 0) + 1;
    taken.set(address, number);
    return number === 1 ? address : `${address}${number}`;
  };
}

/** Gives each newcomer a department, a title and a manager who was there before. */
function openOffices(): (
  email: string,
  random: Random,
) => { readonly department: string; readonly title: string; readonly manager: string | null } {
  const staff = new Map<Department, string[]>();
  let top: string | null = null;
  return (email, random) => {
    const department = random.pick(DEPARTMENTS);
    const colleagues = staff.get(department) ?? [];
    staff.set(department, colleagues);
    const number = colleagues.push(email) - 1;
    if (number === 0) {
      const manager = top;
      top ??= email;
      return { department: department.name, title: itemAt(department.titles, 0), manager };
    }
    return {
      department: department.name,
      title: random.pick(department.titles.slice(1)),
      manager: itemAt(colleagues, Math.floor((number - 1) / REPORTS)),
    };
  };
}

/** Spread evenly over the company's years; both providers keep whole seconds. */
function hiredAt(index: number, count: number): number {
  const time = FIRST_DAY + ((LAST_DAY - FIRST_DAY) * index) / count;
  return Math.floor(time / 1000) * 1000;
}

/** One in 33 is disabled, one in ten has no mail, one in eleven has capitals in it. */
function atEntraAs(user: {
  readonly id: string;
  readonly email: string;
  readonly guest: boolean;
  readonly number: number;
}): EntraPresence {
  const enabled = user.number % 33 !== 7;
  if (user.guest) {
    const userPrincipalName = `${user.email.replace('@', '_')}#EXT#@${INITIAL_DOMAIN}`;
    return { id: user.id, enabled, userType: 'Guest', userPrincipalName, mail: user.email };
  }
  return { id: user.id, enabled, userType: 'Member', userPrincipalName: user.email, mail: mailOf(user) };
}

function mailOf(user: { readonly email: string; readonly number: number }): string | null {
  if (user.number % 10 === 3) return null;
  if (user.number % 11 !== 5) return user.email;
  return user.email.replaceAll(/(^|[.@-])([a-z])(?=.*@)/g, (_, before: string, letter: string) => {
    return before + letter.toUpperCase();
  });
}
