import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms } from './support/bulk-alarms.js';
import { fetchJson, startRig, type Rig } from './support/gateway.js';
import { eventually, problemOf } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { readTrailFile } from './support/trail-file.js';

// Each start of a process takes about a second, and several on a machine that is busy.
const OPERATE = 'event/operate';

/** What may happen to the files of a database. @param elsewhere a folder on the same disk */
const AWAY: Readonly<Record<string, (folder: string, elsewhere: string) => void>> = {
  'the file is removed': (folder) => rmSync(fileIn(folder)),
  'the file is moved away': (folder, elsewhere) => renameSync(fileIn(folder), join(elsewhere, 'moved.db')),
  'the file is renamed': (folder) => renameSync(fileIn(folder), `${fileIn(folder)}.old`),
  'the folder is moved away': (folder, elsewhere) => renameSync(folder, join(elsewhere, 'moved')),
  'the folder is removed': (folder) => rmSync(folder, { recursive: true }),
  'a copy is put in its place': (folder, elsewhere) => {
    copyFileSync(fileIn(folder), join(elsewhere, 'copy.db'));
    renameSync(join(elsewhere, 'copy.db'), fileIn(folder));
  },
  'an empty file is put in its place': (folder) => {
    rmSync(fileIn(folder));
    writeFileSync(fileIn(folder), '');
  },
  'the file is cut short': (folder) => truncateSync(fileIn(folder), 100),
  'its log is removed': (folder) => rmSync(walIn(folder)),
  'its log is moved away': (folder, elsewhere) => renameSync(walIn(folder), join(elsewhere, 'moved.db-wal')),
  'its log is cut short': (folder) => truncateSync(walIn(folder), 0),
  'both are removed': (folder) => [fileIn(folder), walIn(folder)].forEach((path) => rmSync(path)),
};
const fileIn = (folder: string) => join(folder, 'gateway.db');
const walIn = (folder: string) => join(folder, 'gateway.db-wal');

describe('the database of a running gateway', () => {
  it.each(Object.entries(AWAY))('is missed at once, and nothing is sent: %s', async (_, takeAway) => {
    const [folder, elsewhere] = [newFolder(), newFolder()];
    const rig = await startRig({ database: { kind: 'embedded', path: fileIn(folder) } });
    try {
      const act = async () => rig.operate({ operation: 'ignore', alarms: await addAlarms(rig, 1) });
      expect((await act()).status).toBe(200);
      const sent = (await rig.received(`/${OPERATE}`)).length;
      takeAway(folder, elsewhere);
      // Whether or not it was noticed yet.
      expect(problemOf(await act())).toMatchObject({
        status: 503,
        code: 'audit_unavailable',
        retryable: true,
      });
      expect((await rig.call('GET', '/readyz')).status).toBe(503);
      expect((await rig.call('GET', '/metrics')).text).toMatch(/^hss_gateway_audit_writable 0$/m);
      expect(await rig.received(`/${OPERATE}`)).toHaveLength(sent);
    } finally {
      await rig.close('unchecked');
      for (const each of [folder, elsewhere]) removeFolder(each, 'unchecked');
    }
  });
});

describe('a database behind a link', () => {
  it('is gone on with at each start, and missed when the link leads elsewhere', async () => {
    const [folder, elsewhere] = [newFolder(), newFolder()];
    const link = join(folder, 'link.db');
    symlinkSync(fileIn(elsewhere), link);
    const database = { kind: 'embedded', path: link } as const;
    let id = '';
    for (let start = 0; start < 2; start += 1) {
      const rig = await startRig({ database });
      try {
        const act = async () => rig.operate({ operation: 'ignore', alarms: await addAlarms(rig, 1) });
        if (start === 1) expect((await rig.call('GET', `/v1/operations/${id}`)).status).toBe(200);
        const answer = await act();
        expect(answer.status).toBe(200);
        ({ id } = answer.body as ReceiptDto);
        rmSync(link);
        symlinkSync(join(elsewhere, 'another.db'), link);
        writeFileSync(link, '');
        expect(problemOf(await act()).code).toBe('audit_unavailable');
      } finally {
        await rig.close('unchecked');
      }
      rmSync(link);
      symlinkSync(fileIn(elsewhere), link);
    }
    for (const each of [folder, elsewhere]) removeFolder(each, 'unchecked');
  });
});

