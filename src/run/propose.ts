import type { CurrentState } from '../model/current-state.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { User } from '../model/user.ts';

/** One rule for `mapping.groups`, with what it rests on. */
export interface ProposedRule {
  /** null: for every source. */
  readonly source: string | null;
  /** RE2 over the whole display name. */
  readonly match: string;
  readonly to: string;
  readonly create: boolean;
  /** For people: `11 groups: 7 in Retool already, 4 would be created`. */
  readonly why: string;
}

/** A user attribute that Retool defines, and the expression that can fill it; null: none is known. */
export interface ProposedAttribute {
  readonly name: string;
  readonly expression: string | null;
}

/** What `init` makes of a first read of both sides. */
export interface Proposal {
  readonly rules: readonly ProposedRule[];
  readonly attributes: readonly ProposedAttribute[];
  /** Addresses of admins whom no source knows: break-glass accounts, most likely. */
  readonly protect: readonly string[];
  /** Source groups that no rule is proposed for, as `source: name`. */
  readonly unmatched: readonly string[];
}

const builtIn: ReadonlySet<string> = new Set(['admin', 'editor', 'viewer', 'All Users']);
/** More rules than this, one for each group, are no start; what is left is listed. */
const mostRules = 40;

/** Group rules by name, attributes by name, and the accounts to protect. Pure, and the same for the same reads. */
export function propose(snapshots: readonly Snapshot[], current: CurrentState): Proposal {
  const held = current.groups.map(({ name }) => name).filter((name) => !builtIn.has(name));
  const several = snapshots.length > 1;
  const bySource = snapshots.map((snapshot) => rulesFor(snapshot, held, several ? snapshot.source : null));
  const users = snapshots.flatMap((snapshot) => snapshot.users);
  const known = new Set(users.flatMap(({ email }) => (email === undefined ? [] : [email.toLowerCase()])));
  return {
    rules: bySource.flatMap(({ rules }) => rules),
    attributes: current.attributes.map(({ name }) => ({ name, expression: expressionFor(name, users) })),
    protect: current.users
      .filter(({ isAdmin, active, email }) => isAdmin && active && !known.has(email.toLowerCase()))
      .map(({ email }) => email)
      .toSorted(),
    unmatched: bySource.flatMap(({ unmatched }, at) =>
      unmatched.map((name) => `${snapshots[at]?.source}: ${name}`),
    ),
  };
}

interface SourceRules {
  readonly rules: readonly ProposedRule[];
  readonly unmatched: readonly string[];
}

/** A source group, the part of its name after the common beginning, and the Retool group of that name. */
interface Pair {
  readonly name: string;
  readonly rest: string;
  readonly counterpart: string | null;
}

function rulesFor({ groups }: Snapshot, held: readonly string[], source: string | null): SourceRules {
  const names = [...new Set(groups.map(({ displayName }) => displayName))].toSorted();
  const prefix = commonBeginning(names);
  const counterparts = new Map(held.map((name) => [folded(name), name]));
  const pairs = names.map((name): Pair => {
    const rest = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    return {
      name,
      rest,
      counterpart: counterparts.get(folded(rest)) ?? counterparts.get(folded(name)) ?? null,
    };
  });
  const prefixed = pairs.filter(({ name }) => prefix !== '' && name.startsWith(prefix));
  const others = pairs.filter((pair) => !prefixed.includes(pair));
  const fitsOnePattern = prefixed.every(({ counterpart, rest }) => (counterpart ?? rest) === rest);
  const single = [...(fitsOnePattern ? [] : prefixed), ...others.filter(hasCounterpart)].filter(isWritable);
  const patterns = fitsOnePattern && prefixed.length > 0 ? [patternRule(prefix, prefixed, source)] : [];
  const written = single.slice(0, mostRules);
  const covered = new Set([...(patterns.length > 0 ? prefixed : []), ...written]);
  return {
    rules: [...patterns, ...written.map((pair) => singleRule(pair, source))],
    unmatched: pairs.filter((pair) => !covered.has(pair)).map(({ name }) => name),
  };
}

