import { hkdfSync } from 'node:crypto';

import type { SigningKeyConfig } from '../../config/config.js';
import type { Caller } from '../../domain/caller.js';
import { ALGORITHM, type Pairs } from '../../domain/sdk-signature.js';
import {
  AuthenticationProblem,
  knownCredential,
  type CredentialHeaders,
  type KnownCredential,
} from './identity.js';
import { refuse } from '../../problems/catalogue.js';

/** Beyond what any call of upstream's takes: lists of 500 event types and 129 classes (contract 2.1). */
const MAX_PAIRS = 1_024;

/** Names and values of a query, decoded; a plus is a plus. @throws URIError, also where there are more than any call takes */
export function queryPairs(url: string): Pairs {
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

/** What a signed request says of its signature. */
export interface StatedSignature {
  readonly accessKey: string;
  /** Hexadecimal. */
  readonly signature: string;
  /** `X-Sdk-Date` as it stood. */
  readonly date: string;
  /** The same in epoch milliseconds. */
  readonly at: number;
  /** The signed headers: names in lower case, sorted, each with its only value, without blanks around it. */
  readonly headers: Pairs;
}

const AUTHORIZATION =
  /^SDK-HMAC-SHA256 Access=([^,\s]{1,256}), ?SignedHeaders=([!-+\--~]{1,4096}), ?Signature=([0-9a-f]{64})$/;
const DATE = 'x-sdk-date';
/** Not upstream's: whether a request is a repeated one, and in whose name it is recorded, is not for others on the way to say. */
const DECISIVE = ['idempotency-key', 'x-on-behalf-of'] as const;

export function isSigned({ headers }: Pick<CredentialHeaders, 'headers'>): boolean {
  return headers.authorization?.startsWith(ALGORITHM) ?? false;
}

/** Reads it, and nothing of the body yet. @throws AuthenticationProblem 401 for what is not well formed */
export function statedSignature({ headers, rawHeaders }: CredentialHeaders): StatedSignature {
  const { authorization = '' } = headers;
  if (rawHeaders.some((name, index) => index % 2 === 0 && /^x-(?:auth-token|api-key)$/i.test(name))) {
    throw new AuthenticationProblem(refuse('two_keys', 'drop-in'));
  }
  const [, accessKey, list, signature] = AUTHORIZATION.exec(authorization) ?? [];
  if (accessKey === undefined || list === undefined || signature === undefined) {
    throw invalid(
      `The Authorization header must read: ${ALGORITHM} Access=<access key>, SignedHeaders=<names>, Signature=<64 hexadecimal digits>.`,
    );
  }
  const names = list.split(';').map((name) => name.toLowerCase());
  const unsigned = DECISIVE.filter((name) => headers[name] !== undefined && !names.includes(name));
  if (unsigned.length > 0) {
    throw invalid(`Headers that change what is done must be among the signed ones: ${unsigned.join(', ')}.`);
  }
  if (new Set(names).size !== names.length) throw invalid('SignedHeaders names a header twice.');
  if (!names.includes(DATE)) throw invalid('X-Sdk-Date must be among the signed headers.');
  const values = valuesIn(rawHeaders);
  const signed = names.sort().map((name) => [name, onlyValueOf(name, values).trim()] as const);
  const date = onlyValueOf(DATE, values);
  const at = timeOf(date);
  if (at === undefined) throw invalid('X-Sdk-Date must be a time such as 20260131T235959Z, in UTC.');
  return { accessKey, signature, date, at, headers: signed };
}

/** Every header by its name in lower case; `null` for one that is there more than once. */
function valuesIn(rawHeaders: readonly string[]): ReadonlyMap<string, string | null> {
  const values = new Map<string, string | null>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    values.set(name, values.has(name) ? null : (rawHeaders[index + 1] ?? ''));
  }
  return values;
}

/** A second value would be one that the signer, or the reader, did not mean. */
function onlyValueOf(name: string, values: ReadonlyMap<string, string | null>): string {
  const value = values.get(name);
  if (typeof value !== 'string') throw invalid(`The signed header ${name} must be there, and once.`);
  return value;
}

function timeOf(date: string): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : at;
}

function invalid(detail: string): AuthenticationProblem {
  return new AuthenticationProblem(refuse('invalid_signature', detail));
}

/** An access key pair as it is known: by its id alone. */
export interface KnownSigningKey extends KnownCredential {
  readonly accessKey: string;
}

export function knownSigningKey(caller: Caller, config: SigningKeyConfig): KnownSigningKey {
  return { ...knownCredential(caller, 'signature', config), accessKey: accessKeyOf(caller.id, config.id) };
}

/** Names the caller and its key: callers' ids hold no dots. */
export function accessKeyOf(caller: string, keyId: string): string {
  return `HSSGW.${caller}.${keyId}`;
}

/** The secret that goes with an access key: derived each time, so that there is no list of secrets to lose. */
export function secretOf(masterKey: string, accessKey: string): string {
  return Buffer.from(hkdfSync('sha256', masterKey, 'hss-gateway request signing 1', accessKey, 32)).toString(
    'base64url',
  );
}