describe('a gateway whose database is taken away while it runs', () => {
  let cloud: Simulator;
  let client: SimulatorClient;
  let top: string;
  let folder: string;
  let gateway: StandingGateway;
  const file = () => fileIn(join(folder, 'data'));
  const wal = () => walIn(join(folder, 'data'));
  const aside = (name: string) => join(top, name);

  beforeAll(async () => {
    cloud = await startSimulator({ alarms: 0 });
    client = new SimulatorClient(cloud);
  });
  afterAll(() => cloud.close());
  beforeEach(async () => {
    top = newFolder();
    folder = join(top, 'gateway');
    mkdirSync(folder);
    await client.control('POST', 'reset');
    await start();
  });
  afterEach(async () => {
    gateway.signal('SIGKILL');
    await gateway.exited;
    removeFolder(top, 'unchecked');
  });

  async function start(): Promise<void> {
    gateway = await standGateway({
      simulator: cloud,
      folder,
      env: { GATEWAY_DATABASE_URL: 'file:data/gateway.db' },
    });
  }
  async function stop(): Promise<void> {
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
  }

  const control: Rig['control'] = (method, path, body) =>
    fetchJson(method, `${cloud.url}/__control${path}`, body, {});
  const ready = async () => (await gateway.call('GET', '/readyz')).status;
  async function act() {
    const alarms = await addAlarms({ control }, 1);
    return gateway.operate({ operation: 'ignore', alarms });
  }
  it('says once why it sends nothing any more, and what to do, although nobody acts', async () => {
    expect(await ready()).toBe(200);
    rmSync(file());
    expect(await eventually(ready, (status) => status === 503)).toBe(503);
    expect((await gateway.call('GET', '/livez')).status).toBe(200);
    await act();
    const told = () =>
      gateway.lines().filter(({ msg }) => String(msg).includes('because of the audit database'));
    expect(await eventually(told, ({ length }) => length > 0)).toMatchObject([
      { level: 'error', msg: expect.stringMatching(/\/gateway\.db was removed.* or restart the gateway/) },
    ]);
  });

  it.each(['the file is moved away', 'the folder is moved away', 'its log is moved away'])(
    'goes on when they are back, with every record and an unbroken chain: %s',
    async (way) => {
      const before = (await act()).body as ReceiptDto;
      AWAY[way]?.(join(folder, 'data'), top);
      expect((await act()).status).toBe(503);
      if (way.includes('folder')) renameSync(aside('moved'), join(folder, 'data'));
      else if (way.includes('log')) renameSync(aside('moved.db-wal'), wal());
      else renameSync(aside('moved.db'), file());
      expect(await eventually(ready, (status) => status === 200)).toBe(200);
      const after = (await act()).body as ReceiptDto;
      expect(after.status).toBe('applied');
      await stop();
      await start();
      for (const { id, status } of [before, after])
        expect((await gateway.call('GET', `/v1/operations/${id}`)).body).toMatchObject({ id, status });
      await stop();
      expect(readTrailFile(join(folder, 'data')).broken).toEqual([]);
    },
  );

  it('stops while its lock is away, which keeps other gateways out, and goes on when that is back', async () => {
    const before = (await act()).status;
    renameSync(`${file()}-lock`, aside('moved.db-lock'));
    expect(await eventually(ready, (status) => status === 503)).toBe(503);
    expect([before, (await act()).status]).toEqual([200, 503]);
    renameSync(aside('moved.db-lock'), `${file()}-lock`);
    expect(await eventually(ready, (status) => status === 200)).toBe(200);
    expect((await act()).status).toBe(200);
  });

  it('leaves what is in its place now alone as it ends, and does not begin anew with the key that is left', async () => {
    const { id } = (await act()).body as ReceiptDto;
    renameSync(file(), aside('moved.db'));
    renameSync(wal(), aside('moved.db-wal'));
    expect(await eventually(ready, (status) => status === 503)).toBe(503);
    // As another gateway would, that was started there meanwhile.
    for (const path of [file(), wal()]) appendFileSync(path, "somebody else's");
    await stop();
    for (const path of [file(), wal()]) expect(readFileSync(path, 'utf8')).toBe("somebody else's");
    for (const path of [file(), wal()]) rmSync(path);
    await expect(start()).rejects.toThrow(/only its audit key \S+gateway\.db-key is left/);
    // Nothing of what was recorded is lost where both files were kept.
    renameSync(aside('moved.db'), file());
    renameSync(aside('moved.db-wal'), wal());
    await start();
    expect((await gateway.call('GET', `/v1/operations/${id}`)).body).toMatchObject({ status: 'applied' });
  });
});
