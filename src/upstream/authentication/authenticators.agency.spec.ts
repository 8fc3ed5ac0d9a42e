import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Exchange, WireRequest } from '../transport.js';
import {
  answered,
  AnsweringTransport,
  AuthenticatorRig,
  DAY_MS,
  FakeClock,
  faultOf,
  passwordProject,
  REQUEST,
  tokenAnswer,
  withoutId,
  WRONG_PASSWORD,
} from './authentication.fixture.js';

const AGENCY_PROJECT = '2c3d4e5f60718293a4b5c6d7e8f90a1b';
const project = passwordProject({
  projectId: AGENCY_PROJECT,
  credentials: {
    kind: 'password',
    domainName: 'account',
    userName: 'user',
    password: 'secret',
    agency: { name: 'operator', domainName: 'other-account' },
  },
});

interface Asked {
  readonly auth: {
    readonly identity: { readonly methods: readonly string[]; readonly assume_role?: object };
    readonly scope: object;
  };
}

const asked = ({ body = '' }: WireRequest) => (JSON.parse(body) as Asked).auth;
const isAgency = (request: WireRequest) => asked(request).identity.methods[0] === 'assume_role';

let clock: FakeClock;
let own: number;
beforeEach(() => {
  clock = new FakeClock();
  own = 0;
});

/** The user's own tokens are own-1, own-2 ...; the agency's are made from them: agency-of-own-1 ... */
function iam(agencyAnswer: (token: string, request: WireRequest) => Exchange | undefined = () => undefined) {
  return new AnsweringTransport((request) => {
    if (!isAgency(request)) {
      own += 1;
      return tokenAnswer(clock, `own-${own}`, { project: {}, domain: { name: 'account' } });
    }
    const token = request.headers['X-Auth-Token'] ?? 'none';
    const known = { id: AGENCY_PROJECT, name: 'cn-north-4' };
    return agencyAnswer(token, request) ?? tokenAnswer(clock, `agency-of-${token}`, { project: known });
  });
}

