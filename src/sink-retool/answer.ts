import { jsonObjectIn } from '../http/json-object.ts';
import type { HttpFailure, HttpReply } from '../http/request.ts';
import { printable } from '../runtime/redact.ts';

const longestMessage = 300;

/** What one request came to, by what it proves about the target. */
export type Answer =
  /** Carried out. `body` is the reply's JSON object, null when it has none (204). */
  | { readonly state: 'ok'; readonly body: JsonObjectBody | null }
  /**
   * A definite no to this sending. `message` is the API's own, null when the body was not the API's error shape.
   * `earlierUnclear`: the same request was sent before and got no clear answer, so that it may have been carried
   * out then.
   */
  | {
      readonly state: 'refused';
      readonly status: number;
      readonly message: string | null;
      readonly earlierUnclear: boolean;
    }
  /** Whether it was carried out cannot be told. */
  | { readonly state: 'unclear'; readonly because: Unclear; readonly text: string };

/**
 * `server`: 5xx or 408. `notApi`: an answer that the API does not give, for example a login page. `unsent`: nothing
 * left at all, since the target has given no usable answer for long.
 */
export type Unclear = 'network' | 'timeout' | 'tooLarge' | 'server' | 'notApi' | 'unsent';

export type JsonObjectBody = Readonly<Record<string, unknown>>;

/** Classifies a whole reply: by status first, since error bodies carry no code, then by its shape. */
export function answerOf({ status, text }: HttpReply): Answer {
  if (status >= 500 || status === 408) return unclear('server', describe(status, messageIn(text)));
  if (status >= 400) return { state: 'refused', status, message: messageIn(text), earlierUnclear: false };
  if (status >= 300) return unclear('notApi', `HTTP ${status}, a redirect, which is never followed`);
  if (status === 204) return { state: 'ok', body: null };
  const body = jsonObjectIn(text);
  if (body === null) return unclear('notApi', `HTTP ${status} without a JSON object`);
  const { success = true } = body;
  if (success !== true)
    return unclear('notApi', `HTTP ${status} that says it failed${suffix(messageIn(text))}`);
  return { state: 'ok', body };
}

/** The answer when none came, or none that could be read to its end. */
export function answerToFailure({ kind, message }: HttpFailure): Answer {
  return unclear(kind, clean(message));
}

/** Nothing was sent, since the target has given no usable answer for so many milliseconds. */
export function notSent(forMs: number): Extract<Answer, { readonly state: 'unclear' }> {
  const minutes = Math.round(forMs / 60_000);
  return { state: 'unclear', because: 'unsent', text: `no usable answer for ${minutes} minutes, not sent` };
}

/** A refusal or an unclear answer in one line, for people. */
export function describeAnswer(answer: Exclude<Answer, { readonly state: 'ok' }>): string {
  return answer.state === 'unclear' ? answer.text : describe(answer.status, answer.message);
}

function describe(status: number, message: string | null): string {
  return `HTTP ${status}${suffix(message)}`;
}

function suffix(message: string | null): string {
  return message === null ? '' : `: ${message}`;
}

function unclear(because: Unclear, text: string): Answer {
  return { state: 'unclear', because, text };
}

/** The `message` of the API's error shape, `{success, message}`. */
function messageIn(text: string): string | null {
  const message = jsonObjectIn(text)?.['message'];
  return typeof message === 'string' && message.trim() !== '' ? clean(message) : null;
}

/** One printable line of bounded length: the text comes from outside and goes to terminals and reports. */
function clean(text: string): string {
  const line = printable(text.replace(/\s+/g, ' ').trim());
  return line.length <= longestMessage ? line : `${line.slice(0, longestMessage - 1).toWellFormed()}…`;
}
