import type { Answer, Exchange } from './transport.js';
import { errorRow, UNANSWERED, UNREACHED, UNREADABLE, type ErrorRow } from './upstream.errors.js';

/** An exchange understood: it went well, or which row of the error table it met. */
export type Reading =
  | { readonly ok: true; readonly body: string; readonly requestId?: string }
  | {
      readonly ok: false;
      readonly row: ErrorRow;
      readonly upstreamCode?: string;
      readonly requestId?: string;
      /** Milliseconds upstream asked us to wait. */
      readonly retryAfterMs?: number;
    };

/** Longest upstream id or code that is kept; both end up in answers, logs and the audit. */
const MAX_WORD = 128;

/** A value from upstream as a word that is safe to show: printable, bounded. */
function word(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value)
    .replace(/[^\x21-\x7e]/g, '')
    .slice(0, MAX_WORD);
  return text === '' ? undefined : text;
}

export function header(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** `Retry-After` in milliseconds: seconds, or an HTTP date. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000;
  // A date begins with its day's name; without that, the parser would find a date in almost any number.
  const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

interface UpstreamWords {
  code?: string;
  requestId?: string;
}

/** Upstream's error code in any of the body shapes of contract 5.1. */
function wordsOf(body: unknown): UpstreamWords {
  if (typeof body !== 'object' || body === null) return {};
  const { error_code, error, request_id } = body as Record<string, unknown>;
  const nested = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  const code = word(error_code ?? nested);
  const requestId = word(request_id);
  return { ...(code !== undefined && { code }), ...(requestId !== undefined && { requestId }) };
}

function parsed(body: string): { json: boolean; value?: unknown } {
  if (body.trim() === '') return { json: true };
  try {
    return { json: true, value: JSON.parse(body) };
  } catch {
    return { json: false };
  }
}

/** Codes that mean success when they come with an HTTP 200. */
const ZERO = /^0*$/;

/**
 * Reads one exchange, by error code, then by HTTP status, then by how far it got.
 *
 * @param success the one status that means success for this call
 */
export function classify(exchange: Exchange, success: number, now: number): Reading {
  if (exchange.reached !== 'answered') {
    return { ok: false, row: exchange.reached === 'sent' ? UNANSWERED : UNREACHED };
  }
  const { json, value } = parsed(exchange.body);
  const words = wordsOf(value);
  const requestId = word(header(exchange, 'x-request-id')) ?? words.requestId;
  const id = requestId === undefined ? {} : { requestId };
  const code = words.code !== undefined && ZERO.test(words.code) ? undefined : words.code;
  if (exchange.status === success && code === undefined) {
    return json ? { ok: true, body: exchange.body, ...id } : { ok: false, row: UNREADABLE, ...id };
  }
  if (exchange.status >= 200 && exchange.status < 300 && code === undefined) {
    return { ok: false, row: UNREADABLE, ...id };
  }
  const wait = retryAfterMs(header(exchange, 'retry-after'), now);
  return {
    ok: false,
    row: errorRow(code, exchange.status),
    ...id,
    ...(code !== undefined && { upstreamCode: code }),
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
}
