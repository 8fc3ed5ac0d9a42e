import { beforeEach, describe, expect, it } from '@jest/globals';

import {
  AuthenticatorRig,
  DAY_MS,
  FakeClock,
  HeldTransport,
  hold,
  passwordProject,
  settled,
  tokenAnswer,
} from './authentication.fixture.js';

let clock: FakeClock;
let transport: HeldTransport;
let rig: AuthenticatorRig<HeldTransport>;
beforeEach(() => {
  clock = new FakeClock();
  transport = new HeldTransport();
  rig = new AuthenticatorRig(clock, transport, passwordProject());
});

describe('a token that upstream does not take', () => {
  it('is replaced once for all the requests that it went with', async () => {
    await hold(rig, 'old');
    const proofs = await Promise.all(Array.from({ length: 50 }, () => rig.prove()));
    const renewals = await Promise.all(proofs.map((proof) => rig.one.reject(proof)));
    expect(new Set(renewals)).toEqual(new Set(['renewed_may_help']));
    const tokens = proofs.map(() => rig.token());
    await settled();
    await transport.answer(1, tokenAnswer(clock, 'new'));
    expect(new Set(await Promise.all(tokens))).toEqual(new Set(['new']));
    expect(transport.requests).toHaveLength(2);
  });

  it('does not cost a newer one', async () => {
    await hold(rig, 'old');
    const old = await rig.prove();
    await rig.one.reject(old);
    await hold(rig, 'new');
    expect(await rig.one.reject(old)).toBe('renewed_may_help');
    expect(await rig.token()).toBe('new');
    expect(transport.requests).toHaveLength(2);
  });

  it('is final when its replacement is not taken either: IAM is not asked again and again', async () => {
    await hold(rig, 'first');
    await rig.one.reject(await rig.prove());
    await hold(rig, 'second');
    const second = await rig.prove();
    expect(await rig.one.reject(second)).toBe('final');
    expect(await rig.one.reject(second)).toBe('final');
    expect(transport.requests).toHaveLength(2);
    await clock.advance(5_000);
    expect(await rig.one.reject(second)).toBe('renewed_may_help');
  });

  it('is replaced again when it had been taken before', async () => {
    await hold(rig, 'first');
    await rig.one.reject(await rig.prove());
    await hold(rig, 'second');
    const second = await rig.prove();
    rig.one.accept(second);
    expect(await rig.one.reject(second)).toBe('renewed_may_help');
  });

  it('is not replaced by one that was asked for before it was rejected, however late that comes', async () => {
    await hold(rig, 'old');
    await clock.advance(0.9 * DAY_MS);
    const old = await rig.prove();
    expect(transport.requests).toHaveLength(2);
    await rig.one.reject(old);
    const token = rig.token();
    await settled();
    expect(transport.requests).toHaveLength(3);
    await transport.answer(2, tokenAnswer(clock, 'newest'));
    expect(await token).toBe('newest');
    await transport.answer(1, tokenAnswer(clock, 'slow'));
    expect(await rig.token()).toBe('newest');
  });

  it('is not replaced by one that was asked for before, when that comes first either', async () => {
    await hold(rig, 'old');
    await clock.advance(0.9 * DAY_MS);
    const old = await rig.prove();
    await rig.one.reject(old);
    await transport.answer(1, tokenAnswer(clock, 'stale'));
    const token = rig.token();
    await settled();
    await transport.answer(2, tokenAnswer(clock, 'newest'));
    expect(await token).toBe('newest');
  });
});
