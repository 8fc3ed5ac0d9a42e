import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { SimulatorClient } from '../src/simulator/client.js';
import { SEED_HOST } from '../src/simulator/seed/hosts.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { MAX_PATIENT } from './support/gateway.js';
import { eventually } from './support/eventually.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';

const OPERATE = 'event/operate';
const request = {
  operation: 'isolate_and_kill',
  alarms: [
    {
      eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
      eventClassId: 'rootkit_0001',
      eventType: 1010,
      occurTime: 1672046760353,
      details: [
        {
          agentId: SEED_HOST.agentId,
          processPid: 3123,
          fileHash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
          filePath: '/usr/test',
        },
      ],
    },
  ],
};
const once = { headers: { 'Idempotency-Key': 'k-1' } };

let simulator: Simulator;
let client: SimulatorClient;
let folder: string;
let running: StandingGateway;
beforeEach(async () => {
  folder = newFolder();
  simulator = await startSimulator();
  client = new SimulatorClient(simulator);
  running = await standGateway({ simulator, folder, upstream: MAX_PATIENT });
});
afterEach(async () => {
  running.signal('SIGKILL');
  await running.exited;
  await simulator.close();
  removeFolder(folder);
});

async function untilReceived(count: number): Promise<void> {
  for (let look = 0; look < 6_000 && (await client.requests(OPERATE)).length < count; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('200 requests under one key, and a gateway that is killed in the middle', () => {
  it('are carried out once, and after the restart nobody is told that it was not', async () => {
    // The gateway has its token: on a slow machine IAM may not answer in time, and then nothing is sent.
    await eventually(
      () => running.call('GET', '/v1/alarms?limit=1'),
      ({ status }) => status === 200,
    );
    await client.addFaults({ match: { path: OPERATE }, fault: { kind: 'hang', effect: 'applied' } });
    const lost = Array.from({ length: 200 }, () => running.operate(request, once).catch(() => undefined));
    await untilReceived(1);
    running.signal('SIGKILL');
    const answers = (await Promise.all(lost)).filter((answer) => answer !== undefined);
    expect(answers.every(({ status }) => status === 409)).toBe(true);

    running = await standGateway({ simulator, folder, upstream: MAX_PATIENT });
    const again = await Promise.all(Array.from({ length: 200 }, () => running.operate(request, once)));
    for (const { status, headers, body } of again) {
      expect(headers.get('Idempotency-Replayed')).toBe('true');
      if (status !== 200) expect(body).toMatchObject({ code: 'gateway_interrupted', outcome: 'unknown' });
    }
    expect(await client.requests(OPERATE)).toHaveLength(1);
  });
});
