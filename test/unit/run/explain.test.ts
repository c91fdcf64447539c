import { describe, expect, test } from 'vitest';
import type { Explanation } from '../../../src/model/explanation.ts';
import { explainText } from '../../../src/report/text/explain.ts';
import { explainPerson } from '../../../src/run/explain/load.ts';
import { startInProcess, type InProcess, type InProcessOptions } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';

const base = {
  scope: 'user.active && !user.userName.endsWith("@ext.acme.com")',
  user: { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.name.familyName' },
  attributes: { department: 'user.enterprise.department' },
  groups: [
    { match: 'retool-(?P<team>[a-z]+)', to: '${team}', create: true },
    { when: 'has(user.title) && user.title == "CEO"', to: 'bosses', create: true },
  ],
};

/** A bridge over one source, and what it answers about people. */
async function bridgeOf(options: Partial<InProcessOptions> = {}): Promise<InProcess> {
  return startInProcess({ sources: ['staff'], ...options, config: { mapping: base, ...options.config } });
}

const ask = (
  bridge: InProcess,
  who: string,
  freshness: 'lastRun' | 'live' = 'lastRun',
): Promise<Explanation> => explainPerson(bridge.parts(), who, freshness, new AbortController().signal);

/** The first answer as `code: text`. */
async function answer(bridge: InProcess, who: string): Promise<string> {
  const { answers } = await ask(bridge, who);
  return `${answers[0]?.code}: ${answers[0]?.text}`;
}

const idOf = (bridge: InProcess, email: string): string =>
  bridge.retool.state().users.find((user) => user.email === email)?.id ?? 'nobody';

interface Case {
  readonly why: string;
  readonly people?: readonly Staff[];
  readonly options?: Partial<InProcessOptions>;
  /** What happens after the first run; the question is asked after another one, unless it says `ask`. */
  readonly afterwards?: (bridge: InProcess) => void;
  readonly run?: 'sync' | 'none';
  readonly who?: string;
  readonly says: RegExp;
}

const account = { email: 'ann@acme.com', firstName: 'Ann', lastName: 'Byron' };

const cases: readonly Case[] = [
  { why: 'access is in step', says: /^inStep: ann@acme.com has access with the account user_/ },
  {
    why: 'no run was made yet',
    run: 'none',
    says: /^pending: ann@acme.com is in scope and active; the next run makes the account/,
  },
  {
    why: 'a clause of the scope is false',
    people: [{ id: 'ann', email: 'ann@ext.acme.com' }],
    who: 'ann@ext.acme.com',
    says: /^outOfScope: .*out of scope: !user\.userName\.endsWith\("@ext\.acme\.com"\) is not true for staff:ann; there is no account/,
  },
  {
    why: 'the source has switched them off',
    afterwards: (bridge) => bridge.says({ staff: scim([{ id: 'ann', active: false }, { id: 'ben' }]) }),
    says: /^inactive: ann@acme.com is not active in staff; the bridge disabled the account user_/,
  },
  {
    why: 'the address is not usable',
    people: [{ id: 'ann', email: 'ann@bücher.example' }],
    who: 'ann@bücher.example',
    says: /^noUsableAddress: .*no usable e-mail address.*; until then no account is made/,
  },
  {
    why: 'two people have one address',
    people: [{ id: 'ann' }, { id: 'other', email: 'Ann@acme.com' }],
    says: /^sharedAddress: .*used by more than one active person of staff/,
  },
  {
    why: 'somebody disabled the account by hand',
    afterwards: (bridge) => bridge.retool.hand.updateUser(idOf(bridge, 'ann@acme.com'), { active: false }),
    says: /^disabledByHand: .*to switch it on again: retool-bridge link ann@acme.com --source staff --id ann$/,
  },
  {
    why: 'the account is protected',
    options: { retool: { users: [account] }, config: { protect: { users: ['ann@acme.com'], admins: 1 } } },
    says: /^protected: ann@acme.com is protected and never written to/,
  },
  {
    why: 'the guard holds the plan',
    options: { config: { guard: { creates: { count: 0, percent: 0 } } } },
    says: /^held: ann@acme.com is in scope and active; the account waits for an approval: \d+ accounts and groups would be created, more than 0/,
  },
  {
    why: 'the policy leaves it out',
    options: {
      retool: { users: [{ ...account, active: false }] },
      config: { policy: 'create-only', reactivate: 'all' },
    },
    says: /^policy: .*but the account user_\w+ is disabled: .*policy create-only leaves out/,
  },
  {
    why: 'an invite is pending',
    options: { retool: { invites: [{ email: 'ann@acme.com' }] } },
    says: /^invited: ann@acme.com is in scope and active, and was invited; the account is made by claiming invite 1/,
  },
  {
    why: 'nobody knows them, and somebody has almost this address',
    who: 'ann@acme.example',
    says: /^unknown: ann@acme.example is in no record of staff \(2 people\).*There is ann@acme.com/,
  },
  {
    why: 'nobody was seen, but not everybody could be read',
    people: [{ id: 'ann' }, { id: '' }],
    who: 'zoe@acme.com',
    says: /^unknownIncomplete: .*not everybody could be read \(staff: /,
  },
  {
    why: 'they are gone from the source',
    afterwards: (bridge) => bridge.says({ staff: scim([{ id: 'ben' }]) }),
    says: /^gone: ann@acme.com \(staff:ann\) is gone from staff; the bridge disabled the account/,
  },
  {
    why: 'they are gone from the source, and the guard holds what follows',
    options: { config: { guard: { disables: { count: 0, percent: 0, most: 0 } } } },
    afterwards: (bridge) => bridge.says({ staff: scim([{ id: 'ben' }]) }),
    says: /^held: .*is gone from staff; disabling the account waits for an approval: 1 account would be disabled/,
  },
  {
    why: 'they are gone from the source, and leavers are kept',
    options: { config: { leavers: 'keep' } },
    afterwards: (bridge) => bridge.says({ staff: scim([{ id: 'ben' }]) }),
    says: /^kept: ann@acme.com is gone from staff, but leavers of this kind are kept/,
  },
  {
    why: 'no source knows the account',
    options: { retool: { users: [{ ...account, email: 'zoe@acme.com' }] } },
    who: 'zoe@acme.com',
    says: /^unmanaged: zoe@acme.com has the Retool account user_\w+, which no source knows/,
  },
  {
    why: 'the address is that of an account that belongs to somebody else',
    afterwards: (bridge) =>
      bridge.says({
        staff: scim([
          { id: 'ann2', email: 'ann@acme.com' },
          { id: 'ann', email: 'ann.old@acme.com' },
        ]),
      }),
    says: /^addressReused: .*belongs to staff:ann; if it is theirs now: retool-bridge link ann@acme.com --source staff --id ann2/,
  },
  {
    why: 'they are out of scope and have a grace',
    options: {
      config: {
        mapping: { ...base, scope: '!(has(user.title) && user.title == "Contractor")' },
        // oxlint-disable-next-line unicorn/no-thenable -- a key of the configuration
        leavers: { inactive: 'disable', gone: 'disable', outOfScope: { after: '7d', then: 'disable' } },
      },
    },
    afterwards: (bridge) => bridge.says({ staff: scim([{ id: 'ann', title: 'Contractor' }, { id: 'ben' }]) }),
    says: /^grace: /,
  },
  {
    why: 'they leave and are an admin of Retool',
    options: { retool: { users: [{ ...account, admin: true }] } },
    afterwards: (bridge) => bridge.says({ staff: scim([{ id: 'ann', active: false }, { id: 'ben' }]) }),
    says: /^leavingAdmin: /,
  },
];

describe('explain says why', () => {
  test.each(cases)(
    '$why',
    async ({ people, options, afterwards, run = 'sync', who = 'ann@acme.com', says }) => {
      const bridge = await bridgeOf(options);
      bridge.says({ staff: scim(people ?? [{ id: 'ann' }, { id: 'ben' }]) });
      if (run === 'sync') await bridge.sync();
      if (afterwards !== undefined) {
        afterwards(bridge);
        await bridge.sync();
      }
      expect(await answer(bridge, who)).toMatch(says);
    },
  );
});

describe('an explanation', () => {
  const people: readonly Staff[] = [
    { id: 'ann', department: 'Law', title: 'CEO', groups: ['retool-sales', 'choir'] },
    { id: 'ben', groups: ['retool-sales'] },
  ];

  async function settled(): Promise<InProcess> {
    const bridge = await bridgeOf({ retool: { groups: [{ name: 'lunch' }] } });
    bridge.says({ staff: scim(people) });
    await bridge.sync();
    return bridge;
  }

  test('is the same whatever the person is asked for by', async () => {
    const bridge = await settled();
    const byAddress = await ask(bridge, 'Ann@acme.com');
    for (const who of ['staff:ann', idOf(bridge, 'ann@acme.com')])
      expect({ ...(await ask(bridge, who)), asked: 'Ann@acme.com' }).toEqual(byAddress);
  });

  test('tells each clause of the scope, and each rule by expression that says no', async () => {
    const { people: told } = await ask(await settled(), 'ben@acme.com');
    const [ben] = told;
    expect(ben?.scope?.clauses.map(({ text, verdict }) => [text, verdict.is])).toEqual([
      ['user.active', 'true'],
      ['!user.userName.endsWith("@ext.acme.com")', 'true'],
    ]);
    expect(
      ben?.refusedBy.map(({ rule, clauses }) => [rule, clauses.map(({ verdict }) => verdict.is)]),
    ).toEqual([['groups[1]', ['false', 'noValue']]]);
  });

  test('tells every group with the rule and the source group, and whose the membership is', async () => {
    const bridge = await settled();
    const group = (name: string): number =>
      bridge.retool.state().groups.find((one) => one.name === name)?.id ?? -1;
    bridge.retool.hand.addMember(group('lunch'), idOf(bridge, 'ann@acme.com'));
    await bridge.sync();
    const { people: told, records } = await ask(bridge, 'ann@acme.com');
    expect(
      told[0]?.groups.map(({ name, isMember, isOurs, calledFor, because }) => [
        name,
        isMember,
        isOurs,
        calledFor.map((one) => `${one.rule}: ${one.text}`),
        because,
      ]),
    ).toEqual([
      ['sales', true, true, ['groups[0]: member of "retool-sales" in staff'], null],
      ['bosses', true, true, ['groups[1]: has(user.title) && user.title == "CEO" is true'], null],
      ['lunch', true, false, [], 'no rule calls for it, and the bridge did not give it: it is left alone'],
    ]);
    expect(records[0]?.groups.map(({ name, gives }) => [name, gives.map(({ to }) => to)])).toEqual([
      ['choir', []],
      ['retool-sales', ['sales']],
    ]);
  });

  test('tells the way through nested groups', async () => {
    const bridge = await bridgeOf();
    const document = JSON.parse(scim([{ id: 'ann', groups: ['emea'] }], ['retool-sales'])) as {
      Groups: { displayName: string; members: object[] }[];
    };
    document.Groups.find(({ displayName }) => displayName === 'retool-sales')?.members.push({
      value: 'g-emea',
      type: 'Group',
    });
    bridge.says({ staff: JSON.stringify(document) });
    const { people: told } = await ask(bridge, 'ann@acme.com');
    expect(told[0]?.groups[0]?.calledFor).toEqual([
      { rule: 'groups[0]', text: 'member of "retool-sales" through "emea" in staff' },
    ]);
  });

  test('tells each attribute with what every source says, which counts, and whose it is', async () => {
    const bridge = await bridgeOf({ sources: ['okta', 'staff'] });
    bridge.says({
      okta: scim([{ id: 'a1', email: 'ann@acme.com', department: 'Law' }]),
      staff: scim([{ id: 'ann', department: 'Sales' }]),
    });
    await bridge.sync();
    bridge.retool.hand.updateUser(idOf(bridge, 'ann@acme.com'), { metadata: { department: 'Other' } });
    const { people: told, pending } = await ask(bridge, 'ann@acme.com', 'live');
    expect(told[0]?.keys).toEqual([
      { source: 'okta', externalId: 'a1' },
      { source: 'staff', externalId: 'ann' },
    ]);
    expect(told[0]?.decides).toEqual({ source: 'okta', externalId: 'a1' });
    expect(told[0]?.attributes).toEqual([
      {
        name: 'department',
        offers: [
          { source: 'okta', value: 'Law' },
          { source: 'staff', value: 'Sales' },
        ],
        chosen: { source: 'okta', value: 'Law' },
        undecided: false,
        current: 'Other',
        ours: { source: 'okta', value: 'Law' },
      },
    ]);
    expect(pending.map(({ operation }) => operation.id)).toEqual(['setAttributes:ann@acme.com']);
  });

  test('rests on the last reads and says their age; live, it asks anew in at most ten calls', async () => {
    const bridge = await settled();
    await bridge.clock.sleep(7_200_000);
    bridge.retool.hand.updateUser(idOf(bridge, 'ann@acme.com'), { active: false });
    const before = bridge.retool.log.calls.length;
    const stale = await ask(bridge, 'ann@acme.com');
    expect(bridge.retool.log.calls.length - before).toBe(0);
    expect(stale.answers[0]?.code).toBe('inStep');
    expect(stale.basis.from).toBe('lastRun');
    expect(stale.basis.ageSeconds).toBeGreaterThanOrEqual(7_200);
    const fresh = await ask(bridge, 'ann@acme.com', 'live');
    expect(fresh.answers[0]?.code).toBe('disabledByHand');
    expect(fresh.basis.live).toEqual(['Retool: users, groups and invites', 'staff: the whole file']);
    expect(bridge.retool.log.calls.length - before).toBeLessThanOrEqual(10);
  });

  test('tells the last changes of this person and of nobody else, newest first', async () => {
    const bridge = await settled();
    bridge.says({
      staff: scim([{ id: 'ann', department: 'Ops', title: 'CEO', groups: ['retool-sales'] }, { id: 'ben' }]),
    });
    await bridge.sync();
    const { history } = await ask(bridge, 'ann@acme.com');
    expect(history.map(({ run, operation }) => `${run} ${operation.id}`)).toEqual([
      'run-2 setAttributes:ann@acme.com',
      'run-1 createUser:ann@acme.com',
      'run-1 addMembers:bosses',
      'run-1 addMembers:sales',
    ]);
    const sales = history.find(({ operation }) => operation.id === 'addMembers:sales')?.operation;
    expect(sales?.kind === 'addMembers' ? sales.after.members.map(({ key }) => key) : []).toEqual([
      'ann@acme.com',
    ]);
  });

  test('tells nothing as a change that was held back', async () => {
    const bridge = await bridgeOf({ config: { guard: { creates: { count: 0, percent: 0 } } } });
    bridge.says({ staff: scim(people) });
    await bridge.sync();
    const { history, pending } = await ask(bridge, 'ann@acme.com');
    expect(history).toEqual([]);
    expect(pending.length).toBeGreaterThan(0);
    expect(pending.every(({ heldBy }) => heldBy !== null)).toBe(true);
  });

  test('says so when the mapping makes another address of the one that was asked for', async () => {
    const bridge = await bridgeOf({
      config: { mapping: { ...base, user: { ...base.user, email: '"x." + user.email' } } },
    });
    bridge.says({ staff: scim([{ id: 'ann' }]) });
    const { answers } = await ask(bridge, 'ann@acme.com');
    expect(answers.map(({ code }) => code)).toEqual(['pending', 'otherAddress']);
  });

  test('as text leads with the answer and keeps within the width', async () => {
    const text = explainText(await ask(await settled(), 'ben@acme.com'), { width: 80, color: 'never' });
    expect(text).toMatch(/^ben@acme\.com\n  inStep/);
    expect(text).toContain('what the last run read at');
    expect(text.split('\n').every((line) => line.length <= 80)).toBe(true);
  });
});
