import { beforeEach, describe, expect, it } from '@jest/globals';

import {
  AnsweringTransport,
  AuthenticatorRig,
  DAY_MS,
  FakeClock,
  faultOf,
  HeldTransport,
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

describe('how long a token lives', () => {
  const lives = async (life: number) => {
    await clock.advance(life - 30_001);
    expect(await rig.token()).toBe('token');
    expect(transport.requests.length).toBeLessThanOrEqual(2);
    await clock.advance(1);
    void rig.token().catch(() => undefined);
    await settled();
    expect(rig.one.trouble).toBeUndefined();
    return transport.requests.length;
  };
  const got = async (options: Parameters<typeof tokenAnswer>[2], headers: object = {}) => {
    const token = rig.token();
    await settled();
    const answer = tokenAnswer(clock, 'token', options);
    await transport.answer(0, { ...answer, headers: { ...answer.headers, ...headers } });
    expect(await token).toBe('token');
  };

  it.each([0, DAY_MS, -DAY_MS, 365 * DAY_MS])(
    "is taken from IAM's own times, however far its clock is from ours: %i ms",
    async (ahead) => {
      await got({ ahead, life: 3_600_000 });
      await lives(3_600_000);
    },
  );

  it('is taken from the date of the answer where IAM does not say when it was issued', async () => {
    const date = new Date(clock.now() - 7 * DAY_MS).toUTCString();
    await got({ ahead: -7 * DAY_MS, life: 3_600_000, issued_at: undefined }, { date });
    await lives(3_600_000);
  });

  it('is taken from our clock where nothing else is said, and a time without a zone is UTC', async () => {
    const expires_at = new Date(clock.now() + 3_600_000).toISOString().replace('Z', '');
    await got({ issued_at: 'yesterday', expires_at } as object);
    await lives(3_600_000);
  });

  it('is never believed beyond a day', async () => {
    await got({ life: 3_650 * DAY_MS });
    await lives(DAY_MS);
  });
});

describe('tokens that cannot be used', () => {
  const twentySeconds = (at: FakeClock) => tokenAnswer(at, 'token', { life: 20_000 });

  it('are asked for less and less often, with a line of the log for each, and not with each request', async () => {
    const answering = new AnsweringTransport(() => twentySeconds(clock));
    const unusable = new AuthenticatorRig(clock, answering, passwordProject());
    const asked: number[] = [];
    for (let second = 0; second < 900; second += 1) {
      expect(await faultOf(unusable.token())).toMatchObject({ code: 'upstream_token_unusable' });
      expect(unusable.one.trouble).toBe('unusable');
      if (answering.requests.length > asked.length) asked.push(second);
      await clock.advance(1_000);
    }
    expect(asked).toEqual([0, 5, 15, 45, 105, 405, 705]);
    expect(unusable.log.lines).toHaveLength(asked.length);
    for (const line of unusable.log.lines) {
      expect(line).toContain('IAM gives a token that lives for 20 seconds only');
      expect(line).toContain('"project":"test"');
      expect(line).not.toContain('clock');
    }
  });

  it.each([
    [-3_600_000, 'the clock of this machine is 3600 s ahead of theirs: check it'],
    [3_600_000, 'the clock of this machine is 3600 s behind theirs: check it'],
  ])('name a clock that is wrong where it looks like one: %i ms', async (ahead, words) => {
    const answering = new AnsweringTransport(() => tokenAnswer(clock, 'token', { ahead, life: 20_000 }));
    const unusable = new AuthenticatorRig(clock, answering, passwordProject());
    await faultOf(unusable.token());
    expect(unusable.log.lines[0]).toContain(words);
  });

  it('that look expired by nothing but our own clock name that clock', async () => {
    const past = { life: -3_600_000, issued_at: undefined };
    const answering = new AnsweringTransport(() => tokenAnswer(clock, 'token', past));
    const unusable = new AuthenticatorRig(clock, answering, passwordProject());
    await faultOf(unusable.token());
    expect(unusable.log.lines[0]).toContain('has ended before it was given by the clock of this machine');
  });

  it('are forgotten as soon as one can be used', async () => {
    let good = false;
    const answering = new AnsweringTransport(() =>
      good ? tokenAnswer(clock, 'good') : twentySeconds(clock),
    );
    const mended = new AuthenticatorRig(clock, answering, passwordProject());
    await faultOf(mended.token());
    await clock.advance(5_000);
    await faultOf(mended.token());
    good = true;
    await clock.advance(10_000);
    expect(await mended.token()).toBe('good');
    expect(mended.one.trouble).toBeUndefined();
  });

  it('do not keep the one that still serves from serving', async () => {
    let good = true;
    const answering = new AnsweringTransport(() =>
      good ? tokenAnswer(clock, 'good') : twentySeconds(clock),
    );
    const serving = new AuthenticatorRig(clock, answering, passwordProject());
    expect(await serving.token()).toBe('good');
    good = false;
    await clock.advance(0.9 * DAY_MS);
    for (let minute = 0; minute < 60; minute += 1) {
      expect(await serving.token()).toBe('good');
      await clock.advance(60_000);
    }
    expect(serving.one.trouble).toBeUndefined();
    expect(answering.requests.length).toBeLessThan(20);
  });
});
