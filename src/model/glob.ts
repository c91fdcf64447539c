import type { Group } from './group.ts';

/** The groups that selectors pick, and the selectors that name one group which is not there. */
export interface Selection<Candidate> {
  readonly picked: readonly Candidate[];
  /** Exact names and `id:…` without a group: what they stand for is unknown, not empty. */
  readonly missing: readonly string[];
  /** Patterns that match no group: worth a warning. */
  readonly unmatched: readonly string[];
}

type Named = Pick<Group, 'externalId' | 'displayName'>;

/** Picks groups by `id:…` or by their whole name, case-sensitively, where `*` is any text and `?` one character. */
export function selectGroups<Candidate extends Named>(
  groups: readonly Candidate[],
  selectors: readonly string[],
): Selection<Candidate> {
  const picked = new Map<string, Candidate>();
  const missing: string[] = [];
  const unmatched: string[] = [];
  for (const selector of selectors) {
    const matching = groups.filter((group) => isSelected(group, selector));
    for (const group of matching) picked.set(group.externalId, group);
    if (matching.length > 0) continue;
    if (isPattern(selector)) unmatched.push(selector);
    else missing.push(selector);
  }
  return { picked: [...picked.values()], missing, unmatched };
}

function isSelected({ externalId, displayName }: Named, selector: string): boolean {
  return selector.startsWith('id:') ? selector.slice(3) === externalId : matchesGlob(selector, displayName);
}

function isPattern(selector: string): boolean {
  return !selector.startsWith('id:') && /[*?]/.test(selector);
}

/** In time proportional to both lengths multiplied at worst: a pattern from a configuration is never a RegExp. */
export function matchesGlob(glob: string, name: string): boolean {
  const wanted = [...glob];
  const given = [...name];
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < given.length;) {
    if (wanted[at] === '*') {
      star = at;
      resume = index;
      at += 1;
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      // The last star takes one character more, and what follows it is tried again.
      resume += 1;
      index = resume;
      at = star + 1;
    } else {
      return false;
    }
  }
  return wanted.slice(at).every((symbol) => symbol === '*');
}
