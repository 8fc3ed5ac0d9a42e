import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { IntentRecord } from '../src/audit/audit-record.js';
import { BEHIND_A_PROXY, from, newAddress } from './support/addresses.js';
import { sha256, startRig, type Rig } from './support/gateway.js';
import { startIssuer, type Issuer } from './support/issuer.js';
import { problemOf, recordsOf, refusalOf } from './support/problems.js';

const alarm = {
  eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
  eventClassId: 'rootkit_0001',
  eventType: 1010,
  occurTime: 1672046760353,
};
const ignore = { operation: 'ignore', alarms: [alarm] };
const grants = [{ operations: ['ignore'], projects: ['test'], enterpriseProjects: ['0'] }] as const;

async function startWith(issuer: Issuer): Promise<Rig> {
  return startRig({
    callers: [
      {
        id: 'portal',
        keys: [{ sha256: sha256('portal-secret') }],
        tokens: [{ issuer: 'corporate', claims: [{ name: 'azp', value: 'portal-app' }] }],
        grants,
      },
      {
        id: 'inside',
        keys: [],
        tokens: [{ issuer: 'corporate', claims: [{ name: 'azp', value: 'inside-app' }] }],
        grants,
        from: ['10.0.0.0/8'],
      },
    ],
    issuers: [issuer.config],
    listen: BEHIND_A_PROXY,
  });
}

let issuer: Issuer;
let rig: Rig;
beforeAll(async () => {
  issuer = await startIssuer();
  rig = await startWith(issuer);
});
afterAll(async () => {
  await rig.close();
  await issuer.close();
});

const me = (token: string, at = rig, address = newAddress()) =>
  at.call('GET', '/v1/me', undefined, { key: token, headers: from(address) });

describe('a token', () => {
  it('leads to the same caller and grants as its key', async () => {
    const [byToken, byKey] = [await me(await issuer.token()), await me('portal-secret')];
    expect(byToken.status).toBe(200);
    expect(byToken.body).toMatchObject({
      caller: 'portal',
      credential: { kind: 'token', id: 'corporate:service-7', expiresAt: expect.any(String) },
    });
    const { grants: granted } = byKey.body as { grants: object[] };
    expect(byToken.body).toMatchObject({ grants: granted });
  });

  it('acts, and the intent tells whose token it was', async () => {
    const key = await issuer.token({ sub: 'service-8' });
    expect(await rig.operate(ignore, { key })).toMatchObject({
      status: 200,
      body: { requestedBy: 'portal' },
    });
    expect((await recordsOf<IntentRecord>(rig, 'intent')).at(-1)).toMatchObject({
      caller: 'portal',
      credential: { kind: 'token', id: 'corporate:service-8' },
    });
  });

  it('is never passed on, neither upstream nor into the records', async () => {
    const key = await issuer.token({ sub: 'service-9' });
    await rig.operate(ignore, { key });
    await rig.operate({ ...ignore, operation: 'unhandle' }, { key });
    const seen = JSON.stringify([
      (await rig.control('GET', '/requests')).text,
      await recordsOf(rig, 'intent'),
      await recordsOf(rig, 'refusal'),
    ]);
    for (const part of key.split('.')) expect(seen).not.toContain(part);
  });

  it('is used only from where its caller may call from', async () => {
    const token = await issuer.token({ azp: 'inside-app' });
    expect((await me(token, rig, '10.1.2.3')).status).toBe(200);
    // Now it is a known one, and refused from elsewhere all the same.
    expect(await me(token, rig, '192.0.2.1')).toMatchObject({
      status: 403,
      body: { code: 'address_not_allowed' },
    });
  });

  it('may not be sent as an X-Api-Key', async () => {
    const headers = { 'X-Api-Key': await issuer.token(), ...from(newAddress()) };
    const answer = await rig.call('GET', '/v1/me', undefined, { key: null, headers });
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_key' } });
  });
});

describe('a token is refused, and nothing is sent,', () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const past = () => Math.floor(Date.now() / 1_000) - 61;

  it.each<[string, () => Promise<string>, number, string]>([
    [
      'when it is not signed',
      async () => `${part({ alg: 'none', typ: 'JWT' })}.${(await issuer.token()).split('.')[1]}.`,
      401,
      'invalid_token',
    ],
    ['when it is signed with the public key as a secret', () => issuer.confusedToken(), 401, 'invalid_token'],
    ['when it is of another type', () => issuer.token({}, { typ: 'secevent+jwt' }), 401, 'invalid_token'],
    ['when it is for somebody else', () => issuer.token({ aud: 'other' }), 401, 'invalid_token'],
    [
      'when it is of somebody else',
      () => issuer.token({ iss: 'https://evil.example' }),
      401,
      'invalid_token',
    ],
    ['when it is not valid yet', () => issuer.token({ nbf: past() + 200 }), 401, 'invalid_token'],
    ['when it is huge', () => issuer.token({ filler: 'x'.repeat(9_000) }), 401, 'invalid_token'],
    ['when it is nobody’s', () => issuer.token({ azp: 'stranger' }), 403, 'unknown_caller'],
    ['when its parts are no text', () => Promise.resolve('____.____.____'), 401, 'invalid_token'],
  ])('%s', async (_, make, status, code) => {
    await rig.control('DELETE', '/requests');
    const answer = await rig.operate(ignore, { key: await make(), headers: from(newAddress()) });
    expect(answer).toMatchObject({ status, body: { code } });
    expect(await rig.received('/')).toEqual([]);
    expect(await refusalOf(rig, problemOf(answer).requestId)).toMatchObject({ code, status });
  });
});

describe("an issuer's keys", () => {
  it('are fetched once however many requests wait for them, and once more for a flood of unknown keys', async () => {
    const own = await startIssuer();
    const cold = await startWith(own);
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, count) => own.token({ sub: `s${count}` })),
    );
    const answers = await Promise.all(tokens.map((token) => me(token, cold)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(own.fetches()).toBe(1);
    const flood = await Promise.all(
      Array.from({ length: 100 }, (_, count) => own.token({}, { kid: `made-up-${count}` })),
    );
    const refused = await Promise.all(flood.map((token) => me(token, cold)));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([401]));
    // The last fetch was a moment ago, so not one more is made.
    expect(own.fetches()).toBe(1);
    await cold.close();
    await own.close();
  });

  it('being away, a token cannot be judged, while keys go on working', async () => {
    const own = await startIssuer();
    own.goDown();
    const cold = await startWith(own);
    const token = await own.token();
    const answer = await me(token, cold);
    expect(answer).toMatchObject({ status: 503, body: { code: 'issuer_unavailable', retryable: true } });
    expect(answer.headers.get('retry-after')).toBe('5');
    expect((await me('portal-secret', cold)).status).toBe(200);
    await cold.close();
    await own.close();
  });

  it('being away later, tokens go on working', async () => {
    const own = await startIssuer();
    const warm = await startWith(own);
    expect((await me(await own.token(), warm)).status).toBe(200);
    own.goDown();
    for (let count = 0; count < 5; count += 1) {
      expect((await me(await own.token({ sub: `other-${count}` }), warm)).status).toBe(200);
    }
    await warm.close();
    await own.close();
  });
});
