import type { SaidByUpstream } from '../domain/outcome.js';
import { printableWord } from '../hss/printable.js';
import { retryAfterMs } from './retry-after.js';
import { header, type Answer, type Exchange } from './transport.js';
import { wordsIn, type Said, type UpstreamWords } from '../hss/upstream-words.js';
import { errorRow, UNANSWERED, UNREACHED, UNREADABLE, type ErrorRow } from '../hss/upstream.errors.js';

/** An exchange understood: it went well, or which row of the error table it met. */
export type Reading =
  | { readonly ok: true; readonly body: string; readonly requestId?: string }
  | {
      readonly ok: false;
      readonly row: ErrorRow;
      readonly upstreamCode?: string;
      /** What upstream said of it, safe to show. */
      readonly upstreamMessage?: string;
      readonly requestId?: string;
      /** Milliseconds upstream asked us to wait, within bounds. */
      readonly retryAfterMs?: number;
    };

/** Upstream's own words about what did not go well. */
export function saidIn(reading: Reading): SaidByUpstream {
  const { requestId } = reading;
  const { upstreamCode: code, upstreamMessage: message } = reading.ok ? {} : reading;
  return {
    ...(code !== undefined && { code }),
    ...(requestId !== undefined && { requestId }),
    ...(message !== undefined && { message }),
  };
}

/** What makes an answer a success. Calls that act document none but an empty one (contract 1.7); all others answer a document. */
export interface Success {
  readonly status: number;
  readonly body: 'nothing' | 'document';
}

export const ACTED: Success = { status: 200, body: 'nothing' };
export const READ: Success = { status: 200, body: 'document' };
export const TOKEN_CREATED: Success = { status: 201, body: 'document' };

const GOES_WELL: Readonly<Record<Success['body'], ReadonlySet<Said>>> = {
  nothing: new Set(['nothing', 'success']),
  document: new Set(['nothing', 'success', 'content']),
};

/**
 * Reads one exchange, by error code, then by HTTP status, then by how far it got. Only what is documented as a success is one.
 *
 * @param hidden secrets of ours that no message may repeat
 */
export function classify(exchange: Exchange, success: Success, hidden: readonly string[] = []): Reading {
  if (exchange.reached !== 'answered') {
    return { ok: false, row: exchange.reached === 'sent' ? UNANSWERED : UNREACHED };
  }
  const words = wordsOf(exchange, success, hidden);
  const requestId = printableWord(header(exchange, 'x-request-id')) ?? words.requestId;
  const id = requestId === undefined ? {} : { requestId };
  if (exchange.status === success.status && GOES_WELL[success.body].has(words.says)) {
    return { ok: true, body: exchange.body, ...id };
  }
  const { code, message } = words;
  const wait = retryAfterMs(exchange);
  return {
    ok: false,
    row: rowOf(exchange.status, words),
    ...id,
    ...(code !== undefined && { upstreamCode: code }),
    ...(message !== undefined && { upstreamMessage: message }),
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
}

function wordsOf({ body }: Answer, success: Success, hidden: readonly string[]): UpstreamWords {
  // An empty answer is a document of no kind.
  if (body.trim() === '') return { says: success.body === 'nothing' ? 'nothing' : 'unclear' };
  try {
    return wordsIn(JSON.parse(body), hidden);
  } catch {
    return { says: 'unclear' };
  }
}

/** An answer that did not go well. Under the status of a success only a code that can be read, and that is none itself, refuses. */
function rowOf(status: number, { says, code }: UpstreamWords): ErrorRow {
  if (status < 200 || status > 299) return errorRow(code, status);
  if (says !== 'error' || code === undefined) return UNREADABLE;
  const repeated = /^\d{3}$/.test(code) ? Number(code) : undefined;
  if (repeated === undefined || (repeated >= 400 && repeated < 500)) return errorRow(code, status);
  return repeated >= 500 ? errorRow(undefined, repeated) : UNREADABLE;
}
