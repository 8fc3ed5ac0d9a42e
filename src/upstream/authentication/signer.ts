import { createHash, createHmac } from 'node:crypto';

import { encode } from '../transport.js';
import type { UnprovenRequest } from './authenticator.js';

/** An access key; one with a security token is temporary. */
export interface AccessKey {
  readonly ak: string;
  readonly sk: string;
  readonly securityToken?: string;
}

const ALGORITHM = 'SDK-HMAC-SHA256';
const CONTENT_SHA256 = 'x-sdk-content-sha256';

/**
 * The headers of a request together with those that prove who sends it, by AK/SK signature (contract 4.1). Every header is
 * signed, `Host` included, so none of them can be changed on the way.
 *
 * @param now epoch milliseconds; upstream allows 15 minutes of difference
 */
export function sign(request: UnprovenRequest, key: AccessKey, now: number): Record<string, string> {
  const date = sdkDate(now);
  const headers: Record<string, string> = {
    ...request.headers,
    Host: new URL(request.origin).host,
    'X-Sdk-Date': date,
    ...(key.securityToken !== undefined && { 'X-Security-Token': key.securityToken }),
  };
  const lines = canonicalHeaders(headers);
  const toSign = [ALGORITHM, date, sha256(canonicalRequest(request, lines))].join('\n');
  const signature = createHmac('sha256', key.sk).update(toSign).digest('hex');
  return {
    ...headers,
    Authorization: `${ALGORITHM} Access=${key.ak}, SignedHeaders=${namesOf(lines)}, Signature=${signature}`,
  };
}

type HeaderLines = readonly (readonly [name: string, value: string])[];

/** Steps 4 and 5: lower-case names in order, values without blanks around them. */
export function canonicalHeaders(headers: UnprovenRequest['headers']): HeaderLines {
  return Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .sort(([name], [other]) => compare(name, other));
}

/** Steps 2 to 7. */
export function canonicalRequest(
  { method, path, query, body = '' }: Omit<UnprovenRequest, 'origin' | 'headers'>,
  headers: HeaderLines,
): string {
  const stated = headers.find(([name]) => name === CONTENT_SHA256)?.[1];
  return [
    method,
    canonicalPath(path),
    canonicalQuery(query),
    headers.map(([name, value]) => `${name}:${value}\n`).join(''),
    namesOf(headers),
    stated ?? sha256(body),
  ].join('\n');
}

function namesOf(headers: HeaderLines): string {
  return headers.map(([name]) => name).join(';');
}

/** `YYYYMMDDTHHMMSSZ`. */
function sdkDate(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/**
 * Step 2. A path is encoded once, however it was encoded before, as the official Python client does it and a server that
 * decodes what it receives; the official Node client would encode the percent signs again (contract 4.2).
 */
function canonicalPath(path: string): string {
  const encoded = path.split('/').map((segment) => encode(decodeURIComponent(segment)));
  const joined = encoded.join('/');
  return joined.endsWith('/') ? joined : `${joined}/`;
}

/** Step 3. */
function canonicalQuery(query: UnprovenRequest['query']): string {
  return [...query]
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
