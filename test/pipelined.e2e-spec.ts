import { afterEach, describe, expect, it } from '@jest/globals';

import { addAlarms } from './support/bulk-alarms.js';
import { KEY, startRig, type Rig } from './support/gateway.js';
import { metric } from './support/metrics.js';
import { eventually } from './support/problems.js';
import { filesOpenIn, startDemoProcess, type DemoProcess } from './support/process.js';
import { RawClient } from './support/raw-client.js';

/** A client that sends its requests one after the other without waiting, and hangs up without reading. */
describe('what is made for requests of which the client hangs up before their turn', () => {
  let rig: Rig | undefined;
  let demo: DemoProcess | undefined;
  afterEach(async () => {
    await rig?.close();
    await demo?.close();
    [rig, demo] = [undefined, undefined];
  });

  it('is let go where it is a file', async () => {
    const { url } = (demo = await startDemoProcess());
    const open = () => filesOpenIn(demo!);
    const clients = await Promise.all(Array.from({ length: 3 }, () => RawClient.to(url)));
    for (const client of clients) {
      client.stopListening();
      for (let times = 0; times < 20; times += 1) await client.head('GET /docs/swagger-ui-bundle.js');
    }
    await eventually(open, (count) => count > 10);
    for (const client of clients) client.destroy();
    expect(await eventually(open, (count) => count === 0)).toBe(0);
  });

  it('is not made for more than so many at a time', async () => {
    const { url } = (demo = await startDemoProcess());
    const client = await RawClient.to(url);
    client.stopListening();
    const heads = 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500);
    await client.write(heads);
    // Whoever does not send so many is served.
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    let before = 0;
    const most = await eventually(
      () => filesOpenIn(demo!),
      (count) => {
        const isStill = count === before && count > 4;
        before = count;
        return isStill;
      },
    );
    expect(most).toBeLessThanOrEqual(9);
    client.destroy();
  });

  it('is let go where it is news of an operation, and there is room for others again', async () => {
    rig = await startRig({
      limits: { perCaller: { followers: 5 } },
      shutdown: { drainDelayMs: 0, drainMs: 100 },
      // Nothing that is told ends them.
      background: { operationsAtOnce: 4, deadlineMs: 600_000, heartbeatMs: 600_000 },
    });
    const at = rig;
    const followers = () => metric(at, 'hss_gateway_followers');
    const fault = { kind: 'delay', delayMs: 60_000 };
    await rig.control('POST', '/faults', [{ match: { path: '/event/operate' }, times: 'always', fault }]);
    const accepted = await rig.operate(
      { operation: 'ignore', alarms: await addAlarms(rig, 1) },
      { headers: { Prefer: 'respond-async' } },
    );
    const client = await RawClient.to(rig.gateway.url);
    for (let times = 0; times < 5; times += 1) {
      await client.head(`GET /v1/operations/${String(accepted.body.id)}/events`, [`X-Api-Key: ${KEY}`]);
    }
    await eventually(followers, (count) => count === 5);
    client.destroy();
    expect(await eventually(followers, (count) => count === 0)).toBe(0);
  });
});
