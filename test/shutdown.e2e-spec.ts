import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import type { AuditRecord } from '../src/audit/audit-record.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms, type NamedAlarm } from './support/bulk-alarms.js';

import { fetchJson, MAX_PATIENT, type JsonAnswer, type Rig } from './support/gateway.js';
import { eventually } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { readTrailFile } from './support/trail-file.js';

// Each start of a process takes about a second, and several on a machine that is busy.
const OPERATE = 'event/operate';
const CALLERS = 24;

let cloud: Simulator;
let folder: string;
let gateway: StandingGateway;
let alarms: NamedAlarm[];
const control: Rig['control'] = (method, path, body) =>
  fetchJson(method, `${cloud.url}/__control${path}`, body, {});
const sentUpstream = async () =>
  ((await control('GET', `/requests?path=${OPERATE}`)).body as { requests: unknown[] }).requests.length;

beforeAll(async () => {
  cloud = await startSimulator({ alarms: 0 });
});
afterAll(() => cloud.close());
afterEach(async () => {
  gateway.signal('SIGKILL');
  await gateway.exited;
  removeFolder(folder);
});

async function start(env: Record<string, string> = {}): Promise<void> {
  await control('POST', '/reset');
  alarms = await addAlarms({ control }, 1);
  folder = newFolder();
  gateway = await standGateway({ simulator: cloud, folder, env, upstream: MAX_PATIENT });
}

/** What a client meets whose connection was not taken any more. */
const UNCONNECTED: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET']);

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? `${message}: ${cause?.message ?? ''}`;
}

const ofKind = <K extends AuditRecord['kind']>(records: readonly AuditRecord[], kind: K) =>
  records.filter((record): record is Extract<AuditRecord, { kind: K }> => record.kind === kind);

describe.each(['SIGTERM', 'SIGINT'] as const)('%s under load', (signal) => {
  it('loses no request that was taken, and no record', async () => {
    await start();
    await control('POST', '/faults', [
      { match: { path: OPERATE }, times: 'always', fault: { kind: 'delay', delayMs: 100 } },
    ]);
    const answers: JsonAnswer[] = [];
    const turnedAway: string[] = [];
    let asked = 0;
    /** One request after the other until the gateway takes no more. */
    const caller = async (): Promise<void> => {
      for (;;) {
        // Each one another request: the same one would join that which runs.
        const remark = `request ${(asked += 1)}`;
        try {
          answers.push(await gateway.operate({ operation: 'ignore', remark, alarms }));
        } catch (error) {
          turnedAway.push(reasonOf(error));
          return;
        }
      }
    };
    const callers = Array.from({ length: CALLERS }, caller);
    await eventually(
      () => answers.length,
      (count) => count >= CALLERS * 2,
    );
    gateway.signal(signal);
    await Promise.all(callers);
    expect(await gateway.exited).toBe(0);

    expect(turnedAway).toHaveLength(CALLERS);
    expect(turnedAway.filter((reason) => !UNCONNECTED.has(reason))).toEqual([]);
    expect(answers.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
    // Each request that upstream got was answered: none was cut off on its way back.
    expect(await sentUpstream()).toBe(answers.length);
    const { records, broken } = readTrailFile(folder);
    const outcomes = ofKind(records, 'outcome');
    expect(
      ofKind(records, 'intent')
        .map(({ operationId }) => operationId)
        .sort(),
    ).toEqual(outcomes.map(({ operationId }) => operationId).sort());
    expect(outcomes.filter(({ status, interrupted }) => status !== 'applied' || interrupted)).toEqual([]);
    expect(outcomes.map(({ operationId }) => operationId).sort()).toEqual(
      answers.map(({ body }) => (body as { id: string }).id).sort(),
    );
    expect(broken).toEqual([]);
    expect(gateway.lines().filter(({ msg }) => msg === 'request')).toHaveLength(answers.length);
  });
});

describe('a gateway that shuts down', () => {
  it('answers what is under way, even on a connection that has more to ask', async () => {
    await start();
    await control('POST', '/faults', [
      { match: { path: OPERATE }, fault: { kind: 'delay', delayMs: 1_000 } },
    ]);
    const slow = gateway.operate({ operation: 'ignore', alarms });
    await eventually(sentUpstream, (count) => count === 1);
    gateway.signal('SIGTERM');
    const { status, headers } = await slow;
    expect(status).toBe(200);
    // Kept alive, the connection would keep the process alive too, until its time is over.
    expect(headers.get('connection')).toBe('close');
    expect(await gateway.exited).toBe(0);
    await expect(gateway.call('GET', '/livez')).rejects.toThrow();
  });

  it('without anything to do ends at once', async () => {
    await start();
    expect((await gateway.operate({ operation: 'ignore', alarms })).status).toBe(200);
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(readTrailFile(folder).records.map(({ kind }) => kind)).toEqual(['intent', 'outcome']);
  });
});
