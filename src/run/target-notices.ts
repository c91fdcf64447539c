import type { CurrentState } from '../model/current-state.ts';
import type { Notice } from '../model/desired-state.ts';
import type { Known } from '../model/preflight.ts';
import type { MappingRules, Policy } from '../model/rules.ts';
import { featuresOf, lackingTexts, releaseText } from './releases.ts';
import { hiddenLists } from './whole-target.ts';

/** What a plan is told with, of the target as it was read and as earlier commands found it. */
export interface TargetSeen {
  readonly current: Pick<CurrentState, 'visible' | 'tokenOwner'>;
  readonly known: Known;
  readonly policy: Pick<Policy, 'adopt' | 'protect' | 'attributeDefinitions'>;
  readonly mapping: Pick<MappingRules, 'attributes' | 'groups' | 'provision'>;
}

/** What the reader of a plan should know of the target: first what cannot be seen. */
export function targetNotices(seen: TargetSeen): readonly Notice[] {
  return [...hiddenNotices(seen), ...ownerNotices(seen), ...loginNotices(seen), ...releaseNotices(seen)];
}

function hiddenNotices({ current }: TargetSeen): readonly Notice[] {
  const hidden = hiddenLists(current.visible);
  if (hidden.length === 0) return [];
  const text = `the plan of this organisation hides ${hidden.join(' and ')}: they are neither seen nor changed, only invites and attributes are`;
  return [{ code: 'hiddenByPlan', text }];
}

/** Somebody who is protected is taken for whoever made the token. */
function ownerNotices({ current: { tokenOwner }, policy }: TargetSeen): readonly Notice[] {
  if (tokenOwner?.state !== 'unseen' || policy.protect.users.length > 0) return [];
  const text = `whose token this is cannot be told (${tokenOwner.because}): name that account under protect.users, so that no run disables it`;
  return [{ code: 'tokenOwnerUnseen', text }];
}

function loginNotices({ known: { logins }, policy, mapping }: TargetSeen): readonly Notice[] {
  if (logins?.state !== 'seen') return [];
  const sets = logins.setMemberships && mapping.groups.length > 0;
  const makes = logins.makeAccounts && policy.adopt === 'none';
  return [
    ...(sets
      ? [
          {
            code: 'loginsSetMemberships',
            text: 'single sign-on sets the memberships of whoever logs in, and may take away those that the bridge gave (as check saw it last)',
          },
        ]
      : []),
    ...(makes
      ? [
          {
            code: 'loginsMakeAccounts',
            text: 'single sign-on makes accounts at the first login, and adopt: none leaves them unmanaged (as check saw it last)',
          },
        ]
      : []),
  ];
}

function releaseNotices({ known: { release }, mapping, policy }: TargetSeen): readonly Notice[] {
  if (release?.state !== 'known') return [];
  return lackingTexts(release, featuresOf(mapping, policy)).map((text) => ({
    code: 'olderRelease',
    text: `Retool ${releaseText(release.number)} lacks ${text} (as check saw it last)`,
  }));
}
