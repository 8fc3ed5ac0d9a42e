import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Answer, Exchange, WireRequest } from '../transport.js';
import {
  answered,
  AnsweringTransport,
  AuthenticatorRig,
  FakeClock,
  faultOf,
  passwordProject,
  settled,
  UNREACHABLE,
} from './authentication.fixture.js';

const HOUR_MS = 3_600_000;
const project = passwordProject({
  credentials: { kind: 'ecs-metadata', endpoint: 'http://169.254.169.254' },
});

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});

interface Service {
  readonly token?: (count: number) => Exchange;
  readonly key?: (count: number, token: string | undefined) => Exchange | Promise<Exchange>;
}

/** A metadata service with tokens token-1, token-2 ... and keys AK-1, AK-2 ..., where nothing else is said. */
function rigWith({ token, key }: Service = {}) {
  const counts = { token: 0, key: 0 };
  const answer = ({ method, headers }: WireRequest) => {
    if (method === 'PUT')
      return token?.(++counts.token) ?? answered(200, `token-${token ? counts.token : ++counts.token}`);
    return key?.(++counts.key, headers['X-Metadata-Token']) ?? keyAnswer(`AK-${++counts.key}`);
  };
  return new AuthenticatorRig(clock, new AnsweringTransport(answer), project);
}

function keyAnswer(access: string, changes: object = {}, life = HOUR_MS): Exchange {
  const expires_at = new Date(clock.now() + life).toISOString();
  const credential = { access, secret: 'SK', securitytoken: 'ST', expires_at, ...changes };
  return answered(200, { credential });
}

async function accessOf(rig: AuthenticatorRig<AnsweringTransport>): Promise<string | undefined> {
  return /Access=([^,]+)/.exec((await rig.prove()).headers['Authorization'] ?? '')?.[1];
}

const askedFor = (rig: AuthenticatorRig<AnsweringTransport>, method: string) =>
  rig.transport.requests.filter((request) => request.method === method).length;

