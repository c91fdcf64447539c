import { folded } from '../../model/text.ts';
import type { AccountTrace, Answer, Condition, PersonTrace } from '../../model/explanation.ts';
import { emailOf, isKnown } from '../../plan/who.ts';
import type { Explaining } from './parts.ts';

/** How many people of almost the same address are named to somebody who may have mistyped it. */
const mostSimilar = 3;

/** Why the person is there, or not: one answer for each person that is meant, and each account without one. */
export function answersOf(
  explaining: Explaining,
  people: readonly PersonTrace[],
  accounts: readonly AccountTrace[],
): readonly Answer[] {
  if (!isKnown(explaining.who)) return [unknownAnswer(explaining)];
  const email = folded(explaining.asked);
  const matched = new Set(people.flatMap(({ match }) => match.account ?? []));
  const ofPeople = people
    .toSorted((a, b) => Number(b.email === email) - Number(a.email === email))
    .map((person) => personAnswer(explaining, person, accounts));
  const ofAccounts = accounts
    .filter(({ id }) => !matched.has(id) && !isSpokenOf(id, explaining))
    .map((account) => accountAnswer(explaining, account));
  return [...ofPeople, ...ofAccounts, ...otherAddress(explaining, email)];
}

/** Whether a conflict names the account already. */
function isSpokenOf(id: string, { conflicts, people }: Explaining): boolean {
  return people.length > 0 && conflicts.some(({ candidates }) => candidates.includes(id));
}

function unknownAnswer(explaining: Explaining): Answer {
  const { asked, basis, input } = explaining;
  const read = basis.sources.map(({ source, users }) => `${source} (${users} people)`).join(', ');
  const invite = input.current.invites.find((one) => !one.claimed && folded(one.email) === folded(asked));
  const gaps = basis.sources.filter(({ partial }) => partial !== null);
  const text = `${asked} is in no record of ${read}, and none of the ${basis.users} Retool accounts is theirs`;
  if (invite !== undefined)
    return answer('pendingInvite', `${text}; Retool holds a pending invite for the address`);
  if (gaps.length > 0) {
    const because = gaps.map(({ source, partial }) => `${source}: ${partial}`).join('; ');
    return answer(
      'unknownIncomplete',
      `${text}, but not everybody could be read (${because})`,
      'Mend what could not be read, or ask the source for this person.',
    );
  }
  const similar = similarTo(explaining);
  return answer(
    'unknown',
    similar.length === 0 ? text : `${text}. There is ${similar.join(', ')}`,
    `Look at the person in the source, and whether the scope of ${basis.sources.map(({ source }) => source).join(', ')} holds them.`,
  );
}

function similarTo({ asked, input }: Explaining): readonly string[] {
  const local = folded(asked).split('@', 1)[0] ?? '';
  if (local === '' || !asked.includes('@')) return [];
  return input.desired.people
    .flatMap((person) => emailOf(person) ?? [])
    .filter((email) => email.startsWith(`${local}@`))
    .slice(0, mostSimilar);
}

function personAnswer(
  explaining: Explaining,
  person: PersonTrace,
  accounts: readonly AccountTrace[],
): Answer {
  const account = accountOf(explaining, person, accounts);
  const who =
    person.email ?? person.keys.map(({ source, externalId }) => `${source}:${externalId}`).join(', ');
  switch (person.state) {
    case 'wanted':
      return wantedAnswer(explaining, person, who, account);
    case 'inactive':
      return leaverAnswer(explaining, 'inactive', `${who} is ${person.text}`, account);
    case 'outOfScope':
      return leaverAnswer(
        explaining,
        'outOfScope',
        `${who} is out of scope: ${failingClauses(person.scope)}`,
        account,
      );
    case 'frozen':
      return frozenAnswer(explaining, person, account);
  }
}

function accountOf(
  { who }: Explaining,
  { match, email }: PersonTrace,
  accounts: readonly AccountTrace[],
): AccountTrace | null {
  const linked = accounts.find(({ id }) => id === match.account);
  const sameAddress = accounts.find((one) => who.accounts.has(one.id) && folded(one.email) === email);
  return linked ?? sameAddress ?? null;
}

/** The clauses that make a condition false, in the configuration's own words. */
function failingClauses(scope: Condition | null): string {
  if (scope === null) return 'the scope excludes this person';
  const failing = scope.clauses.filter(({ verdict }) => verdict.is !== 'true');
  const clauses = failing.map(({ text }) => text).join(scope.join === 'any' ? ' and ' : '; ');
  const of = scope.askedOf === null ? '' : ` for ${scope.askedOf.source}:${scope.askedOf.externalId}`;
  return `${clauses} ${failing.length > 1 ? 'are' : 'is'} not true${of}`;
}

