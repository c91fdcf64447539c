import type { Fetch } from '../../src/model/ports.ts';
import type { StandIn } from '../../src/sandbox/index.ts';

/**
 * What a request meets on its way to a stand-in; `pass` lets it through, or another one in its place, and gives
 * the stand-in's own answer.
 */
export type Fault = (request: Request, pass: (instead?: Request) => Promise<Response>) => Promise<Response>;

/** A `fetch` on whose wire a fault sits; `seen` collects every request sent. */
export function through(answer: StandIn['fetch'], fault: Fault, seen: Request[] = []): Fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    seen.push(request);
    return fault(request, (instead = request) => answer(instead));
  };
}

/** Nothing goes wrong. */
export const healthy: Fault = (_request, pass) => pass();

/** The fault for requests that match, and nothing for all others. */
export function where(matches: (url: URL) => boolean, fault: Fault): Fault {
  return (request, pass) => (matches(new URL(request.url)) ? fault(request, pass) : pass());
}

/** The fault for the first `count` requests, and nothing from then on. */
export function times(count: number, fault: Fault): Fault {
  let met = 0;
  return (request, pass) => {
    met += 1;
    return met <= count ? fault(request, pass) : pass();
  };
}

/** The connection breaks before an answer. */
export const reset: Fault = async () => {
  throw new TypeError('fetch failed', { cause: new Error('read ECONNRESET') });
};

/** Silence. */
export const hang: Fault = () => new Promise(() => undefined);

/** The answer's headers and half of its body come, and then the connection breaks. */
export const cut: Fault = async (_request, pass) => half(await pass(), 'cut');

/** The answer's headers and half of its body come, and then silence. */
export const stall: Fault = async (_request, pass) => half(await pass(), 'stall');

async function half(response: Response, then: 'cut' | 'stall'): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  let begun = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (!begun) controller.enqueue(bytes.slice(0, bytes.length / 2));
      else if (then === 'cut') controller.error(new TypeError('terminated'));
      else return new Promise<void>(() => undefined);
      begun = true;
      return undefined;
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
}

/** A login page where JSON should be. */
export const loginPage: Fault = async () =>
  new Response('<html><body>Sign in</body></html>', { headers: { 'content-type': 'text/html' } });

/** Somewhere else is where the answer is. */
export const redirect: Fault = async () =>
  new Response(null, { status: 302, headers: { location: 'https://login.elsewhere.example/' } });

/** An answer of this status, with whatever body and headers. */
export function answer(status: number, body = '', headers: Readonly<Record<string, string>> = {}): Fault {
  return async () => new Response(body, { status, headers });
}

/** JSON that ends too soon, sent as if it were whole. */
export const truncated: Fault = async (_request, pass) => {
  const response = await pass();
  const text = await response.text();
  return new Response(text.slice(0, text.length / 2), { headers: response.headers });
};

/** The stand-in's answer with its JSON body, and its headers, changed. */
export function changed(change: (body: unknown, headers: Headers, url: URL) => unknown): Fault {
  return async (request, pass) => {
    const response = await pass();
    const headers = new Headers(response.headers);
    const body = change(await response.json(), headers, new URL(request.url));
    return new Response(JSON.stringify(body), { status: response.status, headers });
  };
}
