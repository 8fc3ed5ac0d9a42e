import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import fc from 'fast-check';

import type { UnprovenRequest } from './authenticator.js';
import { canonicalHeaders, canonicalOf, sign, type AccessKey } from './access-key.js';

/** What the test vectors of contract 4.3 have in common. */
const KEY: AccessKey = { ak: 'EXAMPLEAK0000000001', sk: 'ExampleSecretKey0000000000000000000000001' };
const PROJECT = '0123456789abcdef0123456789abcdef';
const DATE = Date.parse('2023-01-01T00:00:00Z');
const headers = { 'Content-Type': 'application/json', 'X-Project-Id': PROJECT };
const EVENTS = `/v5/${PROJECT}/event`;
const origin = 'https://hss.cn-north-4.myhuaweicloud.com';

interface Vector {
  readonly name: string;
  readonly request: UnprovenRequest;
  readonly key?: AccessKey;
  readonly date?: number;
  readonly canonicalHash: string;
  readonly signedHeaders: string;
  readonly signature: string;
}

const CHANGE_EVENT: UnprovenRequest = {
  method: 'POST',
  origin,
  path: `${EVENTS}/operate`,
  query: [['enterprise_project_id', 'all_granted_eps']],
  headers: { ...headers, region: 'cn-north-4' },
  body: '{"operate_type":"mark_as_handled","handler":"vector","operate_event_list":[{"event_class_id":"rootkit_0001","event_id":"2a71e1e2-60f4-4d56-b314-2038fdc39de6","occur_time":1672046760353,"event_type":1010,"operate_detail_list":[{}]}]}',
};

const VECTORS: readonly Vector[] = [
  {
    name: 'A: an operation, with a permanent key',
    request: CHANGE_EVENT,
    canonicalHash: 'cff399dedc3bc40247bd135fd91347a64080b79e88b34ac30ea14bae5fb57775',
    signedHeaders: 'content-type;host;region;x-project-id;x-sdk-date',
    signature: 'b1698ace5b887483c23d5ffb158575a6326f3e2d87b926934a426a55f5a17659',
  },
  {
    name: 'B: the same with a temporary key',
    request: CHANGE_EVENT,
    key: { ...KEY, securityToken: 'EXAMPLE-SECURITY-TOKEN' },
    canonicalHash: '66211f528b7c4a7bad95de11046f0da81803b9a078e89cb2fb9bf4ce0114fb0e',
    signedHeaders: 'content-type;host;region;x-project-id;x-sdk-date;x-security-token',
    signature: '82fcd54981faad660a94c4713aee33b1f14e9685f613586a277b4bc452d7244f',
  },
  {
    name: 'C: a listing with lists, blanks and letters that are not ASCII',
    request: {
      method: 'GET',
      origin,
      path: `${EVENTS}/events`,
      query: [
        ['category', 'host'],
        ['limit', '10'],
        ['offset', '0'],
        ['event_types', '1010'],
        ['event_types', '1001'],
        ['att_ck', 'Initial Access'],
        ['tag_list', '热点事件'],
      ],
      headers,
    },
    canonicalHash: 'a2b461a03d755b39e00ea0c3b3b9abdbd61569371c6db4dfd18b7fbc08c5ae44',
    signedHeaders: 'content-type;host;x-project-id;x-sdk-date',
    signature: '593e8154a14678f5d2c23b5c78c765d546f307ae99e95185c25002510c1c93f4',
  },
  {
    name: 'D: a deletion with a body',
    request: {
      method: 'DELETE',
      origin,
      path: `${EVENTS}/white-list/alarm`,
      query: [['enterprise_project_id', '0']],
      headers,
      body: '{"data_list":[{"event_type":1001,"hash":"e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d","description":"file_path=/opt/tools/agent"}],"restore_alarm":false}',
    },
    canonicalHash: '7d98fce6640880452934894de559171f99b43b3ab698d8959e3961ce0def8e73',
    signedHeaders: 'content-type;host;x-project-id;x-sdk-date',
    signature: 'a362a6c3b365748ea1878296ed208df19686385e757818b89dde004273200d16',
  },
  {
    name: 'the one that is published',
    request: {
      method: 'GET',
      origin: 'https://service.region.example.com',
      path: '/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs',
      query: [
        ['limit', '2'],
        ['marker', '13551d6b-755d-4757-b956-536f674975c0'],
      ],
      headers: { 'content-type': 'application/json' },
    },
    key: { ak: 'QTWAOYTTINDUT2QVKYUC', sk: 'MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc' },
    date: Date.parse('2019-11-15T03:36:55Z'),
    canonicalHash: 'b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a',
    signedHeaders: 'content-type;host;x-sdk-date',
    signature: '7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe',
  },
];

