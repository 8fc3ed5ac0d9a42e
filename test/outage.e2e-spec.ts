import { afterEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { Fault } from '../src/simulator/faults/fault.js';
import { addAlarms, type NamedAlarm } from './support/bulk-alarms.js';
import {
  KEY,
  OTHER_KEY,
  portal,
  projectOf,
  sha256,
  startRig,
  type Overrides,
  type Rig,
} from './support/gateway.js';
import { metric } from './support/metrics.js';
import { eventually, problemOf } from './support/problems.js';

const QUICK = {
  deadlineMs: 3_000,
  attemptTimeoutMs: 300,
  maxAttempts: 3,
  connections: 64,
  settleQuietMs: 500,
  settleGiveUpMs: 60_000,
};

let rig: Rig;
afterEach(() => rig.close());

/** Every exchange of the event family, in order, by the request id that the gateway sent with it. */
async function exchanges(): Promise<{ method: string; requestId: string }[]> {
  const seen = await rig.received('/event/');
  return seen.map(({ method, headers }) => ({
    method,
    requestId: headers.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1] ?? '',
  }));
}

const breaker = () => metric(rig, 'hss_gateway_upstream_breaker{project="test"}');

describe('while upstream is down', () => {
  const REQUESTS = 500;
  const AT_ONCE = 25;

  /** Operations of every kind, some at once, one wave after the other. */
  async function load(
    alarms: readonly NamedAlarm[],
  ): Promise<{ status: number; body: object; headers: Headers }[]> {
    const answers = [];
    for (let wave = 0; wave < REQUESTS / AT_ONCE; wave += 1) {
      const asked = alarms.map((alarm, index) => {
        const operation = index % 2 === 0 ? 'ignore' : 'isolate_and_kill';
        return rig.operate({ operation, alarms: [alarm] });
      });
      answers.push(...(await Promise.all(asked)));
    }
    return answers;
  }

  it.each<[string, Fault]>([
    ['answers 503', { kind: 'status', status: 503 }],
    ['resets', { kind: 'reset', when: 'before_effect' }],
    ['is silent', { kind: 'hang' }],
  ])(
    'because it %s: retries add a tenth at most, the breaker opens, and when it is well again that is noticed',
    async (_, fault) => {
      rig = await startRig({ upstream: QUICK });
      const alarms = await addAlarms(rig, AT_ONCE);
      expect((await rig.operate({ operation: 'ignore', alarms: alarms.slice(0, 1) })).status).toBe(200);
      await rig.control('DELETE', '/requests');
      await rig.control('POST', '/faults', [{ match: { path: '/event/' }, times: 'always', fault }]);

      const answers = await load(alarms);
      // Open, or half open for a moment when a probe is due.
      expect([1, 2]).toContain(await breaker());
      const seen = await exchanges();
      const firsts = new Set(
        seen.filter(({ method }) => method === 'POST').map(({ requestId }) => requestId),
      );
      expect(seen.length - firsts.size).toBeLessThanOrEqual(REQUESTS / 10);
      // The breaker kept nearly all of them from being sent at all.
      expect(firsts.size).toBeLessThan(REQUESTS / 2);
      const held = answers.filter(({ body }) => (body as { code?: string }).code === 'upstream_down');
      expect(held.length).toBeGreaterThanOrEqual(REQUESTS / 2);
      for (const { body, headers } of held) {
        expect(body).toMatchObject({
          status: 503,
          retryable: true,
          outcome: 'not_attempted',
          bytesSent: false,
        });
        expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      }
      await rig.control('DELETE', '/faults');
      const ask = () => rig.operate({ operation: 'ignore', alarms: alarms.slice(0, 1) });
      expect((await eventually(ask, ({ status }) => status === 200)).status).toBe(200);
      expect(
        await eventually(
          async () => (await ask(), breaker()),
          (state) => state === 0,
        ),
      ).toBe(0);
    },
  );
});

describe('when upstream throttles', () => {
  const TWO_PROJECTS: Overrides = {
    upstream: { ...QUICK, deadlineMs: 10_000 },
    projects: (cloud) => [
      projectOf(cloud, 'one'),
      { ...projectOf(cloud, 'two'), projectId: cloud.otherProject.id, region: cloud.otherProject.region },
    ],
    callers: [portal, { ...portal, id: 'bot', keys: [{ sha256: sha256(OTHER_KEY) }] }],
  };
  const within = (milliseconds: number, key = KEY) => ({
    key,
    headers: { 'X-Deadline-Ms': String(milliseconds) },
  });
  const operate = (project: string, alarms: readonly object[], options = {}) =>
    rig.operate({ operation: 'ignore', alarms, scope: { project } }, options);
  const arrivals = async (projectId: string) => (await rig.received(`/v5/${projectId}/event/operate`)).length;

  async function start(retryAfter: string): Promise<NamedAlarm[]> {
    rig = await startRig(TWO_PROJECTS);
    const alarms = await addAlarms(rig, 2);
    const { id } = rig.simulator.project;
    const fault = { match: { path: `/v5/${id}/event/operate` }, fault: { kind: 'throttle', retryAfter } };
    await rig.control('POST', '/faults', [fault]);
    return alarms;
  }

  it('all callers of that project wait together, nothing of theirs is sent meanwhile, and no other project waits', async () => {
    const alarms = await start('2');
    const { project, otherProject } = rig.simulator;
    const throttled = operate('one', alarms.slice(0, 1));
    await eventually(
      () => arrivals(project.id),
      (count) => count === 1,
    );

    const hasty = problemOf(await operate('one', alarms.slice(1), within(900, OTHER_KEY)));
    expect(hasty).toMatchObject({
      status: 503,
      code: 'upstream_throttled',
      outcome: 'not_attempted',
      bytesSent: false,
    });
    expect([1, 2]).toContain(hasty.retryAfter);
    expect(await arrivals(project.id)).toBe(1);
    // It does not know the alarm, but it is asked.
    expect(problemOf(await operate('two', alarms.slice(1), { key: OTHER_KEY })).code).toBe('alarm_not_found');
    expect(await arrivals(otherProject.id)).toBe(1);

    const patient = operate('one', alarms.slice(1), { key: OTHER_KEY });
    expect((await throttled).body).toMatchObject({ status: 'applied', exchanges: [{ attempts: 2 }] });
    expect((await patient).body as ReceiptDto).toMatchObject({
      status: 'applied',
      exchanges: [{ attempts: 1 }],
    });
  });

  it('a caller who cannot wait leaves the others warned all the same', async () => {
    const alarms = await start('3');
    const first = problemOf(await operate('one', alarms.slice(0, 1), within(800)));
    expect(first).toMatchObject({
      status: 503,
      code: 'upstream_throttled',
      outcome: 'rejected',
      bytesSent: true,
      retryAfter: 3,
    });
    const second = problemOf(await operate('one', alarms.slice(1), within(800, OTHER_KEY)));
    expect(second).toMatchObject({ code: 'upstream_throttled', outcome: 'not_attempted', bytesSent: false });
    expect(await arrivals(rig.simulator.project.id)).toBe(1);
  });
});
