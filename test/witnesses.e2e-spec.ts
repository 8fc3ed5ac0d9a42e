import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { TrailIntegrity } from '../src/audit/integrity.js';
import type { CallerConfig, Config } from '../src/config/config.js';
import type { ProofDto } from '../src/evidence/proof.dto.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { portal, startRig, type Overrides, type Rig } from './support/gateway.js';
import { metric } from './support/metrics.js';
import { eventually } from './support/problems.js';
import { checkpointsOf, proofOf } from './support/proofs.js';
import { cosignedAt, openCheckpoint } from './support/tlog.js';
import { startWitness, type WitnessServer } from './support/witness.js';

const auditing: CallerConfig = {
  ...portal,
  grants: [
    ...portal.grants,
    { rights: ['audit'], operations: [], projects: ['*'], enterpriseProjects: ['*'] },
  ],
};

let folder: string;
let witness: WitnessServer;
let rig: Rig;
let key = '';
let made = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-witnesses-'));
  key = '';
  witness = await startWitness(async () => (key ||= (await checkpointsOf(rig)).key));
});
afterEach(async () => {
  await rig.close('unchecked');
  await witness.goDown();
  rmSync(folder, { recursive: true });
});

const path = () => join(folder, 'checkpoints');
const disk = () => ({ kind: 'file', name: 'disk', path: path() }) as const;
const over = () => ({ kind: 'http', name: 'w1', url: witness.url, publicKey: witness.publicKey }) as const;
type Witnesses = NonNullable<Config['audit']['witnesses']>;

async function start(witnesses: Witnesses, more: Partial<Config['audit']> & Overrides = {}): Promise<void> {
  const database = { kind: 'embedded', path: join(folder, 'gateway.db') } as const;
  const { sinks, ...rest } = more;
  rig = await startRig({
    ...{ database, callers: [auditing] },
    audit: { verifySeconds: 60, witnesses, ...(sinks && { sinks }) },
    ...rest,
  });
}
async function act(): Promise<string> {
  const alarm = alarmFor('mark_as_handled', (made += 1));
  await rig.control('POST', '/alarms', { alarms: [asAdded(alarm)] });
  const answer = await rig.operate({ operation: 'mark_as_handled', alarms: [alarm] });
  expect(answer.status).toBe(200);
  return (answer.body as { id: string }).id;
}
/** An operation that a checkpoint covers. */
async function sealed(): Promise<ProofDto> {
  const [proof] = await proofOf(rig, await act());
  return proof as ProofDto;
}
const sizesIn = (notes: readonly string[]) => notes.map((note) => openCheckpoint(note, key).size);
const notesOnDisk = () =>
  readFileSync(path(), 'utf8')
    .split(/(?<=\n— \S+ \S+\n)\n/)
    .slice(0, -1);
const lag = (name: string) => metric(rig, `hss_gateway_follower_lag_records{follower="witness:${name}"}`);
const seen = (count: number) =>
  eventually(
    () => witness.seen.length,
    (have) => have >= count,
  );

describe('witnesses', () => {
  it('side by side, and beside a sink, see every checkpoint in order, and what they cosign is kept', async () => {
    const sink = { kind: 'file', name: 'trail', format: 'ndjson', from: 'start' } as const;
    const file = { path: join(folder, 'trail.ndjson'), rotateBytes: 1 << 30, keep: 1 };
    await start([disk(), over()], { sinks: [{ ...sink, ...file }] });
    for (let acts = 0; acts < 3; acts += 1) await sealed();
    await seen(3);
    expect(witness.seen.map(({ size }) => size)).toEqual([2, 4, 6]);
    const cosigned = await eventually(
      async () => (await checkpointsOf(rig)).notes.slice(1),
      (notes) => notes.every(({ note }) => note.includes('witness.example.com')),
    );
    for (const { note } of cosigned) {
      expect(cosignedAt(note, witness.publicKey)).toBeGreaterThan(1_700_000_000);
      openCheckpoint(note, key);
      expect(note).not.toContain('somebody.else');
    }
    await eventually(notesOnDisk, (notes) => notes.length >= 3);
    await rig.gateway.close();
    expect(sizesIn(notesOnDisk())).toEqual([2, 4, 6]);
    expect(readFileSync(file.path, 'utf8').split('\n')).toHaveLength(7);
    expect([witness.refused, witness.posts]).toEqual([[], 3]);
  });

  it('go on after a restart, and are shown the last checkpoint before it', async () => {
    await start([disk(), over()]);
    key = (await checkpointsOf(rig)).key;
    await act();
    await rig.close('unchecked');
    expect(witness.seen.map(({ size }) => size)).toEqual([2]);
    await start([disk(), over()]);
    await act();
    await rig.gateway.close();
    expect(witness.seen.map(({ size }) => size)).toEqual([2, 4]);
    expect(sizesIn(notesOnDisk())).toEqual([2, 4]);
    expect(witness.refused).toEqual([]);
  });

  it('that are down hold nothing up, and are shown what they lack when they are back', async () => {
    await start([over()]);
    await sealed();
    await seen(1);
    await witness.goDown();
    for (let acts = 0; acts < 2; acts += 1) await sealed();
    expect(
      await eventually(
        () => lag('w1'),
        (behind) => behind === 4,
      ),
    ).toBe(4);
    await witness.comeUp();
    await seen(3);
    expect(witness.seen.map(({ size }) => size)).toEqual([2, 4, 6]);
    expect(
      await eventually(
        () => lag('w1'),
        (behind) => behind === 0,
      ),
    ).toBe(0);
  });

  it.each([403, 404, 422, 500])('that answer %i are asked again', async (status) => {
    await start([over()]);
    witness.answer(status);
    await sealed();
    await eventually(
      () => witness.refused.length,
      (count) => count >= 2,
    );
    expect(new Set(witness.refused)).toEqual(new Set([status]));
    witness.answer(undefined);
    await seen(1);
  });
});

describe('a file of checkpoints', () => {
  it('is continued behind its last whole one', async () => {
    await start([disk()]);
    await sealed();
    ({ key } = await checkpointsOf(rig));
    await rig.close('unchecked');
    appendFileSync(path(), readFileSync(path(), 'utf8').slice(0, 80));
    await start([disk()]);
    await sealed();
    await rig.gateway.close();
    expect(sizesIn(notesOnDisk())).toEqual([2, 4]);
  });

  it('shows that a database is an earlier one, put back', async () => {
    await start([disk()]);
    await sealed();
    await rig.close('unchecked');
    for (const name of ['gateway.db', 'gateway.db-key'])
      copyFileSync(join(folder, name), join(folder, `old-${name}`));
    await start([disk()]);
    await sealed();
    await rig.close('unchecked');
    copyFileSync(join(folder, 'old-gateway.db'), join(folder, 'gateway.db'));
    for (const end of ['-wal', '-shm']) rmSync(join(folder, `gateway.db${end}`), { force: true });
    await start([disk()]);
    expect((await rig.call('GET', '/readyz')).status).toBe(503);
    const { faults } = rig.gateway.app.get(TrailIntegrity, { strict: false }).report;
    expect(faults.map(({ what, first, last }) => [what, first, last])).toEqual([['truncated', 3, 4]]);
  });

  it.each([
    ['cannot be read', () => mkdirSync(path())],
    ['holds something else', () => writeFileSync(path(), 'something else\n')],
  ])('that %s holds nothing up', async (_, make) => {
    make();
    await start([disk()]);
    await sealed();
    expect(
      await eventually(
        () => lag('disk'),
        (behind) => behind === 2,
      ),
    ).toBe(2);
  });
});
