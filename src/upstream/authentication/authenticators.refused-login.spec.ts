import { beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { WireRequest } from '../transport.js';
import {
  answered,
  AnsweringTransport,
  AuthenticatorRig,
  eventually,
  FakeClock,
  faultOf,
  HeldTransport,
  hold,
  passwordProject,
  REQUEST,
  settled,
  tokenAnswer,
  WRONG_PASSWORD,
} from './authentication.fixture.js';

let clock: FakeClock;
let transport: HeldTransport;
let rig: AuthenticatorRig<HeldTransport>;
beforeEach(() => {
  clock = new FakeClock();
  transport = new HeldTransport();
  rig = new AuthenticatorRig(clock, transport, passwordProject());
});

describe('a login that is refused', () => {
  it('is not repeated for five seconds, which callers learn', async () => {
    const first = faultOf(rig.token());
    await settled();
    await transport.answer(0, WRONG_PASSWORD);
    expect(await first).toMatchObject({ status: 503, code: 'upstream_authentication_failed', retryAfter: 5 });
    expect(rig.one.trouble).toBe('refused');
    await clock.advance(4_999);
    expect(await faultOf(rig.token())).toMatchObject({
      code: 'upstream_authentication_failed',
      retryAfter: 1,
    });
    expect(transport.requests).toHaveLength(1);
    await clock.advance(1);
    expect(rig.one.trouble).toBeUndefined();
    await hold(rig, 'token');
    expect(transport.requests).toHaveLength(2);
  });

  it('is repeated four times in the first hour, so that the account is not locked', async () => {
    const answering = new AnsweringTransport(() => WRONG_PASSWORD);
    const refused = new AuthenticatorRig(clock, answering, passwordProject());
    for (let second = 0; second < 3_600; second += 1) {
      await faultOf(refused.token());
      await clock.advance(1_000);
    }
    expect(answering.requests).toHaveLength(4);
  });

  it('is repeated at once when the file of the password has another one, which readiness notices too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-password-'));
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'wrong');
    const credentials = {
      kind: 'password',
      domainName: 'a',
      userName: 'u',
      password: 'wrong',
      passwordFile,
    } as const;
    const right = ({ body = '' }: WireRequest) => body.includes('"password":"right"');
    const answering = new AnsweringTransport((request) =>
      right(request) ? tokenAnswer(clock, 'token') : WRONG_PASSWORD,
    );
    const files = new AuthenticatorRig(clock, answering, passwordProject({ credentials }));
    await faultOf(files.token());
    await clock.advance(1_000);
    await faultOf(files.token());
    writeFileSync(passwordFile, 'right\n');
    await clock.advance(1_000);
    await eventually(() => files.one.trouble === undefined);
    expect(files.one.trouble).toBeUndefined();
    expect(await files.token()).toBe('token');
    expect(answering.requests).toHaveLength(2);
    rmSync(folder, { recursive: true });
  });

  it('is tried by one project at a time where several share the user', async () => {
    const names = ['one', 'two', 'three', 'four'];
    rig = new AuthenticatorRig(clock, transport, ...names.map((name) => passwordProject({ name })));
    const faults = names.map((name) => faultOf(rig.of(name).prove(REQUEST, clock.monotonic() + 10_000)));
    await settled();
    expect(transport.requests).toHaveLength(1);
    await transport.answer(0, WRONG_PASSWORD);
    for (const fault of await Promise.all(faults)) expect(fault.code).toBe('upstream_authentication_failed');
    expect(transport.requests).toHaveLength(1);
  });

  it('keeps no project waiting that shares the user once the login has been taken', async () => {
    const names = ['one', 'two', 'three'];
    rig = new AuthenticatorRig(clock, transport, ...names.map((name) => passwordProject({ name })));
    const proofs = names.map((name) => rig.of(name).prove(REQUEST, clock.monotonic() + 10_000));
    await settled();
    await transport.answer(0, tokenAnswer(clock, 'a'));
    expect(transport.requests).toHaveLength(3);
    await transport.answer(1, tokenAnswer(clock, 'b'));
    await transport.answer(2, tokenAnswer(clock, 'c'));
    const tokens = (await Promise.all(proofs)).map(({ headers }) => headers['X-Auth-Token']);
    expect(tokens).toEqual(['a', 'b', 'c']);
  });

  it('says so when the account is locked', async () => {
    const fault = faultOf(rig.token());
    await settled();
    await transport.answer(0, answered(401, { error_code: 'IAM.0061' }));
    expect(await fault).toMatchObject({ code: 'upstream_account_locked', upstream: { code: 'IAM.0061' } });
  });

  it.each([
    ['30', 30],
    ['1', 5],
    ['0', 5],
    [undefined, 5],
    ['-1', 5],
    ['soon', 5],
    ['Thu, 01 Jan 2026 00:00:40 GMT', 40],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 5],
    ['86400', 300],
    ['999999999', 300],
    ['Fri, 02 Jan 2026 00:00:00 GMT', 300],
  ])(
    'by a throttle waits as long as IAM says, five seconds at least and minutes at most: %s',
    async (said, seconds) => {
      const fault = faultOf(rig.token());
      await settled();
      await transport.answer(
        0,
        answered(
          429,
          { error_code: 'IAM.0012' },
          { date: 'Thu, 01 Jan 2026 00:00:00 GMT', ...(said !== undefined && { 'retry-after': said }) },
        ),
      );
      expect(await fault).toMatchObject({ code: 'upstream_throttled', retryAfter: seconds });
      expect(rig.one.trouble).toBe('throttled');
      expect(rig.log.lines).toEqual([expect.stringContaining('IAM has too many logins')]);
      expect(rig.log.lines[0]).not.toMatch(/refuse/);
      await clock.advance(seconds * 1_000 - 1);
      await faultOf(rig.token());
      expect(transport.requests).toHaveLength(1);
      await clock.advance(1);
      await hold(rig, 'token');
    },
  );

  it('is logged with who and why, and not with the password', async () => {
    const fault = faultOf(rig.token());
    await settled();
    await transport.answer(0, WRONG_PASSWORD);
    await fault;
    expect(rig.log.lines).toHaveLength(1);
    expect(rig.log.lines[0]).toContain('"userName":"user"');
    expect(rig.log.lines[0]).toContain('"projects":["test"]');
    expect(rig.log.lines[0]).toContain('IAM.0062');
    expect(rig.log.lines[0]).not.toContain('secret');
  });

  it('is logged with what IAM said, which callers do not see: it may name the account, or repeat the password', async () => {
    const fault = faultOf(rig.token());
    await settled();
    const error_msg = 'user hss-gateway of my-account may not log in with secret';
    await transport.answer(0, answered(401, { error_code: 'IAM.0062', error_msg }));
    expect((await fault).upstream).toEqual({ code: 'IAM.0062' });
    expect(rig.log.lines[0]).toContain('user hss-gateway of my-account may not log in with ***');
  });
});
