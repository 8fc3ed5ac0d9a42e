import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Config } from '../src/config/config.js';
import type { RefusalRecord } from '../src/audit/audit-record.js';
import { KEY, startRig, type Rig } from './support/gateway.js';
import { recordsOf, sendRaw } from './support/problems.js';
import { RawClient } from './support/raw-client.js';

const PORTAL = 'https://portal.example.com';
const listen = (allowedOrigins?: readonly string[]): Config['listen'] => ({
  host: '127.0.0.1',
  port: 0,
  ...(allowedOrigins && { allowedOrigins }),
});

let plain: Rig;
let open: Rig;
beforeAll(async () => {
  plain = await startRig();
  open = await startRig({ listen: listen([PORTAL, 'http://localhost:5173']) });
});
afterAll(async () => {
  await plain.close();
  await open.close();
});

const POLICY = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** The headers of an answer as it came over the wire, each name once. */
function headersIn(raw: string): Record<string, string> {
  const [, ...lines] = raw.slice(0, raw.indexOf('\r\n\r\n')).split('\r\n');
  const pairs = lines.map((line) => line.split(': ') as [string, string]);
  const names = pairs.map(([name]) => name.toLowerCase());
  expect(new Set(names).size).toBe(names.length);
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
}

const get = (path: string, ...lines: string[]) =>
  ['GET ' + path + ' HTTP/1.1', 'Host: x', 'Connection: close', ...lines, '', ''].join('\r\n');
const AUTHORISED = `Authorization: Bearer ${KEY}`;

describe('every answer tells a browser what it may do with it', () => {
  it.each<[string, string, number]>([
    ['a success', get('/v1/me', AUTHORISED), 200],
    ['a probe', get('/livez'), 200],
    ['metrics', get('/metrics'), 200],
    ['a refusal', get('/v1/me'), 401],
    ['a bad request', get('/v1/operations?limit=none', AUTHORISED), 400],
    ['nothing there', get('/x'), 404],
    ['a path that is no address', get('/%zz'), 400],
    ['a path that is too long', get(`/v1/operations/${'x'.repeat(300)}`, AUTHORISED), 414],
    ['a refusal in upstream’s words', get('/v5/x'), 404],
    ['an expectation that is not met', get('/v1/me', AUTHORISED, 'Expect: wonders'), 417],
    ['the same in upstream’s words', get('/v5/x', 'Expect: wonders'), 404],
    ['no host', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['no HTTP', 'GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n', 400],
    ['no HTTP where upstream’s words are spoken', 'GET /v5/x HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n', 400],
    ['headers that are too large', get('/', `X: ${'x'.repeat(20_000)}`), 431],
  ])('%s', async (_, bytes, status) => {
    const raw = await sendRaw(plain.gateway.url, bytes);
    expect(raw).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(headersIn(raw)).toMatchObject(POLICY);
    expect(headersIn(raw)).not.toHaveProperty('strict-transport-security');
    expect(headersIn(raw)).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('pages of other origins', () => {
  const preflight = (rig: Rig, origin: string, path = '/v1/operations') =>
    rig.call('OPTIONS', path, undefined, {
      key: null,
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type,idempotency-key',
      },
    });

  it('may read nothing where nobody allowed it', async () => {
    const asked = await preflight(plain, PORTAL);
    expect(asked.status).toBeGreaterThanOrEqual(400);
    const answer = await plain.call('GET', '/v1/me', undefined, { headers: { Origin: PORTAL } });
    for (const { headers } of [asked, answer]) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('may send what they are allowed to after a preflight, which takes no key and is recorded nowhere', async () => {
    const before = (await recordsOf<RefusalRecord>(open, 'refusal')).length;
    for (const path of ['/v1/operations', '/v1/operations/x/undo', '/v5/x/event/operate', '/nope']) {
      const asked = await preflight(open, PORTAL, path);
      expect([asked.status, asked.text]).toEqual([204, '']);
      expect(asked.headers.get('access-control-allow-origin')).toBe(PORTAL);
      expect(asked.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST');
      expect(asked.headers.get('access-control-allow-headers')).toMatch(/Authorization.*Idempotency-Key/);
      expect(asked.headers.get('access-control-max-age')).toBe('600');
      expect(asked.headers.get('vary')).toMatch(/Origin/i);
      expect(asked.headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect(await recordsOf<RefusalRecord>(open, 'refusal')).toHaveLength(before);
  });

  it.each([
    [],
    ['Origin: https://elsewhere.example.com'],
    ['Origin: https://elsewhere.example.com', 'Access-Control-Request-Method: POST'],
  ])(
    'and whatever else asks for options, are answered before a body is read (%j)',
    async (...lines: string[]) => {
      for (const path of ['/nope', '/v1/operations', '/v5/nope']) {
        const client = await RawClient.to(open.gateway.url);
        await client.head(`OPTIONS ${path}`, [
          ...lines,
          'Content-Type: application/json',
          'Content-Length: 8000000',
        ]);
        await client.write('{');
        expect([404, 405]).toContain((await client.answer()).status);
        client.destroy();
      }
    },
  );

  it.each([PORTAL, 'http://localhost:5173'])(
    'of %s read answers, and what callers need of their headers',
    async (origin) => {
      const answers = [
        await open.call('GET', '/v1/me', undefined, { headers: { Origin: origin } }),
        await open.call('GET', '/v1/me', undefined, { key: null, headers: { Origin: origin } }),
        await open.call('POST', '/v1/operations', {}, { headers: { Origin: origin } }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 401, 400]);
      for (const { headers } of answers) {
        expect(headers.get('access-control-allow-origin')).toBe(origin);
        expect(headers.get('access-control-allow-credentials')).toBeNull();
        const exposed = (headers.get('access-control-expose-headers') ?? '').split(', ');
        expect(exposed).toEqual(
          expect.arrayContaining([
            'X-Request-Id',
            'Retry-After',
            'Idempotency-Replayed',
            'X-Operation-Id',
            'Location',
            'RateLimit',
            'RateLimit-Policy',
          ]),
        );
      }
    },
  );

  it.each([
    'https://portal.example.com.evil.example',
    'http://portal.example.com',
    'https://portal.example.com:8443',
    'https://PORTAL.example.com',
    'null',
    '*',
  ])('of %s may not', async (origin) => {
    const answer = await open.call('GET', '/v1/me', undefined, { headers: { Origin: origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const asked = await preflight(open, origin);
    expect(asked.status).toBe(405);
    expect(asked.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('ask with a preflight: an OPTIONS that is none finds nothing', async () => {
    const answer = await open.call('OPTIONS', '/v1/me', undefined, {
      key: null,
      headers: { Origin: PORTAL },
    });
    expect([answer.status, answer.body.code]).toEqual([405, 'method_not_allowed']);
  });
});
