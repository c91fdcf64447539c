import { entraId, oktaId } from './ids.ts';
import { DEPARTMENTS, ENTRA_TEAMS, letters } from './names.ts';
import type { Hire } from './people.ts';
import { itemAt } from './random.ts';
import type { Random } from './random.ts';
import type {
  EntraPresence,
  EntraWorldApp,
  EntraWorldDevice,
  EntraWorldGroup,
  OktaWorldApp,
  OktaWorldGroup,
} from './types.ts';

/** The groups of both providers, and by person (the index among the hires) those that lead to Retool. */
export interface FormedGroups {
  readonly okta: { readonly groups: readonly OktaWorldGroup[]; readonly app: OktaWorldApp };
  readonly entra: {
    readonly groups: readonly EntraWorldGroup[];
    readonly devices: readonly EntraWorldDevice[];
    readonly app: EntraWorldApp;
  };
  readonly retoolGroups: ReadonlyMap<number, readonly string[]>;
}

const OKTA_SHARE = 2 / 3;
const OKTA_RETOOL_SHARE = 3 / 4;
const OTHER_OKTA_GROUPS = ['vpn-users', 'github-members', 'all-managers', 'jira-users', 'wifi-guests'];
const DEVICES = ['SCANNER-WH-01', 'SCANNER-WH-02', 'KIOSK-LOBBY'];

interface Draft<Members> {
  readonly name: string;
  readonly description: string;
  readonly members: Members;
}

type Join = (person: number, group: string) => void;

/** Forms `count` groups, two in three at Okta, and puts people into them. */
export function formGroups(hires: readonly Hire[], count: number, random: Random): FormedGroups {
  const oktaCount = Math.ceil(count * OKTA_SHARE);
  const retoolGroups = new Map<number, string[]>();
  const join: Join = (person, group) => {
    const joined = retoolGroups.get(person);
    if (joined === undefined) retoolGroups.set(person, [group]);
    else if (!joined.includes(group)) joined.push(group);
  };
  return {
    okta: formOktaGroups(hires, { count: oktaCount, random, join }),
    entra: formEntraGroups(hires, { count: count - oktaCount, random, join }),
    retoolGroups,
  };
}

interface Forming {
  readonly count: number;
  readonly random: Random;
  readonly join: Join;
}

function formOktaGroups(hires: readonly Hire[], { count, random, join }: Forming): FormedGroups['okta'] {
  const retoolCount = Math.ceil(count * OKTA_RETOOL_SHARE);
  const retool = Array.from({ length: retoolCount }, (_, index) => oktaTeam(index));
  const others = Array.from({ length: count - retoolCount }, (_, index) => otherOktaGroup(index));
  const outside: string[] = [];
  for (const [index, person] of hires.entries()) {
    if (person.okta === null) continue;
    const { id, status } = person.okta;
    const home = random.chance(0.7) ? homeOf(person, retoolCount, random) : null;
    const second = home !== null && random.chance(0.25) ? random.below(retoolCount) : null;
    for (const number of new Set([home, second])) {
      if (number === null) continue;
      const group = itemAt(retool, number);
      group.members.push(id);
      join(index, group.name);
    }
    if (home === null && status === 'ACTIVE') outside.push(id);
    if (others.length > 0 && random.chance(0.6)) random.pick(others).members.push(id);
  }
  const groups = [...retool, ...others].map((draft, index) => ({
    id: oktaId('00g', index, random),
    ...draft,
  }));
  const app = {
    id: '0oaretool0000000001',
    label: 'Retool',
    groups: groups.slice(0, retoolCount).map((group) => group.id),
    users: outside.slice(0, 3),
  };
  return { groups, app };
}

/** `retool-finance` and its like, then `retool-finance-a` and so on: a pattern of letters and hyphens fits all. */
function oktaTeam(index: number): Draft<string[]> {
  const department = itemAt(DEPARTMENTS, index % DEPARTMENTS.length);
  const suffix = letters(Math.floor(index / DEPARTMENTS.length));
  const name = `retool-${department.slug}${suffix === '' ? '' : `-${suffix}`}`;
  return { name, description: `Retool apps of ${department.name}`, members: [] };
}

function otherOktaGroup(index: number): Draft<string[]> {
  const suffix = letters(Math.floor(index / OTHER_OKTA_GROUPS.length));
  const base = itemAt(OTHER_OKTA_GROUPS, index % OTHER_OKTA_GROUPS.length);
  return { name: suffix === '' ? base : `${base}-${suffix}`, description: '', members: [] };
}

