/** Headers of answers, by reference to what the document says of them in one place. */
export type ResponseHeaders = Readonly<Record<string, { readonly $ref: string }>>;

function references(...names: readonly string[]): ResponseHeaders {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** Of every answer to an act: it may be one that was given before. */
export const OF_ACTS = references('Idempotency-Replayed', 'Idempotency-Joined');

/** Of every answer of the drop-in that there is an operation behind. */
export const OF_OPERATIONS: ResponseHeaders = { ...references('X-Operation-Id'), ...OF_ACTS };

/** Of every answer to those who proved who they are. */
export const OF_CALLERS = references('Cache-Control', 'RateLimit', 'RateLimit-Policy');

/** Of what goes on in the background, as was asked for. */
export const OF_ACCEPTED = references('Location', 'Preference-Applied');

/** Statuses that may carry a `Retry-After`. */
const MAY_WAIT: ReadonlySet<number> = new Set([409, 429, 502, 503, 504]);

/** What an answer of a status may carry besides its body. */
export function headersOf(status: number): ResponseHeaders {
  return {
    ...(status === 405 && references('Allow')),
    ...(status === 401 && references('WWW-Authenticate')),
    ...(MAY_WAIT.has(status) && references('Retry-After')),
  };
}

/** What a refusal in upstream's words may carry; nobody is told there how to prove who they are. */
export function headersOfUpstream(status: number | 'default'): ResponseHeaders {
  return status === 'default' || MAY_WAIT.has(status) ? references('Retry-After') : {};
}
