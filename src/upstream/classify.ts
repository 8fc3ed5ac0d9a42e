import type { SaidByUpstream } from '../domain/outcome.js';
import {
  errorRow,
  UNANSWERED,
  UNREACHED,
  UNREADABLE,
  type ErrorRow,
  type ErrorTable,
} from './error-table.js';
import { retryAfterMs } from './retry.js';
import { header, type Answer, type Exchange } from './transport.js';

/** An exchange understood: it went well, or which row of the error table it met. `said` is what upstream said, safe to show. */
export type Reading =
  | { readonly ok: true; readonly body: string; readonly said: SaidByUpstream }
  | {
      readonly ok: false;
      readonly row: ErrorRow;
      readonly said: SaidByUpstream;
      /** Milliseconds upstream asked us to wait, within bounds. */
      readonly retryAfterMs?: number;
    };

/**
 * What makes an answer a success. Calls that act document none but an empty one (contract 1.7); all others answer a document. Of a few
 * that act it may be either.
 */
export interface Success {
  readonly status: number;
  readonly body: 'nothing' | 'document' | 'either';
}

export const ACTED: Success = { status: 200, body: 'nothing' };
export const ACTED_AND_SAID: Success = { status: 200, body: 'either' };
export const READ: Success = { status: 200, body: 'document' };
export const TOKEN_CREATED: Success = { status: 201, body: 'document' };

const GOES_WELL: Readonly<Record<Success['body'], ReadonlySet<Said>>> = {
  nothing: new Set(['nothing', 'success']),
  document: new Set(['nothing', 'success', 'content']),
  either: new Set(['nothing', 'success', 'content']),
};

/**
 * Reads one exchange, by error code, then by HTTP status, then by how far it got. Only what is documented as a success is one.
 *
 * @param hidden secrets of ours that nothing of it may repeat
 * @param table of the service that answered; none: only what the cloud's services share
 */
