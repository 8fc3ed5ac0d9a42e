import { createHash } from 'node:crypto';

import { accessKeyOf, secretOf } from '../../src/http/identity/signatures.js';
import { canonicalRequest, signatureOf } from '../../src/simulator/signing/signature.js';

/** From which the secrets of the tests' key pairs are derived. */
export const MASTER_KEY = 'a-master-key-for-the-tests-and-nothing-else';

export interface KeyPair {
  readonly accessKey: string;
  readonly secret: string;
}

export function keyPairOf(caller: string, id = 'sdk'): KeyPair {
  const accessKey = accessKeyOf(caller, id);
  return { accessKey, secret: secretOf(MASTER_KEY, accessKey) };
}

export function sdkDateOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d+/g, '');
}

/** What is signed, where a test wants something else than what is sent. */
export interface Signing {
  readonly pair: KeyPair;
  readonly date?: string;
  readonly signedHeaders?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** POST where nothing is said. */
  readonly method?: string;
}

/** The headers of a signed request, by the simulator's reading of the contract and not by the gateway's. */
export function signedHeaders(url: string, body: string, signing: Signing): Record<string, string> {
  const { host, pathname, search } = new URL(url);
  const date = signing.date ?? sdkDateOf(Date.now());
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    Host: host,
    'X-Sdk-Date': date,
    region: 'cn-north-4',
    ...signing.headers,
  };
  const names = [...(signing.signedHeaders ?? ['content-type', 'host', 'region', 'x-sdk-date'])].sort();
  const rawHeaders = Object.entries(headers);
  const canonical = canonicalRequest(
    { method: signing.method ?? 'POST', url: pathname + search, rawHeaders, body: Buffer.from(body) },
    names,
  );
  const signature = signatureOf(canonical, date, signing.pair.secret);
  const { Host: _, ...sent } = headers;
  return {
    ...sent,
    Authorization: `SDK-HMAC-SHA256 Access=${signing.pair.accessKey}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
