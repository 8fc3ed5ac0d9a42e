import { refuse } from '../../../problems/catalogue.js';
import type { CredentialHeaders } from '../presented.js';
import { AuthenticationProblem } from '../identity.js';
import { ALGORITHM } from './canonical-request.js';

/** What a signed request says of its signature. */
export interface StatedSignature {
  readonly accessKey: string;
  /** Hexadecimal. */
  readonly signature: string;
  /** `X-Sdk-Date` as it stood. */
  readonly date: string;
  /** The same in epoch milliseconds. */
  readonly at: number;
  /** The signed headers: names in lower case, sorted, each with its only value. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const AUTHORIZATION =
  /^SDK-HMAC-SHA256 Access=([^,\s]{1,256}), ?SignedHeaders=([!-+\--~]{1,4096}), ?Signature=([0-9a-f]{64})$/;
const DATE = 'x-sdk-date';

export function isSigned({ headers }: Pick<CredentialHeaders, 'headers'>): boolean {
  return headers.authorization?.startsWith(ALGORITHM) ?? false;
}

/** Reads it, and nothing of the body yet. @throws AuthenticationProblem 401 for what is not well formed */
export function statedSignature({
  headers: { authorization = '' },
  rawHeaders,
}: CredentialHeaders): StatedSignature {
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
  if (new Set(names).size !== names.length) throw invalid('SignedHeaders names a header twice.');
  if (!names.includes(DATE)) throw invalid('X-Sdk-Date must be among the signed headers.');
  const values = valuesIn(rawHeaders);
  const headers = names.sort().map((name) => [name, onlyValueOf(name, values)] as const);
  const date = onlyValueOf(DATE, values);
  const at = timeOf(date);
  if (at === undefined) throw invalid('X-Sdk-Date must be a time such as 20260131T235959Z, in UTC.');
  return { accessKey, signature, date, at, headers };
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
