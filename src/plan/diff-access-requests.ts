import type { Person } from '../model/desired-state.ts';
import type { Operation, Reason, Subject } from '../model/operation.ts';
import { folded } from '../model/text.ts';
import type { PlanInput } from './input.ts';
import { operation, reasonFrom, unsourcedReason } from './operations.ts';
import { emailOf } from './who.ts';

/**
 * Answers people who ask for access: whoever is in scope may be let in, and whoever is known to be out of it may be
 * turned away. Somebody who cannot be judged, or whom a source that was not read whole may know, waits.
 */
export function diffAccessRequests({ current, desired, policy }: PlanInput): readonly Operation[] {
  const { inScope = 'leave', outOfScope = 'leave' } = policy.accessRequests ?? {};
  const personOf = new Map<string, Person>();
  for (const person of desired.people) {
    const email = emailOf(person);
    if (email !== null) personOf.set(folded(email), person);
  }
  const everybodyKnown = desired.completeSources.size === desired.sources.length;
  return (current.accessRequests ?? []).flatMap(({ id, email, status }) => {
    if (status !== 'PENDING') return [];
    const subject: Subject = { type: 'accessRequest', key: `${folded(email)} (${id})`, id };
    const person = personOf.get(folded(email));
    if (person?.state === 'wanted')
      return inScope === 'approve' ? [decision(subject, 'APPROVED', approval(person))] : [];
    if (person?.state === 'frozen' || (person === undefined && !everybodyKnown)) return [];
    if (outOfScope !== 'deny') return [];
    return [decision(subject, 'DENIED', denial(person))];
  });
}

function decision(subject: Subject, status: 'APPROVED' | 'DENIED', reason: Reason): Operation {
  const change = { before: { status: 'PENDING' }, after: { status } } as const;
  return operation('decideAccessRequest', subject, change, reason);
}

function approval({ account }: Extract<Person, { readonly state: 'wanted' }>): Reason {
  return reasonFrom('inScope', account.provenance, account.provenance.text);
}

function denial(person: Extract<Person, { readonly state: 'inactive' | 'outOfScope' }> | undefined): Reason {
  return person === undefined
    ? unsourcedReason('unknown', 'accessRequests.outOfScope', 'known to no source')
    : reasonFrom(person.state, person.provenance, person.provenance.text);
}
