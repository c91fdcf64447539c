import { createInterface } from 'node:readline/promises';
import { BridgeError } from '../model/errors.ts';
import type { Terminal } from './terminal.ts';

/** Asks one line; rejects when nobody answers any more. */
export type AskLine = (question: string) => Promise<string>;

export interface Question {
  readonly text: string;
  /** What an empty answer means; empty: an answer is needed. */
  readonly usual: string;
  /** What is wrong with an answer; null: nothing. */
  readonly problem?: (answer: string) => string | null;
}

/** Questions on a terminal. */
export interface Prompts {
  ask(question: Question): Promise<string>;
  confirm(text: string, usual: 'yes' | 'no'): Promise<boolean>;
  say(text: string): void;
}

/** Asks until an answer will do. */
export function createPrompts(askLine: AskLine, say: (text: string) => void): Prompts {
  async function ask({ text, usual, problem }: Question): Promise<string> {
    for (;;) {
      const answer = (await askLine(`${text}${usual === '' ? '' : ` [${usual}]`}: `)).trim() || usual;
      const wrong = answer === '' ? 'an answer is needed' : (problem?.(answer) ?? null);
      if (wrong === null) return answer;
      say(`  ${wrong}\n`);
    }
  }

  async function confirm(text: string, usual: 'yes' | 'no'): Promise<boolean> {
    const answer = await ask({
      text: `${text} (yes or no)`,
      usual,
      problem: (given) => (/^(?:y|yes|n|no)$/i.test(given) ? null : 'answer yes or no'),
    });
    return /^y/i.test(answer);
  }

  return { ask, confirm, say };
}

/** Works with prompts on the process's own terminal; questions go to stderr, since stdout is for the document. */
export async function withPrompts<T>(terminal: Terminal, work: (prompts: Prompts) => Promise<T>): Promise<T> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  // At Ctrl-C and Ctrl-D readline closes, and a question that is open would never be answered.
  lines.on('close', () => ended.abort(nobodyAnswers()));
  lines.on('SIGINT', () => lines.close());
  const askLine: AskLine = async (question) => {
    const signal = AbortSignal.any([ended.signal, terminal.signal]);
    signal.throwIfAborted();
    try {
      return await lines.question(question, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  };
  try {
    return await work(createPrompts(askLine, terminal.err));
  } finally {
    lines.close();
  }
}

function nobodyAnswers(): BridgeError {
  return new BridgeError('interrupted', 'stopped before all was answered; nothing was written', {
    remedy: 'Start again, or give the answers as options: see retool-bridge init --help.',
  });
}