function frozenAnswer(
  { people, skips }: Explaining,
  { keys, text }: PersonTrace,
  account: AccountTrace | null,
): Answer {
  const person = people.find((one) => one.keys === keys);
  const code = person?.state === 'frozen' ? person.because : 'frozen';
  const skip = skips.find((one) => one.code === code);
  const then = account === null ? 'no account is made' : 'the account stays exactly as it is';
  return answer(
    code,
    `${skip?.text ?? text}; until then ${then}`,
    'Correct the record at its source, or the expression.',
  );
}

function wantedAnswer(
  explaining: Explaining,
  { email, match }: PersonTrace,
  who: string,
  account: AccountTrace | null,
): Answer {
  const conflict = explaining.conflicts.find(
    ({ subject }) => subject.type === 'user' && subject.key === email,
  );
  if (conflict !== undefined) return answer(conflict.code, conflict.text, 'See "Conflicts" in the runbook.');
  const left = explaining.skips.find(({ code }) => leavingAlone.has(code));
  if (left !== undefined) return answer(left.code, left.text);
  const wanted = `${who} is in scope and active`;
  const invited = invitedAnswer(explaining, wanted, email);
  if (invited !== null) return invited;
  if (account === null || match.by === 'nothing') return absentAnswer(explaining, wanted);
  if (account.active !== true) return disabledAnswer(explaining, wanted, account);
  return presentAnswer(explaining, who, account);
}

/** Skips that say by themselves why somebody is left as they are. */
const leavingAlone: ReadonlySet<string> = new Set([
  'protected',
  'pendingInvite',
  'notInvitedAgain',
  'inviteExpired',
  'dormant',
]);

/** Somebody who has an invite, or is to get one; null for everybody else. */
function invitedAnswer(
  { correlation, pending }: Explaining,
  wanted: string,
  email: string | null,
): Answer | null {
  const match = correlation.matches.get(email ?? '');
  const sending = pending.find(
    ({ operation }) => operation.kind === 'inviteUser' || operation.kind === 'reissueInvite',
  );
  if (sending !== undefined && sending.heldBy !== null)
    return heldAnswer(`${wanted}; the invite waits for an approval`, sending.heldBy);
  if (sending !== undefined)
    return answer(
      'pending',
      `${wanted}; the next run sends an invite`,
      'Run `sync`, or wait for the schedule.',
    );
  if (match?.kind !== 'invited') return null;
  const until = match.invite.expiresAt === null ? '' : ` until ${match.invite.expiresAt}`;
  const text = `${wanted}, and was invited; the account is made by claiming invite ${match.invite.id}${until}`;
  return answer(
    'invited',
    text,
    'Let the person look for the mail, or copy the link of the invite in Retool.',
  );
}

/** Somebody who should have an account and has none. */
function absentAnswer(explaining: Explaining, wanted: string): Answer {
  const create = explaining.pending.find(({ operation }) => operation.kind === 'createUser');
  if (create === undefined) return leftOutAnswer(explaining, `${wanted}, but no account is made`);
  if (create.heldBy !== null)
    return heldAnswer(`${wanted}; the account waits for an approval`, create.heldBy);
  return answer(
    'pending',
    `${wanted}; the next run makes the account`,
    'Run `sync`, or wait for the schedule.',
  );
}

/** Somebody who should have access and whose account is disabled. */
function disabledAnswer(explaining: Explaining, wanted: string, account: AccountTrace): Answer {
  if (account.active === null)
    return answer('accountVanished', `${wanted}, but Retool no longer lists the account ${account.id}`);
  const back = explaining.pending.find(({ operation }) => operation.kind === 'reactivateUser');
  if (back === undefined)
    return leftOutAnswer(explaining, `${wanted}, but the account ${account.id} is disabled`);
  if (back.heldBy !== null)
    return heldAnswer(`${wanted}; switching the account on again waits for an approval`, back.heldBy);
  return answer(
    'pending',
    `${wanted}; the next run switches the account on again`,
    'Run `sync`, or wait for the schedule.',
  );
}

function presentAnswer({ pending }: Explaining, who: string, { id }: AccountTrace): Answer {
  const has = `${who} has access with the account ${id}`;
  if (pending.length === 0) return answer('inStep', `${has}, as the sources say`);
  const held = pending.find(({ heldBy }) => heldBy !== null);
  const count = `${pending.length} ${pending.length === 1 ? 'change waits' : 'changes wait'}`;
  if (held?.heldBy !== undefined && held.heldBy !== null)
    return heldAnswer(`${has}; ${count} for an approval`, held.heldBy);
  return answer('pending', `${has}; ${count} for the next run`, 'Run `sync`, or wait for the schedule.');
}