describe('the test vectors of the contract', () => {
  it.each(VECTORS)(
    '$name',
    ({ request, key = KEY, date = DATE, canonicalHash, signedHeaders, signature }) => {
      const signed = sign(request, key, date);
      expect(signed['Authorization']).toBe(
        `SDK-HMAC-SHA256 Access=${key.ak}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
      );
      const { Authorization: _, ...rest } = signed;
      const canonical = canonicalOf(request, canonicalHeaders(rest));
      expect(createHash('sha256').update(canonical).digest('hex')).toBe(canonicalHash);
    },
  );

  it('encode values as the contract has it', () => {
    const request = { method: 'GET', path: '/', query: [['q', "a b!'()*~+/?é"]] } as const;
    expect(canonicalOf(request, []).split('\n')[2]).toBe('q=a%20b%21%27%28%29%2A~%2B%2F%3F%C3%A9');
  });
});

describe('a signature', () => {
  const signatureOf = (request: UnprovenRequest, key = KEY, now = DATE) =>
    /Signature=(\w+)$/.exec(sign(request, key, now)['Authorization'] ?? '')?.[1];

  it('covers every header that is sent, and the host', () => {
    const signed = sign(CHANGE_EVENT, { ...KEY, securityToken: 't' }, DATE);
    const names = /SignedHeaders=([^,]+),/.exec(signed['Authorization'] ?? '')?.[1]?.split(';');
    const { Authorization: _, ...rest } = signed;
    expect(names).toEqual(
      Object.keys(rest)
        .map((name) => name.toLowerCase())
        .sort(),
    );
    expect(signed).toMatchObject({ ...CHANGE_EVENT.headers, Host: 'hss.cn-north-4.myhuaweicloud.com' });
  });

  const another = (request: Partial<UnprovenRequest>, key = KEY, now = DATE) => ({ request, key, now });

  it.each([
    ['method', another({ method: 'PUT' })],
    ['host', another({ origin: 'https://other.example.com' })],
    ['port', another({ origin: `${origin}:8443` })],
    ['path', another({ path: `${EVENTS}/operate2` })],
    ['query', another({ query: [['enterprise_project_id', '0']] })],
    ['header', another({ headers: { ...headers, region: 'cn-north-1' } })],
    ['body', another({ body: `${CHANGE_EVENT.body} ` })],
    ['secret', another({}, { ...KEY, sk: 'other' })],
    ['security token', another({}, { ...KEY, securityToken: 't' })],
    ['second', another({}, KEY, DATE + 1_000)],
  ])('is another one for another %s', (_, { request, key, now }) => {
    expect(signatureOf({ ...CHANGE_EVENT, ...request }, key, now)).not.toBe(signatureOf(CHANGE_EVENT));
  });

  it('is the same in whatever order query and headers are given, and however a path is encoded', () => {
    const pairs = fc
      .array(fc.tuple(fc.string(), fc.string()), { maxLength: 6 })
      .chain((query) =>
        fc.shuffledSubarray(query, { minLength: query.length }).map((shuffled) => ({ query, shuffled })),
      );
    const segments = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 4 });
    fc.assert(
      fc.property(pairs, segments, ({ query, shuffled }, parts) => {
        const once = parts.map((part) => encodeURIComponent(part)).join('/');
        const fully = parts
          .map((part) =>
            Buffer.from(part).reduce((text, byte) => `${text}%${byte.toString(16).padStart(2, '0')}`, ''),
          )
          .join('/');
        const { region, ...others } = { region: 'x', ...headers };
        expect(
          signatureOf({
            ...CHANGE_EVENT,
            query: shuffled,
            path: `/${fully}`,
            headers: { ...others, region },
          }),
        ).toBe(signatureOf({ ...CHANGE_EVENT, query, path: `/${once}`, headers: { region, ...others } }));
      }),
    );
  });

  it('is over values as they arrive, without the blanks around them', () => {
    const padded = { ...CHANGE_EVENT, headers: { ...CHANGE_EVENT.headers, region: ' cn-north-4\t' } };
    expect(signatureOf(padded)).toBe(signatureOf(CHANGE_EVENT));
  });

  it('takes the digest of the body from the request where that states one', () => {
    const stated = { ...CHANGE_EVENT, headers: { ...headers, 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' } };
    expect(signatureOf(stated)).toBe(signatureOf({ ...stated, body: 'another' }));
  });
});
