import type {
  AccountTrace,
  Answer,
  AttributeTrace,
  Condition,
  Explanation,
  GroupTrace,
  PastChange,
  PendingOperation,
  PersonTrace,
  ReadBasis,
  RecordTrace,
  Verdict,
} from '../../model/explanation.ts';
import type { SourceKey } from '../../model/desired-state.ts';
import { describe } from '../describe.ts';
import { printable } from '../escape.ts';
import { blank, labelled, line, paint, paragraph, span, type Line, type Tone } from './lines.ts';
import { heading } from './remarks.ts';
import { counted, listed, minuteOf, stateWord } from '../words.ts';

/** How an explanation is drawn. */
export interface ExplainDrawing {
  readonly width: number;
  readonly color: 'always' | 'never';
}

const labelWidth = 12;
/** Lines that one value may take. */
const most = 6;

/** Why one person has, or lacks, access: the answer first, then the way from the source's record to the account. */
export function explainText(explanation: Explanation, drawing: ExplainDrawing): string {
  const { width } = drawing;
  const { records, people, accounts, pending, history } = explanation;
  const remarks = [...explanation.conflicts, ...explanation.skips];
  return paint(
    [
      line(printable(explanation.asked), 'strong'),
      ...explanation.answers.flatMap((answer) => answerLines(answer, width)),
      blank,
      ...basisLines(explanation.basis, width),
      ...section('Source records', records, width, (record) => recordLines(record, width)),
      ...section('Person', people, width, (person) => personLines(person, width)),
      ...section('Retool account', accounts, width, (account) => accountLines(account, width)),
      ...section('The next run', pending, width, (one) => pendingLines(one, width)),
      ...section('Guard', explanation.violations, width, ({ class: name, text }) =>
        row(name, text, width, 'warn'),
      ),
      ...section('Remarks', remarks, width, ({ code, text }) => row(code, text, width)),
      ...section('Last changes', history, width, (change) => pastLines(change, width)),
    ],
    drawing,
  );
}

function section<Item>(
  title: string,
  items: readonly Item[],
  width: number,
  linesOf: (item: Item) => readonly Line[],
): readonly Line[] {
  return items.length === 0 ? [] : [blank, ...heading(title, items.length, width), ...items.flatMap(linesOf)];
}

/** `label  text` below a heading. */
function row(label: string, text: string, width: number, tone: Tone = 'plain'): readonly Line[] {
  return labelled(span(printable(label), 'dim'), printable(text), {
    indent: 2,
    labelWidth: Math.max(labelWidth, Math.min(label.length, 24)),
    width,
    tone,
    most,
  });
}

function answerLines({ code, text, remedy }: Answer, width: number): readonly Line[] {
  const tone = code === 'inStep' ? 'add' : code === 'pending' ? 'change' : 'warn';
  return [
    ...row(code, text, width, tone),
    ...(remedy === null ? [] : paragraph(printable(`→ ${remedy}`), { indent: 4, width, tone: 'dim', most })),
  ];
}

function basisLines(
  { from, sources, targetReadAt, users, ageSeconds, live }: ReadBasis,
  width: number,
): readonly Line[] {
  const sizes = sources.map(({ source, users: people, groups, partial }) => {
    const size = `${source} (${counted(people, 'person', 'people')}, ${counted(groups, 'group')}`;
    return `${size}${partial === null ? '' : `, incomplete: ${partial}`})`;
  });
  const read = listed([...sizes, `Retool (${counted(users, 'account')})`]);
  const when =
    from === 'now'
      ? `no run that writes has read anything yet, so both sides were read now: ${read}`
      : `what the last run read at ${minuteOf(targetReadAt)}, ${ageText(ageSeconds)} ago: ${read}`;
  return [
    ...row('answered from', when, width, 'dim'),
    ...live.flatMap((note) => row('asked anew', note, width, 'dim')),
  ];
}

