import type { SkipSubject } from '../model/desired-state.ts';
import type { Plan } from '../model/plan.ts';
import { listed, numeral } from './words.ts';

/** A skip, conflict, notice, or something that could not be read. */
export interface Remark {
  readonly subject?: SkipSubject;
  /** `!` for what is incomplete, which has no code. */
  readonly code: string;
  readonly text: string;
  /** What else belongs to it, such as the candidates of a conflict. */
  readonly more: readonly string[];
}

/** Remarks of one sort under one heading. */
export interface RemarkList {
  readonly name: 'incomplete' | 'conflicts' | 'skips' | 'notices';
  readonly title: string;
  readonly remarks: readonly Remark[];
}

/** What a plan says beside its operations, in the order in which reports show it; empty lists are left out. */
export function remarkListsOf(plan: Plan): readonly RemarkList[] {
  const lists: readonly RemarkList[] = [
    {
      name: 'incomplete',
      title: 'Incomplete',
      remarks: plan.incomplete.map((text) => ({ code: '!', text, more: [] })),
    },
    {
      name: 'conflicts',
      title: 'Conflicts',
      remarks: plan.conflicts.map((conflict) => ({ ...conflict, more: conflict.candidates })),
    },
    { name: 'skips', title: 'Skipped', remarks: plan.skips.map((skip) => ({ ...skip, more: [] })) },
    { name: 'notices', title: 'Notices', remarks: plan.notices.map((notice) => ({ ...notice, more: [] })) },
  ];
  return lists.filter(({ remarks }) => remarks.length > 0);
}

/** A remark's sentence, with its subject and candidates where the sentence does not name them. */
export function remarkText(remark: Remark): string {
  const key = remark.subject?.key ?? '';
  const named = key === '' || remark.text.includes(key) ? remark.text : `${key}: ${remark.text}`;
  return remark.more.length === 0 ? named : `${named} (candidates: ${remark.more.join(', ')})`;
}

/** How many there are of each code: `in all: 40 noUsableAddress and 2 noSuchGroup`. */
export function codesText(remarks: readonly Remark[]): string {
  const counts = new Map<string, number>();
  for (const { code } of remarks) counts.set(code, (counts.get(code) ?? 0) + 1);
  return `in all: ${listed([...counts].map(([code, count]) => `${numeral(count)} ${code}`))}`;
}