/** One of the groups of the person's department, or any group when the department has none. */
function homeOf(person: Hire, groups: number, random: Random): number {
  const department = DEPARTMENTS.findIndex(({ name }) => name === person.department);
  const own = Math.ceil((groups - department) / DEPARTMENTS.length);
  return own > 0 ? department + DEPARTMENTS.length * random.below(own) : random.below(groups);
}

interface EntraMembers {
  readonly users: string[];
  readonly groups: string[];
  readonly devices: string[];
}

interface EntraDrafts {
  /** Named `Retool …`; the first is `Retool Finance`. */
  readonly teams: readonly Draft<EntraMembers>[];
  /** A member of the second team: its people are in that team only for those who look deep. */
  readonly nested: Draft<EntraMembers> | null;
  /** Of no interest to Retool. */
  readonly everyone: Draft<EntraMembers> | null;
}

function formEntraGroups(hires: readonly Hire[], { count, random, join }: Forming): FormedGroups['entra'] {
  const drafts = draftEntraGroups(count);
  for (const [index, person] of hires.entries()) {
    if (person.entra === null) continue;
    drafts.everyone?.members.users.push(person.entra.id);
    if (drafts.teams.length === 0 || !random.chance(0.8)) continue;
    const number = entraTeamOf(person, person.entra, drafts.teams.length, random);
    const team = itemAt(drafts.teams, number);
    const deeper = number === 1 && random.chance(0.5) ? drafts.nested : null;
    (deeper ?? team).members.users.push(person.entra.id);
    join(index, team.name);
  }
  return assembleEntra(drafts, { firstNumber: hires.length, random, hires });
}

function draftEntraGroups(count: number): EntraDrafts {
  const nested = count >= 3 ? entraDraft('Field Sales North', 'The northern region') : null;
  const everyone = count >= 5 ? entraDraft('All Staff', 'Everyone with a tenant account') : null;
  const teamCount = count - (nested === null ? 0 : 1) - (everyone === null ? 0 : 1);
  const teams = Array.from({ length: teamCount }, (_, index) => entraDraft(entraTeam(index), 'Retool apps'));
  return { teams, nested, everyone };
}

/** `Retool Finance`, then `Retool Field Sales` and its like, then `Retool Field Sales A` and so on. */
function entraTeam(index: number): string {
  if (index === 0) return 'Retool Finance';
  const suffix = letters(Math.floor((index - 1) / ENTRA_TEAMS.length)).toUpperCase();
  const team = itemAt(ENTRA_TEAMS, (index - 1) % ENTRA_TEAMS.length);
  return suffix === '' ? `Retool ${team}` : `Retool ${team} ${suffix}`;
}

function entraDraft(name: string, description: string): Draft<EntraMembers> {
  return { name, description, members: { users: [], groups: [], devices: [] } };
}

function entraTeamOf(person: Hire, entra: EntraPresence, teams: number, random: Random): number {
  if (teams === 1) return 0;
  const ofFinance = person.department === 'Finance' && entra.userType === 'Member';
  return ofFinance ? 0 : 1 + random.below(teams - 1);
}

function assembleEntra(
  { teams, nested, everyone }: EntraDrafts,
  from: { readonly firstNumber: number; readonly random: Random; readonly hires: readonly Hire[] },
): FormedGroups['entra'] {
  let number = from.firstNumber;
  const nextId = (): string => entraId(number++, from.random);
  const withId = ({ name, description, members }: Draft<EntraMembers>) => ({
    id: nextId(),
    name,
    description,
    ...members,
  });
  const devices = DEVICES.map((name) => ({ id: nextId(), name }));
  const groups = [...teams, nested, everyone].filter((draft) => draft !== null).map(withId);
  const child = groups.find((group) => group.name === nested?.name);
  if (child !== undefined) itemAt(groups, 1).groups.push(child.id);
  groups[teams.length > 2 ? 2 : 0]?.devices.push(...devices.slice(0, 2).map((device) => device.id));
  const builder = { id: nextId(), name: 'Builder' };
  const assigned = groups.slice(0, teams.length).map((group, index) => ({
    principal: group.id,
    kind: 'Group' as const,
    role: index === 0 ? builder.id : null,
  }));
  const alone = from.hires
    .flatMap(({ entra }) => (entra?.userType === 'Member' ? [entra] : []))
    .slice(0, 1)
    .map(({ id }) => ({ principal: id, kind: 'User' as const, role: null }));
  const app = {
    id: nextId(),
    appId: nextId(),
    name: 'Retool',
    roles: [builder],
    assignments: [...assigned, ...alone],
  };
  return { groups, devices, app };
}
