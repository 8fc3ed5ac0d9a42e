import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Exchange } from '../transport.js';
import {
  answered,
  AnsweringTransport,
  AuthenticatorRig,
  DAY_MS,
  FakeClock,
  faultOf,
  HeldTransport,
  hold,
  passwordProject,
  PROJECT_ID,
  REGION,
  REQUEST,
  settled,
  tokenAnswer,
  UNREACHABLE,
  withoutId,
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

describe('a token that is asked for', () => {
  it('is asked for as the contract has it, for the id of the project', async () => {
    void rig.token();
    await settled();
    expect(transport.requests).toEqual([
      {
        origin: 'https://iam.example.com',
        method: 'POST',
        target: '/v3/auth/tokens?nocatalog=true',
        headers: { 'Content-Type': 'application/json;charset=utf8' },
        body: JSON.stringify({
          auth: {
            identity: {
              methods: ['password'],
              password: { user: { name: 'user', password: 'secret', domain: { name: 'account' } } },
            },
            scope: { project: { id: PROJECT_ID } },
          },
        }),
        timeoutMs: 8_000,
        maxAnswerBytes: 262_144,
      },
    ]);
  });

  it('is asked for by the name of the region where there is no id, and learns the id', async () => {
    rig = new AuthenticatorRig(clock, transport, withoutId(passwordProject()));
    const id = rig.one.projectId(clock.monotonic() + 1_000);
    await settled();
    expect(JSON.parse(transport.requests[0]?.body ?? '')).toMatchObject({
      auth: { scope: { project: { name: REGION } } },
    });
    await transport.answer(0, tokenAnswer(clock, 'token'));
    expect(await id).toBe(PROJECT_ID);
    expect(await rig.token()).toBe('token');
    expect(transport.requests).toHaveLength(1);
  });

  it('is asked for once, however many requests wait for it', async () => {
    const tokens = Array.from({ length: 1_000 }, () => rig.token());
    await settled();
    expect(transport.requests).toHaveLength(1);
    await transport.answer(0, tokenAnswer(clock, 'token'));
    expect(new Set(await Promise.all(tokens))).toEqual(new Set(['token']));
    expect(transport.requests).toHaveLength(1);
  });

  it('is added to the headers of the request, of which nothing else changes', async () => {
    await hold(rig, 'token');
    expect((await rig.prove()).headers).toEqual({ region: REGION, 'X-Auth-Token': 'token' });
  });

  it('may have 32,768 characters', async () => {
    await hold(rig, 'x'.repeat(32_768));
  });
});

describe('a token that is about to expire', () => {
  it('goes on serving while a new one is asked for in the background', async () => {
    await hold(rig, 'old');
    await clock.advance(0.8 * DAY_MS - 1);
    expect(await rig.token()).toBe('old');
    expect(transport.requests).toHaveLength(1);
    await clock.advance(1);
    expect(await rig.token()).toBe('old');
    expect(await rig.token()).toBe('old');
    expect(transport.requests).toHaveLength(2);
    await transport.answer(1, tokenAnswer(clock, 'new'));
    expect(await rig.token()).toBe('new');
  });

  it('is replaced at a time that is drawn between 80 % and 90 % of its life', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 0.999, noNaN: true }), async (chance) => {
        clock = new FakeClock();
        transport = new HeldTransport();
        rig = new AuthenticatorRig(clock, transport, passwordProject());
        rig.chance = chance;
        await hold(rig, 'old');
        const due = Math.ceil((0.8 + 0.1 * chance) * DAY_MS);
        await clock.advance(due - 2);
        await rig.token();
        expect(transport.requests).toHaveLength(1);
        await clock.advance(2);
        await rig.token();
        expect(transport.requests).toHaveLength(2);
      }),
      { numRuns: 30 },
    );
  });

  it('goes on serving when the new one could not be had, which is tried again five seconds later', async () => {
    await hold(rig, 'old');
    await clock.advance(0.9 * DAY_MS);
    expect(await rig.token()).toBe('old');
    await transport.answer(1, UNREACHABLE);
    await clock.advance(4_999);
    expect(await rig.token()).toBe('old');
    expect(transport.requests).toHaveLength(2);
    await clock.advance(1);
    expect(await rig.token()).toBe('old');
    expect(transport.requests).toHaveLength(3);
  });

  it('goes on serving when the login is refused meanwhile, and the gateway stays ready', async () => {
    await hold(rig, 'old');
    await clock.advance(0.9 * DAY_MS);
    await rig.token();
    await transport.answer(1, WRONG_PASSWORD);
    expect(await rig.token()).toBe('old');
    expect(rig.one.trouble).toBeUndefined();
  });

  it('is not sent any more in its last thirty seconds', async () => {
    await hold(rig, 'old');
    await clock.advance(DAY_MS - 30_000);
    const token = rig.token();
    await settled();
    await transport.answer(1, tokenAnswer(clock, 'new'));
    expect(await token).toBe('new');
  });
});

