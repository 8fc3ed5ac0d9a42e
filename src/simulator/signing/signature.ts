import { createHash, createHmac } from 'node:crypto';
import { header, splitTarget, type SimulatorRequest } from '../exchange.js';

/** SDK-HMAC-SHA256 as a server checks it: a reading of contract 4.1 of its own. */

export const ALGORITHM = 'SDK-HMAC-SHA256';

/** The parts of a request that a signature covers. */
export type SignedRequest = Pick<SimulatorRequest, 'method' | 'url' | 'rawHeaders' | 'body'>;

export interface Authorization {
  readonly access: string;
  /** Names in lower case, as stated. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const AUTHORIZATION =
  /^SDK-HMAC-SHA256 Access=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/;

/** Undefined for anything that is not a well-formed header of this algorithm. */
export function parseAuthorization(value: string): Authorization | undefined {
  const [, access, names, signature] = AUTHORIZATION.exec(value) ?? [];
  if (access === undefined || names === undefined || signature === undefined) return undefined;
  return { access, signedHeaders: names.split(';'), signature };
}

/** Percent-encodes all but `A-Z a-z 0-9 - _ . ~`. */
export function encode(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Undoes whatever encoding the client chose, so that the server's own can be compared. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function canonicalPath(path: string): string {
  const encoded = path
    .split('/')
    .map((segment) => encode(decode(segment)))
    .join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function canonicalQuery(url: string): string {
  const mark = url.indexOf('?');
  if (mark < 0 || mark === url.length - 1) return '';
  const pairs = url
    .slice(mark + 1)
    .split('&')
    .map((pair): [string, string] => {
      const sign = pair.indexOf('=');
      return sign < 0 ? [decode(pair), ''] : [decode(pair.slice(0, sign)), decode(pair.slice(sign + 1))];
    });
  pairs.sort(([key, value], [otherKey, otherValue]) => compare(key, otherKey) || compare(value, otherValue));
  return pairs.map(([key, value]) => `${encode(key)}=${encode(value)}`).join('&');
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** The seven parts of contract 4.1, one a line; headers are sorted whatever order the client stated them in. */
export function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const names = [...signedHeaders].map((name) => name.toLowerCase()).sort(compare);
  const lines = names.map((name) => `${name}:${(header(request, name) ?? '').trim()}\n`);
  return [
    request.method,
    canonicalPath(splitTarget(request.url).path),
    canonicalQuery(request.url),
    lines.join(''),
    names.join(';'),
    header(request, 'X-Sdk-Content-Sha256') ?? sha256(request.body),
  ].join('\n');
}

/** The signature that a request with this date must carry under this secret. */
export function signatureOf(canonical: string, date: string, secret: string): string {
  const toSign = [ALGORITHM, date, sha256(canonical)].join('\n');
  return createHmac('sha256', secret).update(toSign).digest('hex');
}

/** Epoch milliseconds of `YYYYMMDDTHHMMSSZ`; undefined for any other form. */
export function sdkDate(value: string): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(value) ?? [];
  if (second === undefined) return undefined;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : at;
}
