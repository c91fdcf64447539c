import { z } from 'zod';
import { badRequest, noSuchSegment } from './answers.ts';
import type { GraphAnswer } from './answers.ts';

/** One request of a batch, or one that came alone. */
export interface GraphRequest {
  readonly method: string;
  readonly origin: string;
  /** Below `/v1.0`, as it was sent. */
  readonly path: string;
  readonly search: URLSearchParams;
  readonly consistencyLevel: string | null;
}

const LARGEST_BATCH = 20;

const STEP = z.strictObject({
  id: z.string().min(1),
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
});
const BATCH = z.strictObject({ requests: z.array(STEP).min(1) });

type Step = z.infer<typeof STEP>;

/**
 * Answers up to 20 requests with one answer each, in another order than asked, since the service
 * promises none (Microsoft Graph: "JSON batching"). Bodies and `dependsOn` are refused: reading
 * needs neither.
 * @throws GraphFault 400 when the batch as a whole can't be read.
 */
export function answerBatch(
  batch: { readonly origin: string; readonly body: string | null },
  answerOne: (request: GraphRequest) => GraphAnswer,
  refuse: (error: unknown) => GraphAnswer,
): GraphAnswer {
  const steps = readBatch(batch.body);
  const responses = steps.map((step) => {
    const { status, headers, body } = answerStep(step, { origin: batch.origin, answerOne, refuse });
    return { id: step.id, status, headers, body };
  });
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: { responses: responses.toReversed() },
  };
}

function readBatch(body: string | null): readonly Step[] {
  const batch = BATCH.safeParse(parseJson(body ?? ''));
  if (!batch.success) throw badRequest(`Invalid batch payload format: ${z.prettifyError(batch.error)}`);
  const { requests } = batch.data;
  if (requests.length > LARGEST_BATCH) {
    throw badRequest(`Number of batch request steps exceeds the maximum value of ${LARGEST_BATCH}.`);
  }
  if (new Set(requests.map(({ id }) => id)).size < requests.length) {
    throw badRequest('Request steps must have distinct ids.');
  }
  return requests;
}

function answerStep(
  step: Step,
  parts: {
    readonly origin: string;
    readonly answerOne: (request: GraphRequest) => GraphAnswer;
    readonly refuse: (error: unknown) => GraphAnswer;
  },
): GraphAnswer {
  const { origin, answerOne, refuse } = parts;
  // Steps are relative to the version the batch was sent to; an absolute URL is no exception.
  const url = step.url.startsWith('/') ? new URL(`${origin}${step.url}`) : null;
  if (url === null || url.pathname.startsWith('/v1.0'))
    return refuse(noSuchSegment(url === null ? step.url : 'v1.0'));
  return answerOne({
    method: step.method.toUpperCase(),
    origin,
    path: url.pathname,
    search: url.searchParams,
    consistencyLevel: new Headers(step.headers).get('ConsistencyLevel'),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest('Unable to read JSON request payload.');
    throw error;
  }
}
