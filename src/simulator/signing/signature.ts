import { createHash, createHmac } from 'node:crypto';
import type { Identity } from '../account.js';
import { header, splitTarget, type SimulatorRequest } from '../exchange.js';
import type { AccessKey } from '../iam/credentials.js';
import { refusedByGateway, type Refusal } from '../refusal.js';
import type { SimulatorState } from '../state.js';

/**
 * SDK-HMAC-SHA256 as a server checks it: a reading of contract 4.1 of its own. It shares no code with the signer and the verifier of
 * the gateway, which tests judge by it: what all three took from one place could be wrong in all three, and no test would fail.
 */

const ALGORITHM = 'SDK-HMAC-SHA256';

/** The parts of a request that a signature covers. */
type SignedRequest = Pick<SimulatorRequest, 'method' | 'url' | 'rawHeaders' | 'body'>;

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

/** Undoes the client's encoding, so that the server's own can be compared. */
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

/** The seven parts of contract 4.1, one a line; headers are sorted, in any order the client stated them. */
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
function sdkDate(value: string): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(value) ?? [];
  if (second === undefined) return undefined;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** Clocks may differ by so much (contract 4.1). */
const MAX_SKEW_MS = 15 * 60_000;

/** More than five failures in a row lock a key for five minutes (contract 3.1.9). */
const MAX_FAILURES = 6;
const LOCK_MS = 5 * 60_000;

function refused(reason: string): Refusal {
  return refusedByGateway(401, '0301', `Incorrect IAM authentication information: ${reason}`);
}

/** Whether a request comes with a signature rather than with a token. */
export function isSigned(request: SimulatorRequest): boolean {
  return (header(request, 'Authorization') ?? '').startsWith(ALGORITHM);
}

function checkTemporary(key: AccessKey, request: SimulatorRequest, now: number): void {
  if (key.securityToken === undefined) return;
  if (header(request, 'X-Security-Token') !== key.securityToken)
    throw refused('the security token does not match');
  if (key.expiresAt !== undefined && now >= key.expiresAt) throw refused('the security token has expired');
}

/**
 * Who signed a request. Unsigned headers are tolerated as upstream tolerates them (contract 4.2), the date must be
 * among the signed ones. The refusal of a wrong signature shows the server's canonical request, as upstream's does.
 */
export function signer(state: SimulatorState, request: SimulatorRequest): Identity {
  const stated = parseAuthorization(header(request, 'Authorization') ?? '');
  if (stated === undefined) throw refused('the Authorization header is malformed');
  const key = state.keys.find(stated.access);
  if (key === undefined) throw refused(`the AK ${stated.access} does not exist`);
  const now = state.now();
  if (key.lockout.isLocked(now)) throw refused('AK access failed to reach the limit, forbidden');
  const date = header(request, 'X-Sdk-Date') ?? '';
  const at = sdkDate(date);
  if (at === undefined || !stated.signedHeaders.includes('x-sdk-date'))
    throw refused('X-Sdk-Date is not signed');
  if (Math.abs(now - at) > MAX_SKEW_MS) throw refused(`signature expired, signed at ${date}`);
  checkTemporary(key, request, now);
  const canonical = canonicalRequest(request, stated.signedHeaders);
  if (signatureOf(canonical, date, key.sk) !== stated.signature) {
    key.lockout.fail(now, MAX_FAILURES, LOCK_MS);
    const shown = canonical.replaceAll('\n', '|');
    throw refused(`verify aksk signature fail, canonicalRequest:${shown}`);
  }
  key.lockout.succeed();
  return key.identity;
}
