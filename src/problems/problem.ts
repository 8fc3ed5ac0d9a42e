import type { Fault, OperationStatus, SaidByUpstream } from '../domain/outcome.js';
import { pointerOf, type Violation } from './violation.js';

/** What a problem carries besides its code and its words. */
export interface ProblemExtras {
  readonly retryable?: boolean;
  /** Seconds; where none are given, what goes for every problem of its status. */
  readonly retryAfter?: number;
  readonly violations?: readonly Violation[];
  readonly allowed?: readonly string[];
  /** The operation that was accepted and did not go well. */
  readonly operationId?: string;
  /** Its status. */
  readonly outcome?: OperationStatus;
  /** Whether any byte of the request may have reached upstream. */
  readonly bytesSent?: boolean;
  /** `false`: the audit trail could not take the outcome. */
  readonly recorded?: boolean;
  readonly upstream?: SaidByUpstream;
}

/** Answers that say "not now" say when to ask again, too. */
const NOT_NOW: ReadonlySet<number> = new Set([429, 503]);
const DEFAULT_WAIT_SECONDS = 5;
/** Somebody has to do something first. */
const LONG_WAIT_SECONDS = 60;

/** Seconds to wait where nobody named any; undefined where waiting is not what helps. */
export function waitOf(status: number, retryable: boolean): number | undefined {
  if (retryable && status === 504) return DEFAULT_WAIT_SECONDS;
  if (!NOT_NOW.has(status)) return undefined;
  return retryable ? DEFAULT_WAIT_SECONDS : LONG_WAIT_SECONDS;
}

/**
 * Any answer that is not a success: RFC 9457, with a stable code and a detail that a person can act on. Every 429 and 503, and a
 * 504 that may be sent again, says after how many seconds.
 */
export class Problem extends Error {
  readonly extras: ProblemExtras;

  constructor(
    readonly status: number,
    /** Stable, machine-readable, snake case. */
    readonly code: string,
    readonly detail: string,
    extras: ProblemExtras = {},
    options?: ErrorOptions,
  ) {
    super(detail, options);
    const retryAfter = extras.retryAfter ?? waitOf(status, extras.retryable ?? false);
    this.extras = { ...extras, ...(retryAfter !== undefined && { retryAfter }) };
  }
}

/** A fault as the answer to the whole request. */
export function problemOfFault(fault: Fault, extras: ProblemExtras = {}): Problem {
  const { status, code, detail, retryable, retryAfter, upstream } = fault;
  return new Problem(status, code, detail, {
    ...extras,
    retryable,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(upstream && { upstream }),
  });
}

/** What can be kept of a problem as the reason why something was not done. */
export function faultOfProblem({ code, status, detail, extras }: Problem): Fault {
  const { retryable = false, retryAfter, upstream } = extras;
  return {
    ...{ code, status, detail, retryable },
    ...(retryAfter !== undefined && { retryAfter }),
    ...(upstream && { upstream }),
  };
}

/** The problem document as it travels. */
export function problemBody(problem: Problem, requestId: string): Record<string, unknown> {
  const { status, code, detail, extras } = problem;
  const { retryable = false, retryAfter, violations, upstream, ...rest } = extras;
  return {
    type: `urn:hss-gateway:problem:${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    code,
    detail,
    requestId,
    retryable,
    ...(retryAfter !== undefined && { retryAfter }),
    ...rest,
    ...(violations && { violations: violations.map(spelled) }),
    ...(upstream && { upstream: saidByUpstream(upstream) }),
  };
}

/** A violation as a request of the gateway's own API names what it is about. */
function spelled({ subject, ...violation }: Violation): Violation {
  if (!subject) return violation;
  return { pointer: pointerOf({ ...violation, subject }) ?? '', ...violation };
}

/** `requestId` is always the gateway's own id; upstream's has a name of its own. */
function saidByUpstream({ requestId, ...said }: SaidByUpstream): Record<string, unknown> {
  return { ...said, ...(requestId !== undefined && { upstreamRequestId: requestId }) };
}

/** By HTTP status. */
export const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** A call of upstream's own contract that did not go well there: what upstream said of it is passed on. */
export class RelayedProblem extends Problem {
  /** @param exchange with upstream, the last one */
  constructor(
    problem: ConstructorParameters<typeof Problem>,
    readonly exchange: {
      /** HTTP status; absent: it did not answer. */
      readonly status?: number;
      /** Upstream's id of the request, where the answer is under it and not under the gateway's own. */
      readonly requestId?: string;
    } = {},
  ) {
    super(...problem);
  }
}

/** The operation that examples of problems name. */
export const EXAMPLE_OPERATION_ID = '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d';

/** One code of the catalogue: what it answers with, and what it looks like in the document. */
export interface ProblemDefinition<Data> {
  /** HTTP status. */
  readonly status: number;
  /** Whether the same request may succeed later; absent: it will not. */
  readonly retryable?: boolean;
  /** What is wrong and what to do about it, as a person reads it; of a code that needs no facts, the text itself. */
  readonly detail: string | ((data: Data) => string);
  /** What every problem of this code carries besides, made of its facts. */
  readonly extras?: (data: Data) => ProblemExtras;
  /** Facts for the example in the document. */
  readonly example: NoInfer<Data>;
  /** Facts for the example of a route that only reads, where others are true of it. */
  readonly readingExample?: NoInfer<Data>;
  /** What the example carries besides, such as `retryAfter` and `violations`. */
  readonly exampleExtras?: ProblemExtras;
}

/** A code whose words need facts. */
export function withFacts<Data>(definition: ProblemDefinition<Data>): ProblemDefinition<Data> {
  return definition;
}

/** A code whose words are always the same. */
export function fixed(
  status: number,
  detail: string,
  more: Pick<ProblemDefinition<undefined>, 'retryable' | 'extras' | 'exampleExtras'> = {},
): ProblemDefinition<undefined> {
  return { status, detail, example: undefined, ...more };
}

/** The problem that a code and its facts make. */
export function problemFrom<Data>(
  code: string,
  { status, retryable, detail, extras: extrasOf }: ProblemDefinition<Data>,
  data: Data,
  extras: ProblemExtras = {},
  options?: ErrorOptions,
): Problem {
  const words = typeof detail === 'string' ? detail : detail(data);
  const all = { ...(retryable && { retryable }), ...extrasOf?.(data), ...extras };
  return new Problem(status, code, words, all, options);
}
