import { createHash, createHmac } from 'node:crypto';

/** SDK-HMAC-SHA256 as the official SDKs sign (contract 4.1). */
export const ALGORITHM = 'SDK-HMAC-SHA256';

/** What a signature covers. */
export interface SignedParts {
  readonly method: string;
  /** Path and query as they stood in the request line. */
  readonly url: string;
  /** Names in lower case, sorted, each with its only value. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** Percent-encodes all but `A-Z a-z 0-9 - _ . ~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Far beyond what any call of upstream's takes. */
const MAX_PAIRS = 256;

/** Names and values of a query, decoded; a plus is a plus. @throws URIError, also where there are more than any call takes */
export function queryPairs(url: string): (readonly [name: string, value: string])[] {
  const mark = url.indexOf('?');
  const query = mark < 0 ? '' : url.slice(mark + 1);
  if (query === '') return [];
  const pairs = query.split('&', MAX_PAIRS + 1);
  if (pairs.length > MAX_PAIRS) throw new URIError(`more than ${MAX_PAIRS} parameters`);
  return pairs.map((pair) => {
    const sign = pair.indexOf('=');
    const [name, value] = sign < 0 ? [pair, ''] : [pair.slice(0, sign), pair.slice(sign + 1)];
    return [decodeURIComponent(name), decodeURIComponent(value)] as const;
  });
}

function canonicalPath(url: string): string {
  const [path = ''] = url.split('?', 1);
  const encoded = path
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

function canonicalQuery(url: string): string {
  return queryPairs(url)
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

/** The request in the one form that both sides sign. @throws URIError when the address is not validly encoded */
export function canonicalRequest({ method, url, headers, body }: SignedParts): string {
  return [
    method,
    canonicalPath(url),
    canonicalQuery(url),
    headers.map(([name, value]) => `${name}:${value.trim()}\n`).join(''),
    headers.map(([name]) => name).join(';'),
    sha256(body),
  ].join('\n');
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The signature that a request of this date must carry under this secret. */
export function signatureOf(canonical: string, date: string, secret: string): Buffer {
  const text = [ALGORITHM, date, sha256(canonical)].join('\n');
  return createHmac('sha256', secret).update(text).digest();
}