describe('an agency', () => {
  it("is taken on as the contract has it, with a token for the user's own account", async () => {
    const rig = new AuthenticatorRig(clock, iam(), project);
    expect(await rig.token()).toBe('agency-of-own-1');
    const [first, second, ...more] = rig.transport.requests;
    expect(more).toEqual([]);
    expect(asked(first!)).toMatchObject({ scope: { domain: { name: 'account' } } });
    expect(first?.headers).not.toHaveProperty('X-Auth-Token');
    expect(second?.headers).toEqual({
      'Content-Type': 'application/json;charset=utf8',
      'X-Auth-Token': 'own-1',
    });
    expect(asked(second!)).toEqual({
      identity: {
        methods: ['assume_role'],
        assume_role: { domain_name: 'other-account', agency_name: 'operator' },
      },
      scope: { project: { id: AGENCY_PROJECT } },
    });
  });

  it('is asked for its project by the name of the region where there is no id', async () => {
    const rig = new AuthenticatorRig(clock, iam(), withoutId(project));
    expect(await rig.one.projectId(clock.monotonic() + 10_000)).toBe(AGENCY_PROJECT);
    expect(asked(rig.transport.requests[1]!).scope).toEqual({ project: { name: 'cn-north-4' } });
  });

  it("keeps the user's own token for the next time, also for other projects of that user", async () => {
    const other = { ...project, name: 'other' };
    const rig = new AuthenticatorRig(clock, iam(), project, other);
    await rig.token();
    await rig.of('other').prove(REQUEST, clock.monotonic() + 10_000);
    await rig.one.reject(await rig.prove());
    await rig.token();
    expect(own).toBe(1);
    expect(rig.transport.requests.filter(isAgency)).toHaveLength(3);
  });

  it("gets a new token of the user's own once when IAM does not take the old one", async () => {
    const dead = new Set(['own-1']);
    const refused = answered(401, { error_code: 'IAM.0066' });
    const rig = new AuthenticatorRig(
      clock,
      iam((token) => (dead.has(token) ? refused : undefined)),
      project,
    );
    expect(await rig.token()).toBe('agency-of-own-2');
    expect(own).toBe(2);
  });

  it('gives up when the new one is not taken either, and waits before it asks again', async () => {
    const rig = new AuthenticatorRig(
      clock,
      iam(() => answered(401, { error_code: 'IAM.0067' })),
      project,
    );
    expect(await faultOf(rig.token())).toMatchObject({ status: 503, code: 'upstream_authentication_failed' });
    expect(own).toBe(2);
    expect(rig.transport.requests).toHaveLength(4);
    await clock.advance(4_999);
    await faultOf(rig.token());
    expect(rig.transport.requests).toHaveLength(4);
    expect(rig.one.trouble).toBe('refused');
  });

  it("does not cost the user's own token again when that was replaced in vain just before", async () => {
    const other = { ...project, name: 'other' };
    const answering = iam(() => answered(401, { error_code: 'IAM.0067' }));
    const rig = new AuthenticatorRig(clock, answering, project, other);
    await faultOf(rig.token());
    expect(own).toBe(2);
    await faultOf(rig.of('other').prove(REQUEST, clock.monotonic() + 10_000));
    expect(own).toBe(2);
  });

  it("has the user's own token replaced again when that was taken meanwhile", async () => {
    const dead = new Set(['own-1']);
    const refused = answered(401, { error_code: 'IAM.0066' });
    const rig = new AuthenticatorRig(
      clock,
      iam((token) => (dead.has(token) ? refused : undefined)),
      project,
    );
    const first = await rig.prove();
    dead.add('own-2');
    await rig.one.reject(first);
    expect(await rig.token()).toBe('agency-of-own-3');
  });

  it('that does not exist is not asked for again and again', async () => {
    const rig = new AuthenticatorRig(
      clock,
      iam(() => answered(404, { error_code: 'IAM.0004' })),
      project,
    );
    for (let second = 0; second < 300; second += 1) {
      await faultOf(rig.token());
      await clock.advance(1_000);
    }
    expect(rig.transport.requests.filter(isAgency)).toHaveLength(2);
    expect(rig.log.lines[0]).toContain('"agency":{"name":"operator","domainName":"other-account"}');
  });

  it("is not asked for at all when the user's own login is refused", async () => {
    const rig = new AuthenticatorRig(clock, new AnsweringTransport(() => WRONG_PASSWORD), project);
    expect(await faultOf(rig.token())).toMatchObject({ code: 'upstream_authentication_failed' });
    await faultOf(rig.token());
    expect(rig.transport.requests).toHaveLength(1);
    expect(rig.one.trouble).toBe('refused');
    expect(rig.log.lines).toEqual([expect.stringContaining('IAM refuses the login')]);
  });

  it("is not blamed for a throttle of the user's own login, which is waited out once", async () => {
    const throttled = answered(429, { error_code: 'IAM.0012' }, { 'retry-after': '999999999' });
    const rig = new AuthenticatorRig(clock, new AnsweringTransport(() => throttled), project);
    for (let second = 0; second < 299; second += 1) {
      expect(await faultOf(rig.token())).toMatchObject({ code: 'upstream_throttled' });
      expect(rig.one.trouble).toBe('throttled');
      await clock.advance(1_000);
    }
    expect(rig.transport.requests).toHaveLength(1);
    expect(rig.log.lines).toEqual([expect.stringContaining('IAM has too many logins')]);
  });

  it.each([
    ["the user's own", 0],
    ["the agency's", 1],
  ])(
    'is not asked for with every request when %s token lives for seconds, and each is logged once',
    async (_, which) => {
      const known = [{ project: {}, domain: { name: 'account' } }, { project: { id: AGENCY_PROJECT } }];
      const answering = new AnsweringTransport((request) => {
        const index = isAgency(request) ? 1 : 0;
        return tokenAnswer(clock, `token-${index}`, {
          ...known[index],
          ...(index === which && { life: 20_000 }),
        });
      });
      const rig = new AuthenticatorRig(clock, answering, project);
      for (let second = 0; second < 60; second += 1) {
        expect(await faultOf(rig.token())).toMatchObject({ code: 'upstream_token_unusable' });
        expect(rig.one.trouble).toBe('unusable');
        await clock.advance(1_000);
      }
      expect(answering.requests.filter((request) => isAgency(request) === (which === 1))).toHaveLength(4);
      expect(rig.log.lines).toHaveLength(4);
    },
  );

  it('is renewed ahead of its expiry like any token', async () => {
    const rig = new AuthenticatorRig(clock, iam(), project);
    await rig.token();
    await clock.advance(0.8 * DAY_MS);
    expect(await rig.token()).toBe('agency-of-own-1');
    await clock.advance(0);
    expect(await rig.token()).toBe('agency-of-own-1');
    expect(rig.transport.requests.filter(isAgency)).toHaveLength(2);
  });
});
