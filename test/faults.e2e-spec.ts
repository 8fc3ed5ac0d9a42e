import { afterEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { OperationType } from '../src/domain/operation-type.js';
import type { Fault } from '../src/simulator/faults/fault.js';
import { Transport } from '../src/upstream/transport.js';
import { addAlarms, touched, type NamedAlarm } from './support/bulk-alarms.js';
import { projectOf, startRig, type JsonAnswer, type Overrides, type Rig } from './support/gateway.js';
import { problemOf } from './support/problems.js';

const OPERATE = '/event/operate';
const TOKENS = '/v3/auth/tokens';
const QUICK: Overrides = {
  upstream: {
    deadlineMs: 4_000,
    attemptTimeoutMs: 400,
    maxAttempts: 3,
    connections: 8,
    settleQuietMs: 60_000,
    settleGiveUpMs: 60_000,
  },
};

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

/** What the answer claims, what its receipt says of the exchange, and what really happened to the alarm. */
interface Story {
  readonly status: number;
  readonly code?: string;
  readonly outcome: string;
  readonly retryable?: boolean;
  readonly attempts?: number;
  readonly bytesSent?: boolean;
  readonly verified?: boolean;
  /** How often upstream carried the operation out. */
  readonly effects: number;
}

/** What the simulator says of the requests that it saw. */
interface Seen {
  readonly requests: readonly { readonly requestId: string }[];
}

const claims = (answer: JsonAnswer) =>
  answer.body as {
    id?: string;
    operationId?: string;
    code?: string;
    retryable?: boolean;
    retryAfter?: number;
    outcome?: Story['outcome'];
  };

async function storyOf(at: Rig, answer: JsonAnswer): Promise<Story> {
  const { id, operationId = id, code, retryable, outcome } = claims(answer);
  const receipt = (await at.call('GET', `/v1/operations/${operationId}`)).body as ReceiptDto;
  const [exchange] = receipt.exchanges;
  const alarm = receipt.alarms[0]!;
  if (id !== undefined) expect(receipt).toEqual(answer.body);
  const effects = (await touched(at)).flatMap((each) => each.effects).length;
  return {
    status: answer.status,
    // What is looked up since may be known by now.
    outcome: outcome ?? alarm.outcome,
    verified: alarm.verified,
    effects,
    ...(code !== undefined && { code }),
    ...(retryable !== undefined && { retryable }),
    ...(exchange?.attempts !== undefined && { attempts: exchange.attempts }),
    ...(exchange?.bytesSent !== undefined && { bytesSent: exchange.bytesSent }),
  };
}

/** An operation on one alarm through a fresh gateway, with these faults in its way. */
async function tell(
  operation: OperationType,
  faults: readonly object[],
  overrides: Overrides = {},
): Promise<Story & { answer: JsonAnswer }> {
  rig = await startRig({ ...QUICK, ...overrides });
  const alarms: NamedAlarm[] = await addAlarms(rig, 1);
  if (faults.length > 0) expect((await rig.control('POST', '/faults', faults)).status).toBe(200);
  const answer = await rig.operate({ operation, alarms });
  return { ...(await storyOf(rig, answer)), answer };
}

const once = (fault: Fault, path = OPERATE) => [{ match: { path }, fault }];
const always = (fault: Fault, path = OPERATE) => [{ match: { path }, times: 'always', fault }];

const applied = { status: 200, outcome: 'applied', bytesSent: true };
const unanswered = {
  status: 504,
  code: 'upstream_unanswered',
  outcome: 'unknown',
  retryable: false,
  bytesSent: true,
};

describe('an answer that never comes, or not whole', () => {
  it.each<[string, OperationType, readonly object[], Partial<Story>]>([
    [
      'reset before the body, once',
      'ignore',
      once({ kind: 'reset', when: 'before_body' }),
      { ...applied, attempts: 2, effects: 1 },
    ],
    [
      'reset before the body, once',
      'isolate_and_kill',
      once({ kind: 'reset', when: 'before_body' }),
      { ...unanswered, attempts: 1, effects: 0 },
    ],
    [
      'reset before the effect, once',
      'isolate_and_kill',
      once({ kind: 'reset', when: 'before_effect' }),
      { ...unanswered, attempts: 1, effects: 0 },
    ],
    [
      'reset after the effect, once',
      'ignore',
      once({ kind: 'reset', when: 'after_effect' }),
      { ...applied, attempts: 2, effects: 2 },
    ],
    [
      'reset after the effect, once',
      'isolate_and_kill',
      once({ kind: 'reset', when: 'after_effect' }),
      { ...unanswered, attempts: 1, effects: 1 },
    ],
    [
      'reset after the effect, once',
      'add_to_alarm_whitelist',
      once({ kind: 'reset', when: 'after_effect' }),
      { ...unanswered, attempts: 1, effects: 1 },
    ],
    [
      'reset every time',
      'mark_as_handled',
      always({ kind: 'reset', when: 'before_effect' }),
      { ...unanswered, attempts: 3, effects: 0 },
    ],
    ['silence', 'ignore', always({ kind: 'hang' }), { ...unanswered, attempts: 3, effects: 0 }],
    ['silence', 'isolate_and_kill', always({ kind: 'hang' }), { ...unanswered, attempts: 1, effects: 0 }],
    [
      'silence after the effect',
      'isolate_and_kill',
      always({ kind: 'hang', effect: 'applied' }),
      { ...unanswered, attempts: 1, effects: 1 },
    ],
    [
      'silence after the effect',
      'add_to_alarm_whitelist',
      always({ kind: 'hang', effect: 'applied' }),
      { ...unanswered, attempts: 1, effects: 1 },
    ],
    [
      'an answer that is late, once',
      'unhandle',
      once({ kind: 'delay', delayMs: 1_000 }),
      { ...applied, attempts: 2, effects: 2 },
    ],
    [
      'an answer that is late, once',
      'isolate_and_kill',
      once({ kind: 'delay', delayMs: 1_000 }),
      { ...unanswered, attempts: 1, effects: 1 },
    ],
    [
      'an answer in slices that takes too long',
      'isolate_and_kill',
      once({ kind: 'slow', sliceBytes: 1, everyMs: 50 }),
      { ...unanswered, attempts: 1, effects: 1 },
    ],
    [
      'an answer in slices',
      'isolate_and_kill',
      once({ kind: 'slow', sliceBytes: 40, everyMs: 5 }),
      { ...applied, attempts: 1, effects: 1 },
    ],
    [
      'an answer without end',
      'ignore',
      always({ kind: 'endless' }),
      { ...unanswered, attempts: 3, effects: 3 },
    ],
    [
      'an answer that is cut off, once',
      'do_not_ignore',
      once({ kind: 'truncate' }),
      { ...applied, attempts: 2, effects: 2 },
    ],
    [
      'an answer that is cut off',
      'isolate_and_kill',
      always({ kind: 'truncate' }),
      { ...unanswered, attempts: 1, effects: 1 },
    ],
    [
      'an answer whose connection closes late',
      'isolate_and_kill',
      once({ kind: 'slow_close', closeAfterMs: 50 }),
      { ...applied, attempts: 1, effects: 1 },
    ],
    [
      'an answer with large headers',
      'isolate_and_kill',
      once({ kind: 'large_headers' }),
      { ...applied, attempts: 1, effects: 1 },
    ],
  ])('%s: %s', async (_, operation, faults, story) => {
    expect(await tell(operation, faults)).toMatchObject(story);
  });

  it('is not forgotten when a later attempt is refused: what is told is what is not known', async () => {
    const faults = [
      ...once({ kind: 'reset', when: 'after_effect' }),
      ...once({ kind: 'status', status: 400, errorCode: 'HSS.1007' }),
    ];
    expect(await tell('ignore', faults)).toMatchObject({ ...unanswered, attempts: 2, effects: 1 });
  });
});

describe('an answer that is an error', () => {
  const rejected = { outcome: 'rejected', bytesSent: true, effects: 0 };
  it.each<[string, OperationType, readonly object[], Partial<Story>]>([
    [
      '500 of a gateway that passed nothing on, once',
      'isolate_and_kill',
      once({ kind: 'status', status: 500, errorCode: 'APIGW.0605' }),
      { ...applied, attempts: 2, effects: 1 },
    ],
    [
      '500 of a gateway that passed nothing on',
      'ignore',
      always({ kind: 'status', status: 500, errorCode: 'APIGW.0605' }),
      { ...rejected, status: 503, code: 'upstream_unavailable', retryable: true, attempts: 3 },
    ],
    [
      '500 of an unknown depth',
      'ignore',
      always({ kind: 'status', status: 500, errorCode: 'APIGW.0601' }),
      { status: 502, code: 'upstream_failed', outcome: 'unknown', retryable: false, attempts: 3, effects: 0 },
    ],
    [
      '500 of an unknown depth, carried out',
      'isolate_and_kill',
      always({ kind: 'status', status: 500, errorCode: 'APIGW.0601', effect: 'applied' }),
      { status: 502, code: 'upstream_failed', outcome: 'unknown', attempts: 1, effects: 1 },
    ],
    [
      '503 without a word',
      'ignore',
      always({ kind: 'status', status: 503 }),
      { status: 502, code: 'upstream_failed', outcome: 'unknown', retryable: false, attempts: 3, effects: 0 },
    ],
    [
      '504 of a middle box, carried out',
      'isolate_and_kill',
      always({ kind: 'status', status: 504, errorCode: 'APIGW.0201', effect: 'applied' }),
      { status: 502, code: 'upstream_failed', outcome: 'unknown', attempts: 1, effects: 1 },
    ],
    [
      'an HTML 502',
      'ignore',
      always({ kind: 'html' }),
      { status: 502, code: 'upstream_failed', outcome: 'unknown', retryable: false, attempts: 3, effects: 0 },
    ],
    ['an HTML 502, once', 'ignore', once({ kind: 'html' }), { ...applied, attempts: 2, effects: 1 }],
    [
      '200 with a refusal inside',
      'isolate_and_kill',
      always({ kind: 'error_in_200', errorCode: 'HSS.0010' }),
      { ...rejected, status: 403, code: 'upstream_permission_denied', retryable: false, attempts: 1 },
    ],
    [
      '200 with something else inside',
      'ignore',
      always({ kind: 'status', status: 200, body: '<html>', contentType: 'text/html' }),
      { status: 502, code: 'upstream_unreadable', outcome: 'unknown', attempts: 3, effects: 0 },
    ],
    [
      '201, which is not documented',
      'isolate_and_kill',
      always({ kind: 'status', status: 201, body: '{}', effect: 'applied' }),
      { status: 502, code: 'upstream_unreadable', outcome: 'unknown', attempts: 1, effects: 1 },
    ],
    [
      'a business refusal',
      'isolate_and_kill',
      always({ kind: 'status', status: 400, errorCode: 'HSS.1001' }),
      { ...rejected, status: 409, code: 'agent_missing', retryable: false, attempts: 1 },
    ],
    [
      'the short form of a refusal',
      'ignore',
      always({ kind: 'status', status: 400, errorCode: '00000010' }),
      { ...rejected, status: 403, code: 'upstream_permission_denied', attempts: 1 },
    ],
    [
      '400 without a word',
      'ignore',
      always({ kind: 'status', status: 400 }),
      { ...rejected, status: 502, code: 'upstream_refused', attempts: 1 },
    ],
    [
      'a redirect',
      'isolate_and_kill',
      always({ kind: 'status', status: 307, headers: { Location: 'http://127.0.0.1:1/elsewhere' } }),
      { ...rejected, status: 502, code: 'upstream_redirected', attempts: 1 },
    ],
    [
      'throttled, once',
      'isolate_and_kill',
      once({ kind: 'throttle' }),
      { ...applied, attempts: 2, effects: 1 },
    ],
    [
      'throttled for a second, once',
      'isolate_and_kill',
      once({ kind: 'throttle', retryAfter: '1' }),
      { ...applied, attempts: 2, effects: 1 },
    ],
  ])('%s: %s', async (_, operation, faults, story) => {
    expect(await tell(operation, faults)).toMatchObject(story);
  });

  it.each([
    ['seconds', () => '30'],
    ['a date', () => new Date(Date.now() + 30_000).toUTCString()],
  ])('a throttle that asks to wait longer than there is time, in %s, is passed on', async (_, retryAfter) => {
    const asked = Date.now();
    const { answer, ...story } = await tell(
      'isolate_and_kill',
      always({ kind: 'throttle', retryAfter: retryAfter() }),
    );
    expect(story).toMatchObject({
      ...rejected,
      status: 503,
      code: 'upstream_throttled',
      retryable: true,
      attempts: 1,
    });
    const wait = claims(answer).retryAfter ?? 0;
    // A date has whole seconds, and comes nearer while the request is on its way.
    const elapsed = Math.ceil((Date.now() - asked) / 1_000) + 1;
    expect(wait).toBeLessThanOrEqual(30);
    expect(wait).toBeGreaterThanOrEqual(Math.max(1, 30 - elapsed));
    expect(answer.headers.get('retry-after')).toBe(String(wait));
  });

  it("carries upstream's code, words and request id", async () => {
    const { answer } = await tell('ignore', always({ kind: 'status', status: 400, errorCode: 'APIGW.0310' }));
    const seen = (await rig!.control('GET', '/requests?path=operate')).body as Seen;
    const [request] = seen.requests;
    expect(problemOf(answer).upstream).toEqual({
      code: 'APIGW.0310',
      upstreamRequestId: request?.requestId,
      message: 'fault on request',
    });
  });
});

describe('a token that is not taken', () => {
  const refusal: Fault = { kind: 'status', status: 401, errorCode: 'APIGW.0301' };

  it('is replaced once and the request sent once more', async () => {
    expect(await tell('isolate_and_kill', once(refusal))).toMatchObject({
      ...applied,
      attempts: 2,
      effects: 1,
    });
    expect(await rig!.received(TOKENS)).toHaveLength(2);
    const [first, second] = (await rig!.received(OPERATE)).map(
      ({ headers }) => headers.find(([name]) => name.toLowerCase() === 'x-auth-token')?.[1],
    );
    expect(first).not.toBe(second);
  });

  it('twice is final', async () => {
    expect(await tell('ignore', always(refusal))).toMatchObject({
      status: 503,
      code: 'upstream_authentication_failed',
      outcome: 'rejected',
      attempts: 2,
      bytesSent: true,
      effects: 0,
    });
    expect(await rig!.received(TOKENS)).toHaveLength(2);
    expect(await rig!.received(OPERATE)).toHaveLength(2);
  });

  it('after it was revoked is not missed: the next request goes through', async () => {
    rig = await startRig(QUICK);
    const alarms = await addAlarms(rig, 1);
    expect((await rig.operate({ operation: 'ignore', alarms })).status).toBe(200);
    await rig.control('POST', '/tokens/revoke', {});
    expect((await rig.operate({ operation: 'do_not_ignore', alarms })).status).toBe(200);
    expect(await rig.received(TOKENS)).toHaveLength(2);
  });
});

describe('an IAM that gives no token', () => {
  const nothingSent = { outcome: 'not_attempted', attempts: 0, bytesSent: false, effects: 0 };

  it.each<[string, Fault, Partial<Story>]>([
    [
      'fails',
      { kind: 'status', status: 500, errorCode: 'IAM.0006' },
      { code: 'upstream_token_unavailable', retryable: true },
    ],
    [
      'is silent',
      { kind: 'reset', when: 'before_effect' },
      { code: 'upstream_token_unavailable', retryable: true },
    ],
    [
      'throttles',
      { kind: 'status', status: 429, errorCode: 'IAM.0012' },
      { code: 'upstream_throttled', retryable: true },
    ],
    [
      'has locked the account',
      { kind: 'status', status: 401, errorCode: 'IAM.0061' },
      { code: 'upstream_account_locked', retryable: false },
    ],
    [
      'forbids programmatic access',
      { kind: 'status', status: 403, errorCode: 'IAM.0081' },
      { code: 'upstream_authentication_failed', retryable: false },
    ],
    [
      'answers something else',
      { kind: 'status', status: 201, body: '{}' },
      { code: 'upstream_token_unusable', retryable: true },
    ],
  ])('because it %s: nothing is sent', async (_, fault, story) => {
    expect(await tell('isolate_and_kill', always(fault, TOKENS))).toMatchObject({
      status: 503,
      ...nothingSent,
      ...story,
    });
    expect(await rig!.received(OPERATE)).toEqual([]);
  });

  it('because it is down: nothing is sent', async () => {
    const down: Overrides = {
      projects: (cloud) => [{ ...projectOf(cloud), iamEndpoint: 'http://127.0.0.1:1' }],
    };
    expect(await tell('ignore', [], down)).toMatchObject({
      status: 503,
      code: 'upstream_token_unavailable',
      ...nothingSent,
    });
  });

  it('because the password is wrong: fifty requests at once make one login, and readiness says so', async () => {
    rig = await startRig(QUICK);
    const alarms = await addAlarms(rig, 1);
    await rig.control('POST', '/settings', { password: 'another password' });
    const at = rig;
    expect((await at.call('GET', '/readyz')).status).toBe(200);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => at.operate({ operation: 'ignore', alarms })),
    );
    for (const answer of answers) {
      expect(problemOf(answer)).toMatchObject({
        status: 503,
        code: 'upstream_authentication_failed',
        outcome: 'not_attempted',
        operationId: expect.any(String),
      });
      expect([1, 2, 3, 4, 5]).toContain(Number(answer.headers.get('retry-after')));
    }
    const more = await at.operate({ operation: 'ignore', alarms });
    expect(more.status).toBe(503);
    expect(await at.received(TOKENS)).toHaveLength(1);
    expect(await at.received(OPERATE)).toEqual([]);
    expect(problemOf(await at.call('GET', '/readyz'))).toMatchObject({
      code: 'not_ready',
      detail: expect.stringContaining('test'),
    });
  });
});

