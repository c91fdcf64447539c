import type { Person, Skip } from '../model/desired-state.ts';
import { skipOf } from './account.ts';
import type { CompiledMapping, CompiledWhenRule } from './compile.ts';
import { askForBool, type View } from './evaluate.ts';
import type { Identity } from './merge.ts';

type Wanted = Extract<Person, { readonly state: 'wanted' }>;

/** The wanted people an expression rule selects, and those it could not decide on. */
export interface Selection {
  /** Each with the record that the expression was true of. */
  readonly selected: readonly { readonly person: Wanted; readonly identity: Identity }[];
  readonly undecided: readonly Wanted[];
}

/** Asks every rule by expression about every person. */
export interface Selections {
  /** Notes what the rules say of one person; returns what went wrong while asking. */
  consider(person: Person, views: readonly View[]): readonly Skip[];
  of(rule: CompiledWhenRule): Selection;
}

export function createSelections(mapping: CompiledMapping): Selections {
  const drafts = new Map<
    CompiledWhenRule,
    {
      readonly selected: { readonly person: Wanted; readonly identity: Identity }[];
      readonly undecided: Wanted[];
    }
  >();
  for (const rule of mapping.groups) if ('when' in rule) drafts.set(rule, { selected: [], undecided: [] });
  return {
    consider(person, views) {
      const skips: Skip[] = [];
      if (person.state !== 'wanted') return skips;
      for (const [{ rule, when }, draft] of drafts) {
        const speaking =
          rule.source === null ? views : views.filter(({ context }) => context.source === rule.source);
        if (speaking.length === 0) continue;
        const verdict = askForBool(when, speaking);
        if (verdict.state !== 'value') draft.undecided.push(person);
        else if (verdict.value) draft.selected.push({ person, identity: verdict.identity });
        if (verdict.state !== 'undecided') continue;
        const { code, text } = verdict.problem;
        const who = { keys: person.keys, email: person.account.email };
        skips.push(skipOf(who, { code, text: `${rule.name}: ${text}` }));
      }
      return skips;
    },
    of: (rule) => drafts.get(rule) ?? { selected: [], undecided: [] },
  };
}
