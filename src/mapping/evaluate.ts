import {
  ExpressionError,
  type CompiledExpression,
  type PersonContext,
  type Value,
} from '../expressions/cel.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { CompiledMapping } from './compile.ts';
import { groupGapOf } from './gaps.ts';
import type { Identity, Problem } from './merge.ts';

/** A record of a person with what an expression about it sees. */
export interface View {
  readonly identity: Identity;
  readonly context: PersonContext;
  /** Why the names of the person's groups may not be all; null when they are. */
  readonly groupGap: string | null;
}

/**
 * What an expression says of a person. `undecided`: it could not be answered, which is never taken for
 * having no value.
 */
export type Answer<T extends Value = Value> =
  | { readonly state: 'value'; readonly value: T; readonly identity: Identity }
  | { readonly state: 'none' }
  | { readonly state: 'undecided'; readonly problem: Problem };

/** Makes the views of one person's records, given in precedence order. */
export type ViewsOf = (identities: readonly Identity[]) => readonly View[];

const none = { state: 'none' } as const;
const noGroups: readonly string[] = [];
const noNames: ReadonlyMap<string, readonly string[]> = new Map();

/** Asks an expression about one record. */
export function ask(expression: CompiledExpression, view: View): Answer {
  if (view.groupGap !== null && expression.reads.has('groups'))
    return undecided('groupsIncomplete', `"${expression.text}" reads groups, but ${view.groupGap}`);
  try {
    const value = expression.evaluate(view.context);
    return value === undefined ? none : { state: 'value', value, identity: view.identity };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return undecided('expressionFailed', error.message);
  }
}

/** Asks about the records in turn: the first that has a value gives the answer. */
export function askInTurn(expression: CompiledExpression, views: readonly View[]): Answer {
  for (const view of views) {
    const answer = ask(expression, view);
    if (answer.state !== 'none') return answer;
  }
  return none;
}

/** Asks in turn for a bool: anything else is as undecided as no answer. */
export function askForBool(expression: CompiledExpression, views: readonly View[]): Answer<boolean> {
  const answer = askInTurn(expression, views);
  if (answer.state !== 'value') return answer;
  const { value, identity } = answer;
  if (typeof value === 'boolean') return { state: 'value', value, identity };
  return undecided('expressionFailed', `"${expression.text}" gives something that is neither true nor false`);
}

function undecided(code: string, text: string): Extract<Answer, { state: 'undecided' }> {
  return { state: 'undecided', problem: { code, text } };
}

/** Prepares what expressions see; the names of groups are collected only when some expression reads them. */
export function viewBuilder(mapping: CompiledMapping, snapshots: readonly Snapshot[]): ViewsOf {
  const listed = new Map(
    snapshots.map((snapshot) => [
      snapshot.source,
      {
        names: mapping.reads.has('groups') ? groupNames(snapshot) : noNames,
        gap: incompleteGroups(snapshot),
      },
    ]),
  );
  const namesOf = ({ source, user }: Identity): readonly string[] =>
    listed.get(source)?.names.get(user.externalId) ?? noGroups;
  return (identities) => {
    const gap = identities.map(({ source }) => listed.get(source)?.gap ?? null).find((one) => one !== null);
    return identities.map((identity) => ({
      identity,
      groupGap: gap ?? null,
      context: {
        user: identity.user,
        source: identity.source,
        get groups() {
          return identities.length === 1 ? namesOf(identity) : [...new Set(identities.flatMap(namesOf))];
        },
        get from() {
          return new Map(identities.map(({ source, user }) => [source, user]));
        },
      },
    }));
  };
}

function incompleteGroups(snapshot: Snapshot): string | null {
  const [partialGroup] = snapshot.completeness.partialGroups;
  const because = groupGapOf(snapshot) ?? partialGroup?.[1];
  return because === undefined ? null : `the groups of ${snapshot.source} are incomplete: ${because}`;
}

/** Person -> the display names of the groups it is in, sorted. */
function groupNames({ groups }: Snapshot): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const { displayName, members } of groups) {
    for (const externalId of members) {
      const list = names.get(externalId);
      if (list === undefined) names.set(externalId, [displayName]);
      else list.push(displayName);
    }
  }
  for (const list of names.values()) list.sort();
  return names;
}
