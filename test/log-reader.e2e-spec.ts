import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { DEMO_REQUEST } from '../src/cli/demo-mode.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { startDemoProcess } from './support/process.js';

/** Each of at least 250 bytes: together several times what the pipe and its reader hold between them. */
const LINES = 1_500;
/** As long as one may be. */
const REQUEST_ID = 'r'.repeat(128);

describe('a gateway whose log nobody reads any more', () => {
  let cloud: Simulator;
  let folder: string;
  let gateway: StandingGateway;
  beforeAll(async () => {
    cloud = await startSimulator();
  });
  afterAll(() => cloud.close());
  beforeEach(async () => {
    folder = newFolder();
    gateway = await standGateway({ simulator: cloud, folder, env: { GATEWAY_DRAIN_MS: '2000' } });
    gateway.stopReading();
    for (let sent = 0; sent < LINES; sent += 50) {
      const headers = { 'X-Request-Id': REQUEST_ID };
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => gateway.call('GET', '/livez', undefined, { headers })),
      );
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    }
  });
  afterEach(async () => {
    gateway.signal('SIGKILL');
    await gateway.exited;
    removeFolder(folder);
  });

  it('goes on, and ends when it is told to', async () => {
    expect((await gateway.operate(DEMO_REQUEST)).status).toBe(200);
    expect((await gateway.call('GET', '/readyz')).status).toBe(200);
    expect((await gateway.call('GET', '/metrics')).text).toMatch(/^hss_gateway_log_lines_dropped 0$/m);
    gateway.signal('SIGTERM');
    // Not by the watchdog of its shutdown, which answers 1.
    expect(await gateway.exited).toBe(0);
  });

  it('has written everything when it is read again', async () => {
    gateway.readOn();
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(gateway.lines().filter(({ msg }) => msg === 'request').length).toBe(LINES);
  });
});

describe('a start at a terminal', () => {
  it('says few things to people, the welcome last', async () => {
    const demo = await startDemoProcess({ LOG_FORMAT: 'pretty' });
    try {
      const before = demo.output().split('HSS gateway, demo mode')[0] ?? '';
      const said = before.trim().split('\n');
      expect(said.map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} info {2}/, ''))).toEqual([
        expect.stringMatching(/^the audit trail is signed with the key of this public key publicKey=\S+$/),
        expect.stringMatching(/^listening url=http:\S+$/),
      ]);
      expect(demo.output()).toMatch(/\n {2}curl -s \S+\/v1\/operations [^\n]+\n/);
      expect(demo.output().trimEnd()).toMatch(/\n {2}curl -s \S+\/v1\/audit\/records\S+ [^\n]+$/);
      await fetch(`${demo.url}/livez`);
    } finally {
      await demo.close();
    }
    expect(demo.output().trimEnd().split('\n').at(-1)).toMatch(
      /^[\d:.]+ info {2}request requestId=\S+ method=GET route=\/livez status=200 /,
    );
    expect(demo.output()).not.toContain('{"level"');
  });
});
