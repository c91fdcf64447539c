import type { Plan } from '../model/plan.ts';
import { shellWord } from './escape.ts';
import type { Held } from './held.ts';
import { displayWidth } from './width.ts';
import { minuteOf } from './words.ts';

/** The command that carries out a plan: what it applies, and the approval it needs. */
export interface ApplyCommand {
  /** The words up to the plan's file. */
  readonly apply: readonly string[];
  /** The words that approve; empty when nothing waits for approval. */
  readonly approve: readonly string[];
}

/** What stands before the command that applies: until when it works, and that a plan without a file has to be saved first. */
export function applyIntro(planFile: string | null, until: string): string {
  return intro('apply', planFile, until);
}

function intro(verb: 'apply' | 'approve', planFile: string | null, until: string): string {
  const what = `To ${verb} exactly this plan`;
  return planFile === null
    ? `${what}, save it (plan --out PLAN) and until ${until} run:`
    : `${what}, until ${until}:`;
}

/** How what is held is approved. */
export interface HowToApprove {
  readonly intro: string;
  readonly command: ApplyCommand;
}

/** By the key under which a run stored what waits; otherwise with the plan's file, which applies it as well. */
export function howToApprove(
  { fingerprint, expiresAt }: Plan,
  { approvalKey }: Held,
  planFile: string | null,
): HowToApprove {
  const until = minuteOf(expiresAt);
  if (approvalKey === null)
    return { intro: intro('approve', planFile, until), command: approveCommand(planFile, fingerprint) };
  return {
    intro: `To approve what is held, until ${until}; the next run then applies it:`,
    command: { apply: ['retool-bridge', 'approve'], approve: [approvalKey] },
  };
}

/** The command for a plan file; null stands for a file whose name is not known, printed as `PLAN`. */
export function applyCommand(planFile: string | null): ApplyCommand {
  return { apply: ['retool-bridge', 'apply', planFile ?? 'PLAN'], approve: [] };
}

/** The command that approves and applies exactly the plan with this fingerprint. */
export function approveCommand(planFile: string | null, fingerprint: string): ApplyCommand {
  return { ...applyCommand(planFile), approve: ['--approve', fingerprint] };
}

/** The command on one line. */
export function commandText(command: ApplyCommand): string {
  return [...command.apply, ...command.approve].map(shellWord).join(' ');
}

/**
 * The command in lines of at most `width` columns that can be pasted as they stand. It is indented as
 * long as there is room for that; in very narrow terminals a backslash continues it inside a word.
 */
export function commandLines(command: ApplyCommand, width: number): readonly string[] {
  const whole = `    ${commandText(command)}`;
  if (displayWidth(whole) <= width) return [whole];
  const two = [
    `    ${command.apply.map(shellWord).join(' ')} \\`,
    `      ${command.approve.map(shellWord).join(' ')}`,
  ];
  if (command.approve.length > 0 && two.every((part) => displayWidth(part) <= width)) return two;
  return brokenAnywhere([...command.apply, ...command.approve], width);
}

function brokenAnywhere(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const quoted = shellWord(word);
    const joined = line === '' ? quoted : `${line} ${quoted}`;
    if (displayWidth(joined) <= width - 2) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(`${line} \\`);
    const pieces = displayWidth(quoted) <= width - 2 ? [quoted] : piecesOf(word, width);
    lines.push(...pieces.slice(0, -1).map((piece) => `${piece}\\`));
    line = pieces.at(-1) ?? '';
  }
  return [...lines, line];
}

/** A word in pieces, each quoted by itself, which a shell joins again. */
function piecesOf(word: string, width: number): readonly string[] {
  const characters = [...word];
  // A quoted character takes four columns at most, an invisible one made visible up to nine.
  const size = Math.max(1, Math.floor((width - 4) / (shellWord(word) === word ? 1 : 9)));
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += size)
    pieces.push(shellWord(characters.slice(at, at + size).join('')));
  return pieces;
}
