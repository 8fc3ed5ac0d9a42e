import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { newAuditKey } from '../src/audit/tree/audit-keys.js';
import { readSignerKey } from '../src/audit/tree/signed-note.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';

let simulator: Simulator;
let folder: string;
let gateway: StandingGateway;
beforeAll(async () => {
  simulator = await startSimulator({ alarms: 0 });
});
afterAll(() => simulator.close());
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => removeFolder(folder));

/** What a start says of its key. */
async function start(env: Readonly<Record<string, string>> = {}) {
  gateway = await standGateway({ simulator, folder, env });
  gateway.signal('SIGTERM');
  await gateway.exited;
  const lines = gateway.lines();
  return {
    publicKeys: lines.flatMap(({ publicKey }) => publicKey ?? []),
    warnings: lines
      .filter(({ level }) => level === 'warn')
      .flatMap(({ msg, message }) => String(msg ?? message))
      .filter((text) => text.includes('audit key')),
  };
}

describe('a start', () => {
  it('says which public key the trail is signed with, also where nothing is new', async () => {
    const { publicKeys } = await start();
    expect(publicKeys).toHaveLength(1);
    expect((await start()).publicKeys).toEqual(publicKeys);
  });

  it('warns of a key beside the database that others may read', async () => {
    expect((await start()).warnings).toEqual([]);
    chmodSync(join(folder, 'gateway.db-key'), 0o604);
    expect((await start()).warnings).toEqual([expect.stringContaining('gateway.db-key')]);
  });

  it('warns of a configured key file that others may read, and takes it', async () => {
    const [key, file] = [newAuditKey(), join(folder, 'key')];
    writeFileSync(file, key, { mode: 0o600 });
    const env = { GATEWAY_AUDIT_KEY_FILE: file };
    const own = [readSignerKey(key).verifier.text];
    expect(await start(env)).toEqual({ publicKeys: own, warnings: [] });
    chmodSync(file, 0o640);
    expect(await start(env)).toEqual({ publicKeys: own, warnings: [expect.stringContaining(file)] });
  });
});
