import { printableMessage, printableWord } from './printable.js';

/** What the body of an answer says of how it went, in any of the shapes that this vendor's services use (contract 5.1). */
export interface UpstreamWords {
  /** Error code; a number as its digits. Absent: none is there, or it is zero, which says that there is no error. */
  readonly code?: string;
  /** What it comes to. */
  readonly says: Said;
  /** What upstream says of it to people: one line, without what looks like a secret. */
  readonly message?: string;
  readonly requestId?: string;
}

/**
 * - `nothing`: no member but a request id
 * - `success`: a code of zero
 * - `content`: members that are no words of an error
 * - `error`: a code that is not zero
 * - `unclear`: an error without a code that can be read, or codes that contradict each other; or no object at all
 */
export type Said = 'nothing' | 'success' | 'content' | 'error' | 'unclear';

/** Of HSS and the API gateway, of others of the vendor's, of IAM inside `error`. */
const CODES = ['error_code', 'errorCode', 'code'] as const;
const MESSAGES = ['error_msg', 'errorMsg', 'message', 'error_description'] as const;
const REQUEST_IDS = ['request_id', 'requestId'] as const;
/** Nobody writes these where nothing is wrong; a `message` may be anything. */
const OF_AN_ERROR = ['error', 'error_msg', 'errorMsg', 'error_description'] as const;

type Body = Readonly<Record<string, unknown>>;

/** @param hidden secrets of ours that a message must not repeat, whatever they look like */
export function wordsIn(document: unknown, hidden: readonly string[] = []): UpstreamWords {
  const body = objectOf(document);
  if (!body) return { says: 'unclear' };
  const inner = objectOf(body['error']);
  const places = inner ? [body, inner] : [body];
  const codes = codesIn(places);
  const code = codes.find(isTelling) ?? codes.find((each) => !isZero(each));
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
  const given = places.flatMap((place) => CODES.filter((name) => isThere(place[name])));
  if (codes.length < given.length) return 'unclear';
  const zeros = codes.filter(isZero).length;
  if (zeros > 0 && zeros < codes.length) return 'unclear';
  if (zeros < codes.length) return 'error';
  if (isThere(body['error']) && (!inner || codesIn([inner]).length === 0)) return 'unclear';
  if (zeros > 0) return hasContent(body) ? 'content' : 'success';
  if (OF_AN_ERROR.some((name) => isThere(body[name]))) return 'unclear';
  const silent: readonly string[] = REQUEST_IDS;
  return Object.entries(body).every(([name, value]) => !isThere(value) || silent.includes(name))
    ? 'nothing'
    : 'content';
}

/** Members that are no words about how it went. */
const WORDS: ReadonlySet<string> = new Set([...CODES, ...MESSAGES, ...REQUEST_IDS, 'error']);

function hasContent(body: Body): boolean {
  return Object.entries(body).some(([name, value]) => isThere(value) && !WORDS.has(name));
}

function codesIn(places: readonly Body[]): string[] {
  return places.flatMap((place) =>
    CODES.flatMap((name) => (isThere(place[name]) ? (printableWord(place[name]) ?? []) : [])),
  );
}

function isZero(code: string): boolean {
  return /^0+$/.test(code);
}

/** IAM repeats the HTTP status as its code (contract 3.1.8); any other code tells more. */
function isTelling(code: string): boolean {
  return !isZero(code) && !/^\d{3}$/.test(code);
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function objectOf(value: unknown): Body | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
}