describe("the server's own key", () => {
  it('is asked for as the contract has it, and signs with its security token', async () => {
    const rig = rigWith();
    expect((await rig.prove()).headers).toMatchObject({ 'X-Security-Token': 'ST' });
    const common = { origin: 'http://169.254.169.254', timeoutMs: 3_000, maxAnswerBytes: 65_536 };
    expect(rig.transport.requests).toEqual([
      {
        ...common,
        method: 'PUT',
        target: '/meta-data/latest/api/token',
        headers: { 'X-Metadata-Token-Ttl-Seconds': '21600' },
      },
      {
        ...common,
        method: 'GET',
        target: '/openstack/latest/securitykey',
        headers: { 'X-Metadata-Token': 'token-1' },
      },
    ]);
  });

  it('is asked for once, however many requests wait for it, and kept', async () => {
    const rig = rigWith();
    await Promise.all(Array.from({ length: 100 }, () => rig.prove()));
    await rig.prove();
    expect(rig.transport.requests).toHaveLength(2);
  });

  it.each([404, 405, 503])('is asked for without a token when the service has none: %i', async (status) => {
    const rig = rigWith({ token: () => answered(status) });
    expect(await accessOf(rig)).toBe('AK-1');
    expect(rig.transport.requests[1]?.headers).toEqual({});
  });

  it('is asked for with a new token once when the old one is not taken', async () => {
    const expired = new Set(['token-1']);
    const rig = rigWith({
      key: (_, token = '') => (expired.has(token) ? answered(401) : keyAnswer('AK')),
    });
    expect(await accessOf(rig)).toBe('AK');
    expect(rig.transport.requests).toHaveLength(4);
  });

  it('is not had when the new token is not taken either', async () => {
    const rig = rigWith({ key: () => answered(401) });
    expect(await faultOf(rig.prove())).toMatchObject({
      status: 503,
      code: 'upstream_credentials_unavailable',
      retryable: true,
    });
    expect(rig.transport.requests).toHaveLength(4);
  });

  it('is renewed ten to eleven minutes ahead of its expiry while the old one serves', async () => {
    for (const [chance, ahead] of [
      [0, 600_000],
      [0.5, 630_000],
    ] as const) {
      clock = new FakeClock();
      const rig = rigWith();
      rig.chance = chance;
      expect(await accessOf(rig)).toBe('AK-1');
      await clock.advance(HOUR_MS - ahead - 1);
      expect(await accessOf(rig)).toBe('AK-1');
      await settled();
      expect(askedFor(rig, 'GET')).toBe(1);
      await clock.advance(1);
      expect(await accessOf(rig)).toBe('AK-1');
      await settled();
      expect(await accessOf(rig)).toBe('AK-2');
    }
  });

  it('that has only minutes to live is not asked for with every request', async () => {
    const rig = rigWith({ key: (count) => keyAnswer(`AK-${count}`, {}, 300_000) });
    for (let second = 0; second < 120; second += 1) {
      await rig.prove();
      await clock.advance(1_000);
    }
    expect(askedFor(rig, 'GET')).toBe(2);
  });

  it('goes on serving while the service is away', async () => {
    let away = false;
    const rig = rigWith({ key: () => (away ? UNREACHABLE : keyAnswer('AK')) });
    await rig.prove();
    away = true;
    await clock.advance(HOUR_MS - 60_000);
    expect(await accessOf(rig)).toBe('AK');
    await clock.advance(30_000);
    expect(await faultOf(rig.prove())).toMatchObject({ code: 'upstream_credentials_unavailable' });
  });

  it("lives as long as the service's own date says, however far that is from our clock", async () => {
    const theirs = clock.now() - 7 * 86_400_000;
    const date = new Date(theirs).toUTCString();
    const expires_at = new Date(theirs + HOUR_MS).toISOString();
    const rig = rigWith({
      key: () => ({ ...(keyAnswer('AK', { expires_at }) as Answer), headers: { date } }),
    });
    expect(await accessOf(rig)).toBe('AK');
    await clock.advance(HOUR_MS - 660_001);
    await rig.prove();
    expect(askedFor(rig, 'GET')).toBe(1);
  });

  it('that lives for seconds is not asked for with every request', async () => {
    const rig = rigWith({ key: () => keyAnswer('AK', {}, 20_000) });
    for (let second = 0; second < 60; second += 1) {
      await faultOf(rig.prove());
      await clock.advance(1_000);
    }
    expect(askedFor(rig, 'GET')).toBe(4);
    expect(rig.log.lines[0]).toContain('lives for 20 seconds only');
  });

  it.each<[string, Exchange]>([
    ['is away', UNREACHABLE],
    ['answers an error', answered(500)],
    ['has no agency', answered(404)],
    ['answers no JSON', answered(200, '<html>')],
    ['answers nothing', answered(200, '')],
    ['answers null', answered(200, 'null')],
    ['answers no credential', answered(200, {})],
  ])('is not had when the service %s', async (_, answer) => {
    expect(await faultOf(rigWith({ key: () => answer }).prove())).toMatchObject({
      status: 503,
      code: 'upstream_credentials_unavailable',
    });
  });

  it.each([
    [{ access: '' }],
    [{ access: 'A\nK' }],
    [{ secret: 1 }],
    [{ securitytoken: undefined }],
    [{ expires_at: '2020-01-01T00:00:00Z' }],
    [{ expires_at: 'never' }],
  ])('is not kept when it cannot be used: %j', async (changes) => {
    const rig = rigWith({ key: (count) => keyAnswer('AK', count === 1 ? changes : {}) });
    expect(await faultOf(rig.prove())).toMatchObject({ retryAfter: 5 });
    expect(rig.one.trouble).toBe('unusable');
    await clock.advance(4_999);
    await faultOf(rig.prove());
    expect(askedFor(rig, 'GET')).toBe(1);
    expect(rig.log.lines).toEqual([expect.stringContaining('"project":"test"')]);
    await clock.advance(1);
    expect(await accessOf(rig)).toBe('AK');
  });

  it.each<[string, Exchange]>([
    ['an error', answered(500)],
    ['two words', answered(200, 'to ken')],
    ['nothing', answered(200, '')],
  ])('is not asked for with a token that is %s', async (_, answer) => {
    const rig = rigWith({ token: () => answer });
    expect(await faultOf(rig.prove())).toMatchObject({ code: 'upstream_credentials_unavailable' });
    expect(askedFor(rig, 'GET')).toBe(0);
  });

  it('is replaced once when upstream does not take it, and left alone when that changes nothing', async () => {
    const rig = rigWith({ key: () => keyAnswer('AK') });
    expect(await rig.one.reject(await rig.prove())).toBe('renewed_may_help');
    expect(await rig.one.reject(await rig.prove())).toBe('final');
    expect(await faultOf(rig.prove())).toMatchObject({
      code: 'upstream_authentication_failed',
      retryAfter: 5,
    });
    expect(askedFor(rig, 'GET')).toBe(2);
    await clock.advance(5_000);
    expect(await rig.one.reject(await rig.prove())).toBe('renewed_may_help');
    await faultOf(rig.prove());
    expect(askedFor(rig, 'GET')).toBe(3);
  });
});