export function classify(
  exchange: Exchange,
  success: Success,
  hidden: readonly string[] = [],
  table?: ErrorTable,
): Reading {
  if (exchange.reached !== 'answered') {
    return { ok: false, row: exchange.reached === 'sent' ? UNANSWERED : UNREACHED, said: {} };
  }
  const { code, message, says, ...answer } = messageOf(exchange, success, hidden);
  const requestId = printableWord(header(exchange, 'x-request-id')) ?? answer.requestId;
  const id = requestId === undefined ? {} : { requestId };
  if (exchange.status === success.status && GOES_WELL[success.body].has(says)) {
    return { ok: true, body: hidden.reduce(without, exchange.body), said: id };
  }
  const wait = retryAfterMs(exchange);
  return {
    ok: false,
    row: rowOf(exchange.status, says, code, table),
    said: { ...(code !== undefined && { code }), ...id, ...(message !== undefined && { message }) },
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
}

function messageOf({ body }: Answer, success: Success, hidden: readonly string[]): UpstreamMessage {
  // An empty answer is a document of no kind.
  if (body.trim() === '') return { says: success.body === 'document' ? 'unclear' : 'nothing' };
  try {
    return messageIn(JSON.parse(body), hidden);
  } catch {
    return { says: 'unclear' };
  }
}

/** An answer that did not go well. Under the status of a success only a code that can be read, and that is none itself, refuses. */
function rowOf(status: number, says: Said, code?: string, table?: ErrorTable): ErrorRow {
  if (status < 200 || status > 299) return errorRow(code, status, table);
  if (says !== 'error' || code === undefined) return UNREADABLE;
  const repeated = /^\d{3}$/.test(code) ? Number(code) : undefined;
  if (repeated === undefined || (repeated >= 400 && repeated < 500)) return errorRow(code, status, table);
  return repeated >= 500 ? errorRow(undefined, repeated) : UNREADABLE;
}

/** What the body of an answer says of how it went, in any of the shapes that this vendor's services use (contract 5.1). */
interface UpstreamMessage {
  /** Error code; a number as its digits. Absent: none is there, or it is zero, which says that there is no error. */
  readonly code?: string;
  /** What the body amounts to. */
  readonly says: Said;
  /** What upstream says of it to people: one line, without what looks like a secret. */
  readonly message?: string;
  readonly requestId?: string;
}

/**
 * - `nothing`: no member but a request id
 * - `success`: a code of zero
 * - `content`: members that do not belong to an error
 * - `error`: a code that is not zero
 * - `unclear`: an error without a code that can be read, or codes that contradict each other; or no object at all
 */
type Said = 'nothing' | 'success' | 'content' | 'error' | 'unclear';

/** Of HSS and the API gateway, of others of the vendor's, of IAM inside `error`. */
const CODES = ['error_code', 'errorCode', 'code'] as const;
const MESSAGES = ['error_msg', 'errorMsg', 'message', 'error_description'] as const;
const REQUEST_IDS = ['request_id', 'requestId'] as const;
/** Members that only an error has; a `message` may be anything. */
const OF_AN_ERROR = ['error', 'error_msg', 'errorMsg', 'error_description'] as const;

type Body = Readonly<Record<string, unknown>>;

/** @param hidden secrets of ours that a message must not repeat */
function messageIn(document: unknown, hidden: readonly string[] = []): UpstreamMessage {
  const body = objectOf(document);
  if (!body) return { says: 'unclear' };
  const inner = objectOf(body['error']);
  const places = inner ? [body, inner] : [body];
  const codes = codesIn(places);
  const code = codes.find(isSpecific) ?? codes.find((each) => !isZero(each));
  const message = [...places.flatMap((place) => MESSAGES.map((name) => place[name])), body['error']]
    .flatMap((value) => printableMessage(value, hidden) ?? [])
    .at(0);
  const requestId = REQUEST_IDS.flatMap((name) => printableWord(body[name]) ?? []).at(0);
  return {
    says: saidBy(body, inner),
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    ...(requestId !== undefined && { requestId }),
  };
}

function saidBy(body: Body, inner: Body | undefined): Said {
  const places = inner ? [body, inner] : [body];
  const codes = codesIn(places);
  const given = places.flatMap((place) => CODES.filter((name) => isPresent(place[name])));
  if (codes.length < given.length) return 'unclear';
  const zeros = codes.filter(isZero).length;
  if (zeros > 0 && zeros < codes.length) return 'unclear';
  if (zeros < codes.length) return 'error';
  if (isPresent(body['error']) && (!inner || codesIn([inner]).length === 0)) return 'unclear';
  if (zeros > 0) return hasContent(body) ? 'content' : 'success';
  if (OF_AN_ERROR.some((name) => isPresent(body[name]))) return 'unclear';
  const silent: readonly string[] = REQUEST_IDS;
  return Object.entries(body).every(([name, value]) => !isPresent(value) || silent.includes(name))
    ? 'nothing'
    : 'content';
}

/** Members about how it went. */
const OF_A_MESSAGE: ReadonlySet<string> = new Set([...CODES, ...MESSAGES, ...REQUEST_IDS, 'error']);

function hasContent(body: Body): boolean {
  return Object.entries(body).some(([name, value]) => isPresent(value) && !OF_A_MESSAGE.has(name));
}

function codesIn(places: readonly Body[]): string[] {
  return places.flatMap((place) =>
    CODES.flatMap((name) => (isPresent(place[name]) ? (printableWord(place[name]) ?? []) : [])),
  );
}

function isZero(code: string): boolean {
  return /^0+$/.test(code);
}

/** IAM repeats the HTTP status as its code (contract 3.1.8); any other code says more. */
function isSpecific(code: string): boolean {
  return !isZero(code) && !/^\d{3}$/.test(code);
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function objectOf(value: unknown): Body | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
}

/** Longest id or code of upstream's that is kept; both end up in answers, logs and the audit. */
const MAX_WORD_LENGTH = 128;
/** Longest message that is kept, in characters. */
const MAX_MESSAGE_LENGTH = 256;
/** What is longer than any message is not examined. */
const MAX_EXAMINED = 4_096;
const MASK = '***';

/** A value from upstream as a word that is safe to show: printable ASCII, bounded. */
function printableWord(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const word = String(value)
    .replace(/[^\x21-\x7e]/g, '')
    .slice(0, MAX_WORD_LENGTH);
  return word === '' ? undefined : word;
}

/**
 * What upstream says to people, in its language, as a line that is safe to show: no control, format or lone surrogate
 * characters, nothing that looks like a secret, bounded.
 *
 * @param hidden secrets of ours that it must not repeat
 */
export function printableMessage(value: unknown, hidden: readonly string[] = []): string | undefined {
  if (typeof value !== 'string') return undefined;
  const plain = hidden.reduce(without, value).slice(0, MAX_EXAMINED);
  if (HARMLESS.test(plain)) return plain;
  const line = masked(plain.replace(/[\p{C}\p{Z}]+/gu, ' ').trim());
  const characters = [...line];
  if (characters.length === 0) return undefined;
  if (characters.length <= MAX_MESSAGE_LENGTH) return line;
  return `${characters.slice(0, MAX_MESSAGE_LENGTH - 1).join('')}…`;
}

/** Most ids, names and addresses of many alarms: nothing of what is looked for can be in them. */
const HARMLESS = /^(?!.*eyJ)[\w.-]{1,39}$/;

function without(text: string, secret: string): string {
  return secret === '' ? text : text.replaceAll(secret, MASK);
}

/** What follows the name of a secret. */
const NAMED =
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|signature|authorization|access|api[ _-]?key|secret[ _-]?key|access[ _-]?key)["']?\s?[:=：]\s?["']?)[^\s"',;&|]+/giu;
/** The same in prose: "the password Hunter2 is wrong", but not "the password is wrong". */
const SPOKEN =
  /\b(pass(?:word|wd|phrase)|pwd|secret)(\s["']?)(?!(?:is|was|are|or|and|of|for|has|have|must|may|cannot|does|not|key|policy|expired|wrong|invalid|incorrect|error|failed|malformed)\b)[^\s"',;&|]+/giu;
/** A signed token in its compact form. */
const SIGNED = /\beyJ[\w-]*\.[\w-]+(?:\.[\w-]*)?/g;
/** Secret keys have forty characters, tokens thousands; ids have 36 at most. Long paths and file hashes are masked with them. */
const LONG = /[A-Za-z0-9+/_=-]{40,}/g;

function masked(line: string): string {
  return line
    .replace(SIGNED, MASK)
    .replace(LONG, MASK)
    .replace(NAMED, `$1${MASK}`)
    .replace(SPOKEN, `$1$2${MASK}`);
}