function ageText(seconds: number): string {
  if (seconds < 120) return counted(seconds, 'second');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return counted(minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? counted(hours, 'hour') : counted(Math.floor(hours / 24), 'day');
}

function keyName({ source, externalId }: SourceKey): string {
  return `${source}:${externalId}`;
}

function recordLines({ user, address, groups, ...key }: RecordTrace, width: number): readonly Line[] {
  const name = user.displayName ?? [user.name?.givenName, user.name?.familyName].filter(Boolean).join(' ');
  const told = [name, user.email ?? user.userName, user.active ? 'active' : 'not active'];
  const derived = address.email ?? address.problem ?? 'no usable address';
  return [
    line(`  ${printable(keyName(key))}`, 'strong'),
    ...row('as read', told.filter((part) => part !== undefined && part !== '').join(' · '), width),
    ...row('address', `${address.expression} → ${derived}`, width, address.email === null ? 'warn' : 'plain'),
    ...groups.flatMap(({ name: group, via, gives }) => {
      const through = via.length === 0 ? '' : ` through ${via.map((one) => `"${one}"`).join(' > ')}`;
      const to = gives.map(({ rule, to: target }) => `"${target}" (${rule})`);
      const leads = to.length === 0 ? 'no rule is about it' : listed(to);
      return row('in group', `"${group}"${through} → ${leads}`, width, to.length === 0 ? 'dim' : 'plain');
    }),
  ];
}

function personLines(person: PersonTrace, width: number): readonly Line[] {
  const { keys, decides, state, text, scope, match } = person;
  const merged =
    keys.length > 1
      ? `${listed(keys.map(keyName))}; ${keyName(decides)} decides whether they are active`
      : keyName(decides);
  return [
    line(`  ${printable(person.email ?? merged)}`, 'strong'),
    ...row('records', merged, width),
    ...row('state', `${stateOf(state)}: ${text}`, width, state === 'wanted' ? 'plain' : 'warn'),
    ...(scope === null ? [] : conditionLines(scope, width)),
    ...row('match', match.text, width, match.by === 'conflict' ? 'warn' : 'plain'),
    ...person.fields.flatMap(({ name, rule, value, current }) =>
      row(
        name,
        `${value} · ${rule}${current === null || current === value ? '' : ` · Retool has ${current}`}`,
        width,
      ),
    ),
    ...person.attributes.flatMap((attribute) => attributeLines(attribute, width)),
    ...person.groups.flatMap((group) => groupLines(group, width)),
    ...person.refusedBy.flatMap((condition) => conditionLines(condition, width)),
  ];
}

function stateOf(state: PersonTrace['state']): string {
  return {
    wanted: 'should have access',
    inactive: 'inactive',
    outOfScope: 'out of scope',
    frozen: 'cannot be judged',
  }[state];
}

const marks: Readonly<Record<Verdict['is'], string>> = {
  true: '✓',
  false: '✗',
  noValue: '?',
  undecided: '?',
};

function conditionLines(
  { rule, expression, verdict, join, clauses }: Condition,
  width: number,
): readonly Line[] {
  const tone = verdict.is === 'true' ? 'plain' : 'warn';
  const joined = join === 'one' ? [] : clauses;
  return [
    ...row(rule, `${marks[verdict.is]} ${expression}${verdictText(verdict)}`, width, tone),
    ...joined.flatMap((clause) =>
      paragraph(printable(`${marks[clause.verdict.is]} ${clause.text}${verdictText(clause.verdict)}`), {
        indent: 2 + labelWidth + 4,
        width,
        tone: clause.verdict.is === 'true' ? 'dim' : 'warn',
        most,
      }),
    ),
  ];
}

function verdictText({ is, because }: Verdict): string {
  if (is === 'noValue') return ' (reads a field that is not there)';
  return because === null ? '' : ` (${because})`;
}

function attributeLines(attribute: AttributeTrace, width: number): readonly Line[] {
  const { name, offers, chosen, undecided, current, ours } = attribute;
  const others = offers.filter((offer) => offer.source !== chosen?.source);
  const parts = [
    undecided
      ? 'left as it is: its source could not be read'
      : chosen === null
        ? 'no value'
        : `${chosen.value} from ${chosen.source}`,
    ...others.map(({ source, value }) => `${source} says ${value}`),
    ...(current === (chosen?.value ?? null) ? [] : [`Retool has ${current ?? 'none'}`]),
    ours === null ? 'not ours' : `ours, given by ${ours.source}`,
  ];
  return row(`@${name}`, `${parts.join(' · ')} · attributes.${name}`, width);
}

const pendingWords = {
  add: 'the next run adds them',
  adopt: 'the next run takes the membership over',
  remove: 'the next run removes them',
  changeAdmin: 'the next run changes whether they administer it',
} as const;

function groupLines(group: GroupTrace, width: number): readonly Line[] {
  const { name, calledFor, isMember, isOurs, groupAdmin, pending, because } = group;
  const parts = [
    isMember ? (groupAdmin === true ? 'group admin' : 'member') : 'not a member',
    ...(isMember ? [isOurs ? 'ours' : 'not ours'] : []),
    ...calledFor.map(({ rule, text }) => `${text} (${rule})`),
    ...(pending === null ? [] : [pendingWords[pending]]),
    ...(because === null ? [] : [because]),
  ];
  return row(`"${name}"`, parts.join(' · '), width);
}

function accountLines(account: AccountTrace, width: number): readonly Line[] {
  const { id, email, active, isAdmin, lastActive, origin, disabledByUs, links, groups, protections } =
    account;
  const state =
    active === null
      ? 'no longer listed'
      : active
        ? 'active'
        : disabledByUs
          ? 'disabled by the bridge'
          : 'disabled';
  const facts = [
    state,
    ...(isAdmin ? ['admin'] : []),
    origin === null ? 'not managed' : `managed, ${origin} by the bridge`,
    lastActive === null ? 'never logged in' : `last active ${minuteOf(lastActive)}`,
  ];
  const memberships = groups.map(({ name, isOurs }) => `"${name}"${isOurs ? '' : ' (not ours)'}`);
  return [
    line(`  ${printable(`${id} ${email}`)}`, 'strong'),
    ...row('state', facts.join(' · '), width),
    ...links.flatMap((link) => row('linked to', `${keyName(link)}${recordText(link)}`, width)),
    ...(memberships.length === 0 ? [] : row('groups', memberships.join(', '), width)),
    ...protections.flatMap((text) => row('protected', text, width, 'warn')),
  ];
}

function recordText({ record, absence }: AccountTrace['links'][number]): string {
  if (record === 'read') return '';
  if (record === 'sourceNotConfigured') return ': the configuration has no such source';
  return `: not in the last read${absence === null || absence === 'unknown' ? '' : `, ${absence}`}`;
}

function pendingLines({ operation, heldBy }: PendingOperation, width: number): readonly Line[] {
  const { symbol, sentence, reason } = describe(operation);
  return [
    ...row(`${symbol} ${operation.kind}`, `${sentence} · ${reason}`, width),
    ...(heldBy === null ? [] : row('', `held: ${heldBy}`, width, 'warn')),
  ];
}

function pastLines({ run, at, operation, outcome }: PastChange, width: number): readonly Line[] {
  const { sentence, reason } = describe(operation);
  const became =
    outcome.state === 'applied' ? '' : ` · ${stateWord(outcome.state)} ${outcome.code ?? ''}`.trimEnd();
  return row(minuteOf(at), `${sentence} · ${reason}${became} · run ${run}`, width);
}
