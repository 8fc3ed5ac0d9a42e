import { createHash, createHmac } from 'node:crypto';

/**
 * SDK-HMAC-SHA256 as the official SDKs sign (contract 4.1): for the gateway's own requests to upstream, and for those that its callers
 * sign for it.
 */
export const ALGORITHM = 'SDK-HMAC-SHA256';

export const CONTENT_HASH = 'x-sdk-content-sha256';

/** Names and values. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** What a signature covers. */
interface SignedParts {
  readonly method: string;
  /** Without its query; percent-encoded. */
  readonly path: string;
  /** Decoded. */
  readonly query: Pairs;
  /** Names in lower case, sorted, each with its only value, without blanks around it. */
  readonly headers: Pairs;
  /** SHA-256 in hexadecimal. */
  readonly bodyHash: string;
}

/** The request in the one form that both sides sign. @throws URIError when the path is not validly encoded */
export function canonicalRequest({ method, path, query, headers, bodyHash }: SignedParts): string {
  return [
    method,
    canonicalPath(path),
    canonicalQuery(query),
    headers.map(([name, value]) => `${name}:${value}\n`).join(''),
    namesOf(headers),
    bodyHash,
  ].join('\n');
}

/** The signed headers, as the signature states them. */
export function namesOf(headers: Pairs): string {
  return headers.map(([name]) => name).join(';');
}

/** The signature that a request of this date must carry under this secret. */
export function signatureOf(canonical: string, date: string, secret: string): Buffer {
  const text = [ALGORITHM, date, sha256(canonical)].join('\n');
  return createHmac('sha256', secret).update(text).digest();
}

/**
 * A path is encoded once, however it was encoded before, as the official Python client does it and a server that decodes what it
 * receives; the official Node client would encode the percent signs again (contract 4.2).
 */
function canonicalPath(path: string): string {
  const encoded = path.split('/').map((segment) => encode(decodeURIComponent(segment)));
  const joined = encoded.join('/');
  return joined.endsWith('/') ? joined : `${joined}/`;
}

function canonicalQuery(query: Pairs): string {
  return [...query]
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

/** Percent-encodes everything outside RFC 3986's unreserved set. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** By code unit. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
