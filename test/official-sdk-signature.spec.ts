import { describe, expect, it } from '@jest/globals';
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core';
import fc from 'fast-check';

import type { UnprovenRequest } from '../src/upstream/authentication/authenticator.js';
import { sign, type AccessKey } from '../src/upstream/authentication/access-key.js';

/** A request in the words of the official SDK: what a generated client of it hands to its credentials. */
interface SdkRequest {
  readonly method: UnprovenRequest['method'];
  readonly endpoint: string;
  /** May hold `{project_id}`. */
  readonly url: string;
  readonly queryParams: Readonly<Record<string, string | string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly data?: object;
}

const PROJECT_ID = '0123456789abcdef0123456789abcdef';

/** The date is a header that the SDK leaves alone where it is given, so both can sign in the same second. */
function sdkDate(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** All headers that the official SDK would send, by lower-case name. */
async function signedBySdk(
  request: SdkRequest,
  key: AccessKey,
  now: number,
): Promise<Record<string, string>> {
  const { ak, sk, securityToken } = key;
  const credentials = new BasicCredentials({
    ak,
    sk,
    projectId: PROJECT_ID,
    ...(securityToken !== undefined && { securityToken }),
  });
  const headers = { ...request.headers, 'X-Sdk-Date': sdkDate(now) };
  // The client is asked only by federated users. The SDK sorts lists in place.
  const client = undefined as unknown as Parameters<BasicCredentials['processAuthRequest']>[0];
  const sent = await credentials.processAuthRequest(client, { ...structuredClone(request), headers });
  return byLowerCase(sent.headers as Record<string, string>);
}

/** The same request signed by the gateway. */
function signedByGateway(request: SdkRequest, key: AccessKey, now: number): Record<string, string> {
  const { method, endpoint: origin, url, queryParams, headers, data } = request;
  const query = Object.entries(queryParams).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
  const unproven: UnprovenRequest = {
    method,
    origin,
    path: url.replace('{project_id}', PROJECT_ID),
    query,
    headers: { ...headers, 'X-Project-Id': PROJECT_ID },
    ...(data && { body: JSON.stringify(data) }),
  };
  return byLowerCase(sign(unproven, key, now));
}

function byLowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Characters that need no encoding in a path. */
const unreserved = fc.stringMatching(/^[A-Za-z0-9._~-]{1,20}$/);
const hosts = fc.constantFrom('hss.cn-north-4.myhuaweicloud.com', 'iam.example.com', '127.0.0.1:8443');
/** No underscores: the SDK sorts names by the rules of a language, which put them before the dash (contract 4.2). */
const headerNames = fc
  .stringMatching(/^x-[a-z0-9][a-z0-9-]{0,12}$/)
  .filter((name) => !name.startsWith('x-sdk'));
const headerValues = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);

const keys: fc.Arbitrary<AccessKey> = fc.record(
  {
    ak: fc.stringMatching(/^[A-Z0-9]{20}$/),
    sk: fc.stringMatching(/^[A-Za-z0-9]{40}$/),
    securityToken: fc.stringMatching(/^[A-Za-z0-9+/=]{1,200}$/),
  },
  { requiredKeys: ['ak', 'sk'] },
);

const seconds = fc.integer({ min: 0, max: 4_000_000_000 }).map((second) => second * 1_000);

const requests: fc.Arbitrary<SdkRequest> = fc.record(
  {
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
    endpoint: hosts.map((host) => `https://${host}`),
    url: fc
      .array(fc.oneof(unreserved, fc.constant('{project_id}')), { maxLength: 5 })
      .map((segments) => `/${[...new Set(segments)].join('/')}`),
    queryParams: fc.dictionary(
      fc.string({ unit: 'grapheme' }),
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 4 })),
      { maxKeys: 6, noNullPrototype: true },
    ),
    headers: fc
      .dictionary(headerNames, headerValues, { maxKeys: 4, noNullPrototype: true })
      .map((headers) => ({ ...headers, 'content-type': 'application/json', region: 'cn-north-4' })),
    data: fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { noNullPrototype: true }),
  },
  { requiredKeys: ['method', 'endpoint', 'url', 'queryParams', 'headers'] },
);

describe('the official SDK', () => {
  it('sends the same signature, and the same headers, over whatever is asked', async () => {
    await fc.assert(
      fc.asyncProperty(requests, keys, seconds, async (request, key, now) => {
        expect(signedByGateway(request, key, now)).toEqual(await signedBySdk(request, key, now));
      }),
      { numRuns: 500 },
    );
  });

  const request: SdkRequest = {
    method: 'GET',
    endpoint: 'https://hss.cn-north-4.myhuaweicloud.com',
    url: '/v5/{project_id}/event/events',
    queryParams: {},
    headers: { 'content-type': 'application/json' },
  };
  const key: AccessKey = { ak: 'AK', sk: 'SK' };

  it('signs a path that needs encoding as the gateway does when it is handed one that is not encoded', async () => {
    // Only characters that the SDK's own reading of the address leaves alone.
    const segments = fc.stringMatching(/^[A-Za-z0-9:@!$&()*+,;=é热-]{1,12}$/u);
    await fc.assert(
      fc.asyncProperty(segments, async (segment) => {
        const encoded = { ...request, url: `/v5/${encodeURIComponent(segment)}/x` };
        const plain = { ...request, url: `/v5/${segment}/x` };
        expect(signedByGateway(encoded, key, 0)).toEqual(await signedBySdk(plain, key, 0));
      }),
    );
  });

  it('encodes a path twice that is encoded already, which the gateway does not', async () => {
    const encoded = { ...request, url: '/v5/a%20b/x' };
    const twice = { ...request, url: '/v5/a%2520b/x' };
    const { authorization } = await signedBySdk(encoded, key, 0);
    expect(signedByGateway(encoded, key, 0)['authorization']).not.toBe(authorization);
    expect(signedByGateway(twice, key, 0)['authorization']).toBe(authorization);
  });
});