function hasCounterpart({ counterpart }: Pair): boolean {
  return counterpart !== null;
}

/** `${` in a group's name could not be told from a reference. */
function isWritable({ rest, counterpart }: Pair): boolean {
  return !(counterpart ?? rest).includes('${');
}

/**
 * The first word, up to and with its separator, that at least two groups and half of them begin with; empty: none. One
 * group is enough for a word that names what its groups are for.
 */
function commonBeginning(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const [beginning] = /^[A-Za-z0-9]+[-_ :./](?=.)/.exec(name) ?? [];
    if (beginning !== undefined) counts.set(beginning, (counts.get(beginning) ?? 0) + 1);
  }
  const [best] = [...counts].toSorted(([, a], [, b]) => b - a);
  if (best === undefined) return '';
  const [beginning, count] = best;
  const least = folded(beginning) === 'retool' ? 1 : 2;
  return count >= Math.max(least, names.length / 2) ? beginning : '';
}

/** Names that differ in letter case and separators only are taken for the same. */
function folded(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function patternRule(prefix: string, pairs: readonly Pair[], source: string | null): ProposedRule {
  const there = pairs.filter(hasCounterpart).length;
  return {
    source,
    match: `${literal(prefix)}(?P<team>.+)`,
    to: '${team}',
    create: true,
    why: `${pairs.length} groups: ${there} in Retool already, ${pairs.length - there} would be created`,
  };
}

function singleRule({ name, rest, counterpart }: Pair, source: string | null): ProposedRule {
  return {
    source,
    match: literal(name),
    to: counterpart ?? rest,
    create: counterpart === null,
    why: counterpart === null ? 'would be created' : 'in Retool already',
  };
}

/** A text as an RE2 pattern that matches it and nothing else. */
function literal(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

interface Feed {
  /** Folded names under which Retool may know it. */
  readonly names: readonly string[];
  readonly expression: string;
  readonly value: (user: User) => string | undefined;
}

const feeds: readonly Feed[] = [
  {
    names: ['department', 'dept', 'abteilung'],
    expression: 'user.enterprise.department',
    value: ({ enterprise }) => enterprise?.department,
  },
  {
    names: ['title', 'jobtitle', 'position', 'role'],
    expression: 'user.title',
    value: ({ title }) => title,
  },
  {
    names: ['employeeid', 'employeenumber', 'staffid', 'personnelnumber'],
    expression: 'user.enterprise.employeeNumber',
    value: ({ enterprise }) => enterprise?.employeeNumber,
  },
  {
    names: ['costcenter', 'costcentre', 'kostenstelle'],
    expression: 'user.enterprise.costCenter',
    value: ({ enterprise }) => enterprise?.costCenter,
  },
  {
    names: ['division'],
    expression: 'user.enterprise.division',
    value: ({ enterprise }) => enterprise?.division,
  },
  {
    names: ['organization', 'organisation', 'company'],
    expression: 'user.enterprise.organization',
    value: ({ enterprise }) => enterprise?.organization,
  },
  {
    names: ['manager', 'managername'],
    expression: 'user.enterprise.manager.displayName',
    value: ({ enterprise }) => enterprise?.manager?.displayName,
  },
  { names: ['locale'], expression: 'user.locale', value: ({ locale }) => locale },
  { names: ['timezone'], expression: 'user.timezone', value: ({ timezone }) => timezone },
  {
    names: ['language', 'preferredlanguage'],
    expression: 'user.preferredLanguage',
    value: ({ preferredLanguage }) => preferredLanguage,
  },
  {
    names: ['displayname', 'fullname'],
    expression: 'user.displayName',
    value: ({ displayName }) => displayName,
  },
];

/** Only what somebody has a value for is worth proposing. */
function expressionFor(attribute: string, users: readonly User[]): string | null {
  const feed = feeds.find(({ names }) => names.includes(folded(attribute)));
  return feed !== undefined && users.some((user) => feed.value(user) !== undefined) ? feed.expression : null;
}
