import type { OperationKind } from '../model/operation.ts';

/** `+` something comes, `~` changes, `-` goes, `⟳` comes back, `=` is there already and becomes ours. */
export type ChangeSymbol = '+' | '~' | '-' | '⟳' | '=';

/** What a symbol means to a reader; renderers draw it as a colour. */
export const tones = {
  '+': 'add',
  '~': 'change',
  '-': 'remove',
  '⟳': 'again',
  '=': 'same',
} as const satisfies Readonly<Record<ChangeSymbol, string>>;

/** What a kind does to access, in the words of the guard; `grants` and `adoptions` have no limit there. */
export type KindClass = 'disables' | 'removals' | 'creates' | 'invites' | 'updates' | 'grants' | 'adoptions';

interface KindFacts {
  readonly symbol: ChangeSymbol;
  readonly class: KindClass;
  /** For tables and charts. */
  readonly label: string;
}

const factsByKind: Readonly<Record<OperationKind, KindFacts>> = {
  deactivateUser: { symbol: '-', class: 'disables', label: 'Disable account' },
  revokeInvite: { symbol: '-', class: 'disables', label: 'Revoke invite' },
  removeMember: { symbol: '-', class: 'removals', label: 'Remove from group' },
  removeInviteFromGroup: { symbol: '-', class: 'removals', label: 'Take invite out of group' },
  revokeAccess: { symbol: '-', class: 'removals', label: 'Revoke access' },
  deleteGroup: { symbol: '-', class: 'removals', label: 'Delete group' },
  createUser: { symbol: '+', class: 'creates', label: 'Create account' },
  inviteUser: { symbol: '+', class: 'invites', label: 'Invite' },
  reissueInvite: { symbol: '⟳', class: 'invites', label: 'Send invite again' },
  reactivateUser: { symbol: '⟳', class: 'grants', label: 'Reactivate account' },
  updateUser: { symbol: '~', class: 'updates', label: 'Update account' },
  setAttributes: { symbol: '~', class: 'updates', label: 'Set attributes' },
  clearAttributes: { symbol: '-', class: 'updates', label: 'Clear attributes' },
  createGroup: { symbol: '+', class: 'creates', label: 'Create group' },
  createAttribute: { symbol: '+', class: 'creates', label: 'Define attribute' },
  updateGroup: { symbol: '~', class: 'updates', label: 'Update group' },
  addMembers: { symbol: '+', class: 'grants', label: 'Add to group' },
  addInvitesToGroup: { symbol: '+', class: 'grants', label: 'Put invite into group' },
  grantAccess: { symbol: '+', class: 'grants', label: 'Grant access' },
  decideAccessRequest: { symbol: '~', class: 'grants', label: 'Answer access request' },
  setGroupAdmin: { symbol: '~', class: 'grants', label: 'Set group admin' },
  adopt: { symbol: '=', class: 'adoptions', label: 'Adopt' },
  release: { symbol: '=', class: 'adoptions', label: 'Release' },
};

/** Every kind, in the order in which reports count them: what takes away first. */
export const kindOrder = Object.keys(factsByKind) as readonly OperationKind[];

export function symbolOf(kind: OperationKind): ChangeSymbol {
  return factsByKind[kind].symbol;
}

export function classOf(kind: OperationKind): KindClass {
  return factsByKind[kind].class;
}

export function labelOf(kind: OperationKind): string {
  return factsByKind[kind].label;
}
