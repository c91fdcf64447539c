/** Fields of a token request (RFC 6749, RFC 7521) that prove who asks. */
const provingFields = ['client_secret', 'client_assertion', 'assertion', 'refresh_token'];

/** Shorter ones are no secrets, and would be found in any text. */
const shortest = 6;

/** A sent request, as far as it can hold credentials. */
interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * The text of an answer without the credentials of its own request. Some proxies and test servers answer a mistake with
 * what they were sent, and words of answers go into messages, reports and the state.
 */
export function withoutEcho(text: string, sent: Sent): string {
  let hidden = text;
  for (const credential of credentialsOf(sent)) hidden = hidden.replaceAll(credential, '[credential]');
  return hidden;
}

/** The credentials in every form in which an answer could repeat them, the longest first. */
function credentialsOf({ headers, body = '' }: Sent): readonly string[] {
  const inHeaders = Object.entries(headers).flatMap(([name, value]) =>
    name.toLowerCase() === 'authorization' ? [value.replace(/^\S+ +/, '')] : [],
  );
  const form = /^[\w.-]+=/.test(body) ? new URLSearchParams(body) : new URLSearchParams();
  const inBody = provingFields.flatMap((field) => form.getAll(field));
  const forms = [...inHeaders, ...inBody].flatMap(formsOf).filter((text) => text.length >= shortest);
  return [...new Set(forms)].toSorted((a, b) => b.length - a.length);
}

/** As it is, within JSON, and as forms and addresses encode it. */
function formsOf(text: string): readonly string[] {
  const inForm = new URLSearchParams({ text }).toString().slice('text='.length);
  return [text, JSON.stringify(text).slice(1, -1), inForm, encodeURIComponent(text.toWellFormed())];
}
