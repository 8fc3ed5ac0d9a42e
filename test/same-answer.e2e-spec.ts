import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { RefusalRecord } from '../src/audit/audit-record.js';
import type { CallerConfig } from '../src/config/config.js';
import { makeApiKey } from '../src/http/identity/api-keys.js';
import { accessKeyOf } from '../src/http/identity/signatures.js';
import { BEHIND_A_PROXY, from, newAddress } from './support/addresses.js';
import { keyPairOf, MASTER_KEY, sdkDateOf, signedHeaders } from './support/drop-in.js';
import { fetchJson, portal, sha256, startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { startIssuer, type Issuer } from './support/issuer.js';
import { eventually, recordsOf } from './support/problems.js';

const MINUTE = 60_000;
const EXPIRED = 'an-expired-key-of-the-office';

const callers: CallerConfig[] = [
  {
    ...portal,
    signingKeys: [{ id: 'sdk' }, { id: 'old', expiresAt: 1 }, { id: 'elsewhere', from: ['192.0.2.0/24'] }],
    tokens: [{ issuer: 'corporate', claims: [{ name: 'azp', value: 'portal-app' }] }],
  },
  { ...portal, id: 'office', keys: [{ sha256: sha256(EXPIRED), expiresAt: 1 }], from: ['10.0.0.0/8'] },
];

/** Names that an access key may be shown in: of every standing here, and of none. */
const ACCESS_KEYS = [
  accessKeyOf('portal', 'sdk'),
  accessKeyOf('portal', 'old'),
  accessKeyOf('portal', 'elsewhere'),
  accessKeyOf('portal', 'none'),
  accessKeyOf('office', 'sdk'),
  accessKeyOf('nobody', 'sdk'),
  'HSSGW',
  'AKIAIOSFODNN7EXAMPLE',
] as const;

const body = JSON.stringify({ operate_type: 'mark_as_handled', operate_event_list: [] });

let issuer: Issuer;
let rig: Rig;
let endpoint: string;
beforeAll(async () => {
  issuer = await startIssuer();
  rig = await startRig({
    callers,
    issuers: [issuer.config],
    signing: { masterKey: MASTER_KEY },
    listen: BEHIND_A_PROXY,
  });
  endpoint = `${rig.gateway.url}/v5/${rig.simulator.project.id}/event/operate`;
});
afterAll(async () => {
  await rig.close();
  await issuer.close();
});

/** All of an answer but what is another one each time. */
function toldBy({ status, headers, text }: JsonAnswer): string {
  const id = headers.get('x-request-id') ?? '';
  const shown = [...headers].filter(([name]) => name !== 'date' && name !== 'x-request-id');
  return JSON.stringify([status, shown.sort(), text.replaceAll(id, '<id>')]);
}

const differing = (answers: readonly JsonAnswer[]) => new Set(answers.map(toldBy)).size;
interface Claimed {
  readonly signature?: string;
  readonly date?: string;
  readonly text?: string;
  readonly signedHeaders?: readonly string[];
  readonly address?: string;
  readonly more?: Record<string, string>;
}

/** A request that somebody signed who has not the secret. */
function claim(
  accessKey: string,
  { signature, date, text = body, signedHeaders: names, address, more }: Claimed,
) {
  const pair = { accessKey, secret: 'not the secret' };
  const headers = signedHeaders(endpoint, body, {
    pair,
    ...(date !== undefined && { date }),
    ...(names && { signedHeaders: names }),
  });
  const Authorization =
    signature === undefined
      ? headers['Authorization']
      : headers['Authorization']?.replace(/Signature=.*/, `Signature=${signature}`);
  const all = { ...headers, ...from(address ?? newAddress()), Authorization: Authorization ?? '', ...more };
  return fetchJson('POST', endpoint, undefined, { raw: text, headers: all });
}

const kinds: readonly (readonly [string, Claimed])[] = [
  ['a signature of zeros', { signature: '0'.repeat(64) }],
  ['a signature by another secret', {}],
  ['a signature over another body', { text: `${body} ` }],
  ['a body that is no JSON', { text: '{ no' }],
  ['a date too old', { date: sdkDateOf(Date.now() - 16 * MINUTE) }],
  ['a date to come', { date: sdkDateOf(Date.now() + 16 * MINUTE) }],
  ['no signed date', { signedHeaders: ['host'] }],
  ['a malformed signature', { signature: 'zero' }],
  ['a body that is claimed to be another', { more: { 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' } }],
  ['a second credential', { more: { 'X-Api-Key': 'other' } }],
  ['another media type', { more: { 'Content-Type': 'text/plain' } }],
];

describe('a signature that proves nobody', () => {
  it.each(kinds)(
    'with %s is answered alike in whoever’s name it comes, and recorded as nobody’s',
    async (_, kind) => {
      // The time that stands in an answer must not tell them apart either.
      const answers: JsonAnswer[] = [];
      for (const accessKey of ACCESS_KEYS) answers.push(await claim(accessKey, kind));
      const texts = answers.map((answer) => ({
        ...answer,
        text: answer.text.replace(/20\d\d-[^ ]+Z/g, '<time>'),
      }));
      const lengths = new Set(texts.map(({ text }) => text.length));
      expect([differing(texts), lengths.size]).toEqual([1, 1]);
      expect(answers[0]?.status).toBeGreaterThanOrEqual(400);
    },
  );

  it('is answered by what is wrong with it and never by whose name it is, whatever it is made of', async () => {
    const told = new Map<string, string>();
    const address = fc.constantFrom('10.1.2.3', '192.0.2.9', '203.0.113.4');
    let network = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ACCESS_KEYS),
        fc.constantFrom(...kinds.filter(([name]) => !name.startsWith('a date'))),
        address,
        fc.stringMatching(/^[A-Za-z0-9.]{1,40}$/),
        fc.boolean(),
        async (known, [name, kind], place, made, isMade) => {
          network += 1;
          // Every request from a network of its own, so that none is slowed down.
          const own = isMade ? `2001:db8:${network.toString(16)}::1` : newAddress();
          const answer = await claim(isMade ? made : known, { ...kind, address: isMade ? own : place });
          if (answer.headers.has('retry-after')) return;
          const before = told.get(name) ?? toldBy(answer);
          told.set(name, before);
          expect(toldBy(answer)).toBe(before);
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('a signature that proves who signed', () => {
  const signed = (id: string) => {
    const headers = signedHeaders(endpoint, body, { pair: keyPairOf('portal', id) });
    return fetchJson('POST', endpoint, undefined, {
      raw: body,
      headers: { ...headers, ...from(newAddress()) },
    });
  };

  it('is told that its key has expired, is not for its address, or is not known any more, and recorded as its own', async () => {
    const [old, elsewhere, none] = [await signed('old'), await signed('elsewhere'), await signed('none')];
    expect(old.body.error_msg).toMatch(/has expired/);
    expect(elsewhere.body.error_msg).toMatch(/may not be used from your address/);
    expect(none.body.error_msg).toMatch(/access key is unknown/);
    expect([old.status, elsewhere.status, none.status]).toEqual([401, 403, 401]);
  });

  it('works whatever others tried in its name, also from the same address', async () => {
    const address = newAddress();
    for (let count = 0; count < 30; count += 1) {
      await claim(accessKeyOf('portal', 'sdk'), { signature: '0'.repeat(64), address });
    }
    const headers = signedHeaders(endpoint, body, { pair: keyPairOf('portal') });
    for (const place of [address, newAddress()]) {
      const answer = await fetchJson('POST', endpoint, undefined, {
        raw: body,
        headers: { ...headers, ...from(place) },
      });
      // Recognised: what is refused now is the empty list.
      expect([answer.status, answer.body.error_code]).toEqual([400, 'HSS.0001']);
    }
  });
});

const me = (key: string) =>
  rig.call('GET', '/v1/me', undefined, {
    key: null,
    headers: { ...from(newAddress()), Authorization: `Bearer ${key}` },
  });

describe('a key that is not known', () => {
  it('is answered alike whatever name is in it, and only who has the right one is told more', async () => {
    const made = Array.from({ length: 5 }, () => makeApiKey('prod').text);
    const answers = await Promise.all([...made, 'portal', `${EXPIRED}x`, EXPIRED.slice(1)].map(me));
    expect(differing(answers)).toBe(1);
    const expired = await me(EXPIRED);
    expect(expired).toMatchObject({ status: 401, body: { code: 'expired_key' } });
  });

  it('keeps nobody who proved another from being told what is wrong with it', async () => {
    const address = from(newAddress());
    const here = (key: string) =>
      rig.call('GET', '/v1/me', undefined, {
        key: null,
        headers: { ...address, Authorization: `Bearer ${key}` },
      });
    for (let tries = 0; tries < 15; tries += 1) await here(makeApiKey('prod').text);
    expect((await here(makeApiKey('prod').text)).status).toBe(429);
    expect(await here(EXPIRED)).toMatchObject({ status: 401, body: { code: 'expired_key' } });
  });
});

describe('a token that proves nobody', () => {
  it('is answered alike whether its issuer, its key and its type are known or not', async () => {
    const stranger = await startIssuer();
    try {
      const answers: JsonAnswer[] = [];
      for (const iss of ['https://login.example.com', 'https://other.example']) {
        for (const kid of ['signing-key', 'other']) {
          for (const typ of ['at+jwt', 'other']) {
            for (const azp of ['portal-app', 'nobody']) {
              answers.push(await me(await stranger.token({ iss, azp }, { kid, typ })));
            }
          }
        }
      }
      answers.push(await me(await issuer.confusedToken()), await me('e30.e30.e30'));
      expect(differing(answers)).toBe(1);
      expect(answers[0]).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    } finally {
      await stranger.close();
    }
  });

  it('and one that does, is told what is wrong with it', async () => {
    const past = Math.floor(Date.now() / 1_000) - 600;
    const detailOf = async (claims: Record<string, unknown>, header = {}) =>
      (await me(await issuer.token(claims, header))).body.detail as string;
    expect(await detailOf({ aud: 'other' })).toMatch(/not meant for this gateway/);
    expect(await detailOf({ nbf: past + 1_200 })).toMatch(/not valid yet/);
    expect(await detailOf({}, { typ: 'x' })).toMatch(/type \(typ\)/);
  });
});

describe('what was refused in all of this', () => {
  it('is recorded under the name of whoever proved it, and everything else under nobody’s', async () => {
    const proved = ['portal', 'office'].flatMap((caller) => [
      [caller, 'expired_key'],
      [caller, 'address_not_allowed'],
      [caller, 'invalid_request'],
    ]);
    // Of those who proved it none is only counted, and there are some.
    await me(EXPIRED);
    const named = await eventually(
      async () => (await recordsOf<RefusalRecord>(rig, 'refusal')).filter(({ caller }) => caller),
      (records) => records.length > 0,
    );
    for (const { caller, code } of named) expect(proved).toContainEqual([caller, code]);
    const strangers = (await recordsOf<RefusalRecord>(rig, 'refusal')).filter(({ caller }) => !caller);
    expect(strangers.some(({ credential }) => credential)).toBe(false);
  });
});