function heldAnswer(text: string, because: string): Answer {
  return answer(
    'held',
    `${text}: ${because}`,
    'Review the plan with `plan --out FILE`, and approve it if it is right.',
  );
}

/** What keeps a change from being planned: the policy, or the last admins. */
function leftOutAnswer({ skips }: Explaining, text: string): Answer {
  const skip = skips.find(({ code }) => code === 'policy' || code === 'lastAdmins');
  if (skip === undefined) return answer('leftAlone', text);
  return answer(skip.code, `${text}: ${skip.text}`, 'See `policy` in the configuration.');
}

/** Somebody who should have no access, and what becomes of the account they may have. */
function leaverAnswer(
  { pending, skips }: Explaining,
  code: string,
  because: string,
  account: AccountTrace | null,
): Answer {
  if (account === null) return answer(code, `${because}; there is no account`);
  if (account.active !== true) {
    const by = account.disabledByUs ? 'the bridge disabled' : 'somebody disabled';
    return answer(code, `${because}; ${by} the account ${account.id}`);
  }
  const off = pending.find(({ operation }) => operation.kind === 'deactivateUser');
  if (off?.heldBy !== undefined && off.heldBy !== null)
    return heldAnswer(`${because}; disabling the account waits for an approval`, off.heldBy);
  if (off !== undefined) return answer(code, `${because}; the next run disables the account ${account.id}`);
  const skip = skips.find(({ subject }) => subject.id === account.id);
  if (skip !== undefined) return answer(skip.code, skip.text);
  if (account.origin === null)
    return answer(
      'unmanaged',
      `${because}; the account ${account.id} is not managed by the bridge, and stays`,
    );
  return answer('leftAlone', `${because}; nothing is done to the account ${account.id}`);
}

/** An account whose person no read shows. */
function accountAnswer(explaining: Explaining, account: AccountTrace): Answer {
  const { id, email, links } = account;
  if (account.active === null)
    return answer(
      'accountVanished',
      `${email} was managed as ${id}, which Retool no longer lists`,
      `Check the token's organisation. If the account is gone: \`retool-bridge unlink ${email}\`.`,
    );
  if (account.origin === null)
    return answer(
      'unmanaged',
      `${email} has the Retool account ${id}, which no source knows and the bridge does not manage: it is left alone`,
    );
  const told = links.map(({ source, externalId }) => `${source}:${externalId}`).join(', ');
  if (links.length === 0)
    return answer('unlinked', `the account ${id} is managed, but linked to no record: it is left as it is`);
  if (links.every(({ record }) => record === 'sourceNotConfigured'))
    return answer(
      'sourceRemoved',
      `the account ${id} is linked only to ${told}, of which the configuration names no source: it is left as it is`,
      `If these sources are gone for good: \`retool-bridge unlink ${email}\`.`,
    );
  const gone = links.find(({ absence }) => absence !== null && absence !== 'unknown');
  if (gone?.absence !== undefined && gone.absence !== null) {
    const said =
      gone.absence === 'gone'
        ? 'is gone from'
        : gone.absence === 'inactive'
          ? 'is not active in'
          : 'is out of the scope of';
    return leaverAnswer(explaining, gone.absence, `${email} (${told}) ${said} ${gone.source}`, account);
  }
  const missing = `${email} is linked to ${told}, which the last read does not show`;
  if (account.active)
    return answer(
      'notJudged',
      `${missing}; whether the person is gone could not be asked, so that the account stays`,
      'Ask again with --live.',
    );
  return leaverAnswer(explaining, 'gone', missing, account);
}

/** Records that hold the address that was asked for, while the mapping gives them another. */
function otherAddress({ records }: Explaining, email: string): readonly Answer[] {
  if (!email.includes('@')) return [];
  return records
    .filter(({ address }) => address.email !== null && address.email !== email)
    .filter(({ user }) =>
      [user.email, user.userName].some((one) => one !== undefined && folded(one) === email),
    )
    .map(({ source, externalId, address }) =>
      answer(
        'otherAddress',
        `${source}:${externalId} holds this address, but ${address.expression} makes ${address.email} of it`,
      ),
    );
}

function answer(code: string, text: string, remedy: string | null = null): Answer {
  return { code, text, remedy };
}