describe('an answer that is no token for this project', () => {
  const good = { expires_at: '2026-01-02T00:00:00.000000Z', project: { id: PROJECT_ID, name: REGION } };
  const header = { 'x-subject-token': 'token' };

  it.each<[string, Exchange]>([
    ['has no token in its header', answered(201, { token: good })],
    ['has an empty one', answered(201, { token: good }, { 'x-subject-token': '' })],
    ['has one that is too long', answered(201, { token: good }, { 'x-subject-token': 'x'.repeat(32_769) })],
    ['has one with a blank', answered(201, { token: good }, { 'x-subject-token': 'to ken' })],
    ['has one with a line break', answered(201, { token: good }, { 'x-subject-token': 'to\nken' })],
    ['is for another project', answered(201, { token: { ...good, project: { id: 'other' } } }, header)],
    ['is for an account', answered(201, { token: { ...good, project: undefined } }, header)],
    ['has expired', answered(201, { token: { ...good, expires_at: '2025-12-31T23:59:59Z' } }, header)],
    ['lives for seconds', answered(201, { token: { ...good, expires_at: '2026-01-01T00:00:59Z' } }, header)],
    ['expires at a number', answered(201, { token: { ...good, expires_at: 1_790_000_000_000 } }, header)],
    ['expires at no time', answered(201, { token: { ...good, expires_at: '2026' } }, header)],
    ['does not say when it expires', answered(201, { token: { project: good.project } }, header)],
    ['is no object', answered(201, 'null', header)],
    ['has a token that is no object', answered(201, { token: 'x' }, header)],
    ['has no body', answered(201, '', header)],
  ])('is not kept: it %s', async (_, answer) => {
    const fault = faultOf(rig.token());
    await settled();
    await transport.answer(0, answer);
    const unusable = { status: 503, code: 'upstream_token_unusable', retryable: true };
    expect(await fault).toMatchObject({ ...unusable, retryAfter: 5 });
    await clock.advance(4_999);
    expect(await faultOf(rig.token())).toMatchObject({ ...unusable, retryAfter: 1 });
    expect(transport.requests).toHaveLength(1);
    await clock.advance(1);
    const token = rig.token();
    await settled();
    await transport.answer(1, tokenAnswer(clock, 'good'));
    expect(await token).toBe('good');
  });

  it('is not kept: it has an id that could not stand in a path', async () => {
    rig = new AuthenticatorRig(clock, transport, withoutId(passwordProject()));
    const fault = faultOf(rig.token());
    await settled();
    await transport.answer(0, tokenAnswer(clock, 'token', { project: { id: 'a/../b', name: REGION } }));
    expect(await fault).toMatchObject({ code: 'upstream_token_unusable' });
  });

  it.each([
    [200, { token: good }],
    [302, ''],
    [500, ''],
    [201, '<html>'],
  ])('is not kept: it has the status %i and the body %j', async (status, body) => {
    const fault = faultOf(rig.token());
    await settled();
    await transport.answer(0, answered(status, body, header));
    expect(await fault).toMatchObject({ status: 503 });
  });
});

describe('a token that cannot be had', () => {
  it('is not asked for with every request while IAM fails, and again within five seconds of its recovery', async () => {
    let up = false;
    const answering = new AnsweringTransport(() =>
      up ? tokenAnswer(clock, 'token') : answered(500, { error_code: 'IAM.0006' }),
    );
    const failing = new AuthenticatorRig(clock, answering, passwordProject());
    for (let tick = 0; tick < 600; tick += 1) {
      expect(await faultOf(failing.token())).toMatchObject({ code: 'upstream_token_unavailable' });
      await clock.advance(100);
    }
    expect(answering.requests.length).toBeLessThanOrEqual(15);
    expect(failing.one.trouble).toBe('unavailable');
    up = true;
    await clock.advance(5_000);
    expect(await failing.token()).toBe('token');
  });

  it('fails all who wait for it together, and is asked for again by the next request', async () => {
    const faults = Array.from({ length: 100 }, () => faultOf(rig.token()));
    await settled();
    await transport.answer(0, UNREACHABLE);
    for (const fault of await Promise.all(faults)) {
      expect(fault).toMatchObject({ status: 503, code: 'upstream_token_unavailable', retryable: true });
    }
    expect(transport.requests).toHaveLength(1);
    const next = rig.token();
    await settled();
    expect(transport.requests).toHaveLength(2);
    await transport.answer(1, tokenAnswer(clock, 'token'));
    expect(await next).toBe('token');
  });

  it('is waited for no longer than the deadline of each request', async () => {
    const hasty = faultOf(rig.prove(REQUEST, clock.monotonic() + 300));
    const patient = rig.prove(REQUEST, clock.monotonic() + 10_000);
    await clock.advance(299);
    await expect(Promise.race([hasty, Promise.resolve('waits')])).resolves.toBe('waits');
    await clock.advance(1);
    expect(await hasty).toMatchObject({ status: 504, code: 'deadline_exceeded' });
    await transport.answer(0, tokenAnswer(clock, 'token'));
    expect((await patient).headers).toMatchObject({ 'X-Auth-Token': 'token' });
    expect(transport.requests).toHaveLength(1);
  });
});