describe('an upstream that cannot be reached', () => {
  it('is tried three times, and nothing is claimed to have left', async () => {
    const down: Overrides = {
      projects: (cloud) => [{ ...projectOf(cloud), hssEndpoint: 'http://127.0.0.1:1' }],
    };
    expect(await tell('isolate_and_kill', [], down)).toMatchObject({
      status: 503,
      code: 'upstream_unreachable',
      outcome: 'not_attempted',
      retryable: true,
      attempts: 3,
      bytesSent: false,
      effects: 0,
    });
  });
});

describe('what upstream itself refuses', () => {
  it.each<['offlineAgent' | 'noAgent', number, string]>([
    ['offlineAgent', 409, 'agent_offline'],
    ['noAgent', 409, 'agent_missing'],
  ])('%s', async (name, status, code) => {
    rig = await startRig(QUICK);
    const eventId = rig.simulator.specialAlarms[name];
    const events = (await rig.control('GET', `/state?eventId=${eventId}`)).body as {
      alarms: { eventClassId: string; eventType: number; occurTime: number }[];
    };
    const { eventClassId, eventType, occurTime } = events.alarms[0]!;
    const { agents } = (await rig.control('GET', '/state')).body as { agents: Record<string, string> };
    const wanted = name === 'offlineAgent' ? 'offline' : 'not_installed';
    const agentId = Object.entries(agents).find(([, state]) => state === wanted)?.[0] ?? '';
    const { details: listed } = (await rig.call('GET', `/v1/alarms/${eventId}`)).body as {
      details: { fileHash?: string; filePath?: string; processPid?: number }[];
    };
    const details = listed.slice(0, 1).map((detail) => ({
      ...{ fileHash: 'h', filePath: '/x', processPid: 3123, ...detail },
      agentId,
    }));
    const answer = await rig.operate({
      operation: 'isolate_and_kill',
      alarms: [{ eventId, eventClassId, eventType, occurTime, details }],
    });
    expect(await storyOf(rig, answer)).toMatchObject({
      status,
      code,
      outcome: 'rejected',
      attempts: 1,
      effects: 0,
    });
  });

  it('an enterprise project without a right', async () => {
    rig = await startRig(QUICK);
    const scope = { enterpriseProjectId: rig.simulator.deniedEnterpriseProject };
    const answer = await rig.operate({ operation: 'ignore', alarms: await addAlarms(rig, 1), scope });
    expect(await storyOf(rig, answer)).toMatchObject({
      status: 403,
      code: 'upstream_permission_denied',
      outcome: 'rejected',
      effects: 0,
    });
  });
});

describe('something that nobody foresaw', () => {
  it('while an operation is under way still gives it an outcome, and nothing is claimed of it', async () => {
    rig = await startRig(QUICK);
    const alarms = await addAlarms(rig, 250);
    const transport = rig.gateway.app.get(Transport, { strict: false });
    transport.exchange = () => Promise.reject(new Error('planted'));
    const answer = await rig.operate({ operation: 'isolate_and_kill', alarms });
    expect(answer.status).toBe(207);
    const receipt = answer.body as ReceiptDto;
    expect(receipt.alarms[0]).toMatchObject({ outcome: 'unknown', reason: 'internal_error' });
    expect(receipt.alarms[100]).toMatchObject({ outcome: 'not_attempted' });
    expect((await rig.call('GET', `/v1/operations/${receipt.id}`)).body).toEqual(receipt);
    expect(answer.text).not.toContain('planted');
  });
});
