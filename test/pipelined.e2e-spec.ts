import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { addAlarms, type NamedAlarm } from './support/bulk-alarms.js';
import { KEY, startRig, type Rig } from './support/gateway.js';
import { metric } from './support/metrics.js';
import { eventually } from './support/problems.js';
import { filesOpenIn, startDemoProcess, type DemoProcess } from './support/process.js';
import { RawClient } from './support/raw-client.js';

const AS_PORTAL = [`X-Api-Key: ${KEY}`];

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
    await eventually(open, (count) => count === clients.length);
    for (const client of clients) client.destroy();
    expect(await eventually(open, (count) => count === 0)).toBe(0);
  });

  it('is not made for more than one at a time', async () => {
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
        const isStill = count === before && count > 0;
        before = count;
        return isStill;
      },
    );
    expect(most).toBe(1);
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
    const follow = `GET /v1/operations/${String(accepted.body.id)}/events`;
    for (let times = 0; times < 5; times += 1) await client.head(follow, AS_PORTAL);
    expect(await eventually(followers, (count) => count !== 0)).toBe(1);
    client.destroy();
    expect(await eventually(followers, (count) => count === 0)).toBe(0);
  });
});

describe('requests that are sent over one connection without waiting', () => {
  let rig: Rig;
  let client: RawClient;
  let named: NamedAlarm[];
  beforeEach(async () => {
    rig = await startRig({ shutdown: { drainDelayMs: 0, drainMs: 100 } });
    client = await RawClient.to(rig.gateway.url);
    named = await addAlarms(rig, 3);
  });
  afterEach(async () => {
    client.destroy();
    await rig.close();
  });

  const act = (alarm: NamedAlarm | undefined) => {
    const body = JSON.stringify({ operation: 'ignore', alarms: [alarm] });
    const headers = [...AS_PORTAL, 'Content-Type: application/json', `Content-Length: ${body.length}`];
    return ['POST /v1/operations HTTP/1.1', 'Host: x', ...headers, '', body].join('\r\n');
  };
  const get = (path: string) => [`GET ${path} HTTP/1.1`, 'Host: x', ...AS_PORTAL, '', ''].join('\r\n');
  const underWay = () => metric(rig, 'hss_gateway_requests_under_way');
  const slow = (delayMs: number) =>
    rig.control('POST', '/faults', [
      { match: { path: '/event/operate' }, times: 'always', fault: { kind: 'delay', delayMs } },
    ]);

  it('are answered in their order, each after what it may depend on', async () => {
    await slow(200);
    const [one, two] = named;
    await client.write(act(one) + get('/v1/operations') + act(two) + get('/v1/operations') + get('/livez'));
    const received = await client.until(/"alive"/);
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(['200', '200', '200', '200', '200']);
    const lists = received.split('{"items":').slice(1);
    expect(lists.map((list) => list.split('HTTP/1.1')[0]!.match(/"status":"applied"/g)?.length)).toEqual([
      1, 2,
    ]);
  });

  it('are never begun where the client hangs up before their turn', async () => {
    await slow(60_000);
    const [one, two, three] = named;
    await client.write(act(one) + act(two));
    // The first one, and the one that asks.
    await eventually(underWay, (count) => count === 2);
    client.destroy();
    await eventually(underWay, (count) => count === 1);
    await rig.control('DELETE', '/faults');
    expect((await rig.operate({ operation: 'ignore', alarms: [three] })).status).toBe(200);
    const { items } = (await rig.call('GET', '/v1/operations')).body as { items: object[] };
    expect(items).toHaveLength(2);
  });

  it('are refused beyond nine, with the others served', async () => {
    await slow(500);
    await client.write(act(named[0]) + get('/livez').repeat(10) + get('/v1/none'));
    const received = await client.until(/(overloaded[^]*){3}/);
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual([...Array<string>(9).fill('200'), '503', '503', '503']);
    expect(received.match(/^retry-after: 2/gim)).toHaveLength(3);
  });
});
