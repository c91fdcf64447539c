import type { CurrentUser } from '../model/current-state.ts';
import type { Provenance } from '../model/desired-state.ts';
import type { Operation, OperationKind, OperationOf, Reason, Subject } from '../model/operation.ts';
import { compareText, folded } from '../model/text.ts';

/**
 * Makes an operation. Its id is `<kind>:<subject key>`, never random, so that two plans that intend the
 * same thing name it the same.
 */
export function operation<Kind extends OperationKind>(
  kind: Kind,
  subject: Subject,
  change: Pick<OperationOf<Kind>, 'before' | 'after'>,
  reason: Reason,
  dependsOn: readonly string[] = [],
): OperationOf<Kind> {
  return {
    id: operationId(kind, subject),
    kind,
    subject,
    before: change.before,
    after: change.after,
    reason,
    dependsOn,
  } as unknown as OperationOf<Kind>;
}

export function operationId(kind: OperationKind, subject: Subject): string {
  return `${kind}:${subject.key}`;
}

export function userSubject(user: CurrentUser): Subject {
  return { type: 'user', key: folded(user.email), id: user.id };
}

/** A group's key is its name; one that could be read as an address is marked, so that keys stay unique. */
export function groupSubject(name: string, id: string | null): Subject {
  return { type: 'group', key: name.includes('@') ? `group ${name}` : name, id };
}

/** Addresses hold no space, so the first ` in ` splits the key again. */
export function membershipSubject(email: string, group: string): Subject {
  return { type: 'membership', key: `${email} in ${group}`, id: null };
}

export function reasonFrom(code: string, provenance: Provenance, text: string): Reason {
  return {
    code,
    rule: provenance.rule,
    source: provenance.source === '' ? null : provenance.source,
    externalId: provenance.externalId === '' ? null : provenance.externalId,
    text,
  };
}

/** The reason of what no source record calls for. */
export function unsourcedReason(code: string, rule: string | null, text: string): Reason {
  return { code, rule, source: null, externalId: null, text };
}

export function byId(a: Operation, b: Operation): number {
  return compareText(a.id, b.id);
}
