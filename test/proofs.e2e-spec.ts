import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { CallerConfig, Config } from '../src/config/config.js';
import { AuditEngine } from '../src/audit/audit.engine.js';
import type { CheckpointPageDto, ProofDto } from '../src/evidence/proof.dto.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { addAlarms } from './support/bulk-alarms.js';
import { OTHER_KEY, portal, sha256, startRig, unhurried, type Rig } from './support/gateway.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { faultsIn, problemOf } from './support/problems.js';
import { checkpointsOf, expectConsistent, proofOf, provedBy } from './support/proofs.js';
import { leafHash, openCheckpoint, rootByPath } from './support/tlog.js';

const keyOf = (id: string) => `test-key-of-${id}`;
const auditor = (id: string, projects: readonly string[]): CallerConfig => ({
  id,
  keys: [{ sha256: sha256(keyOf(id)) }],
  grants: [{ rights: ['audit', 'read'], operations: [], projects, enterpriseProjects: ['*'] }],
});
const auditing: CallerConfig = {
  ...unhurried,
  grants: [...portal.grants, ...auditor('', ['*']).grants],
};
const stranger: CallerConfig = { ...portal, id: 'stranger', keys: [{ sha256: sha256(OTHER_KEY) }] };
const callers = [auditing, stranger, auditor('auditor', ['*']), auditor('of-another', ['elsewhere'])];

let folder: string;
let rig: Rig;
let made = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-proofs-'));
});
afterEach(async () => {
  await rig.close('unchecked');
  rmSync(folder, { recursive: true });
});

const embedded = (): Config['database'] => ({ kind: 'embedded', path: join(folder, 'gateway.db') });
async function act(): Promise<string> {
  const alarm = alarmFor('mark_as_handled', (made += 1));
  await rig.control('POST', '/alarms', { alarms: [asAdded(alarm)] });
  const answer = await rig.operate({ operation: 'mark_as_handled', alarms: [alarm], remark: 'äöü 😀' });
  expect(answer.status).toBe(200);
  return (answer.body as { id: string }).id;
}
const prove = (id: string, key?: string) =>
  rig.call('GET', `/v1/operations/${id}/proof`, undefined, key === undefined ? {} : { key });
async function stored(operationId: string): Promise<{ sequence: number; record: string }[]> {
  const engine = rig.gateway.app.get(AuditEngine, { strict: false });
  const sql = `SELECT seq, body FROM audit_record WHERE operation_id = ${engine.place(1)} ORDER BY seq`;
  const rows = await engine.query(sql, [operationId]);
  return rows.map(({ seq, body }) => ({ sequence: Number(seq), record: String(body) }));
}

let postgres: PostgresServer;
let databases = 0;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());
const STORES: Readonly<Record<string, () => Promise<Config['database']>>> = {
  'an embedded database': () => Promise.resolve(embedded()),
  PostgreSQL: async () => ({
    ...{ kind: 'postgres', goneAfterMs: 300_000 },
    url: await postgres.createDatabase(`proofs_${(databases += 1)}`),
  }),
};

describe.each(Object.entries(STORES))('over %s', (_, database) => {
  beforeEach(async () => {
    rig = await startRig({ database: await database(), callers });
  });

  it('an operation is proved right after it ended, to the byte', async () => {
    for (let acts = 0; acts < 3; acts += 1) {
      const id = await act();
      const [proof, ...more] = await proofOf(rig, id);
      expect(more).toEqual([]);
      const shown = proof?.records.map(({ sequence, record }) => ({ sequence, record }));
      expect(shown).toEqual(await stored(id));
      expect(shown).toHaveLength(2);
      expect(provedBy(proof as ProofDto).size).toBeGreaterThanOrEqual(shown?.at(-1)?.sequence ?? Infinity);
    }
  });

  it('one checkpoint is made for all who ask at once', async () => {
    const id = await act();
    const before = (await checkpointsOf(rig)).notes.length;
    const proofs = await Promise.all(Array.from({ length: 20 }, () => proofOf(rig, id)));
    for (const [proof] of proofs) provedBy(proof as ProofDto);
    expect((await checkpointsOf(rig)).notes).toHaveLength(before + 1);
  });

  it('a later checkpoint is shown to cover all that each earlier one does', async () => {
    const ids: string[] = [];
    for (let acts = 0; acts < 4; acts += 1) {
      ids.push(await act());
      await proofOf(rig, ids.at(-1) ?? '');
    }
    const { key, notes } = await checkpointsOf(rig);
    expect(notes.map(({ size }) => size)).toEqual([0, 2, 4, 6, 8]);
    for (const [index, from] of notes.entries())
      for (const to of notes.slice(index)) await expectConsistent(rig, key, from, to);
  });
});

describe('a proof', () => {
  it('is for those who may read the receipt', async () => {
    rig = await startRig({ callers });
    const id = await act();
    expect((await prove(id, keyOf('auditor'))).status).toBe(200);
    for (const key of [OTHER_KEY, keyOf('of-another')])
      expect(problemOf(await prove(id, key))).toMatchObject({ status: 404, code: 'operation_not_found' });
    for (const unknown of ['0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d', 'x', '1'])
      expect(problemOf(await prove(unknown))).toMatchObject({ status: 404 });
    const wrong = await rig.call('GET', `/v1/operations/${id}/proof?cursor=x&page=2`);
    expect(faultsIn(problemOf(wrong))).toEqual(['?cursor cursor', '?page unknown_field']);
  });

  it('of a long operation comes in parts, each of which proves itself', async () => {
    rig = await startRig({ callers });
    const alarms = await addAlarms(rig, 6_000);
    const answer = await rig.operate({ operation: 'ignore', alarms });
    expect(answer.status).toBe(200);
    const { id } = answer.body as { id: string };
    const parts = await proofOf(rig, id);
    expect(parts.length).toBeGreaterThan(1);
    expect(
      parts.flatMap(({ records }) => records.map(({ sequence, record }) => ({ sequence, record }))),
    ).toEqual(await stored(id));
    for (const part of parts) provedBy(part);
  });

  it('is not given where what is kept does not lead to the checkpoint', async () => {
    rig = await startRig({ callers, database: embedded() });
    const [first, second] = [await act(), await act()];
    const [proof] = await proofOf(rig, second);
    const database = new Database(join(folder, 'gateway.db'));
    database.prepare(`UPDATE audit_record SET body = replace(body, 'äöü', 'aou') WHERE seq = 1`).run();
    expect(problemOf(await prove(first))).toMatchObject({ status: 409, code: 'unproved', retryable: false });
    // The other one is as it was.
    expect((await prove(second)).body).toEqual(proof);
    database.prepare(`UPDATE tree_tile SET hashes = zeroblob(length(hashes))`).run();
    expect(problemOf(await prove(second)).code).toBe('unproved');
    const between = await rig.call('GET', '/v1/audit/checkpoints/consistency?from=0&to=4');
    expect(between.body).toMatchObject({ path: [] });
    database.prepare(`DELETE FROM tree_tile`).run();
    expect(problemOf(await prove(second)).code).toBe('unproved');
    database.close();
  });

  it('of a broken trail is given of what was covered, and nothing more is signed', async () => {
    const database = embedded();
    rig = await startRig({ callers, database });
    const [covered, altered] = [await act(), await act()];
    await proofOf(rig, altered);
    await rig.close('unchecked');
    const file = new Database(join(folder, 'gateway.db'));
    file.prepare(`UPDATE audit_record SET body = replace(body, 'äöü', 'aou') WHERE seq = 3`).run();
    file.close();
    rig = await startRig({ callers, database });
    const before = await checkpointsOf(rig);
    const [proof] = await proofOf(rig, covered);
    provedBy(proof as ProofDto);
    expect(problemOf(await prove(altered)).code).toBe('unproved');
    expect((await checkpointsOf(rig)).notes).toEqual(before.notes);
  });
});

describe('checkpoints', () => {
  const get = (path: string, key = keyOf('of-another')) =>
    rig.call('GET', `/v1/audit/checkpoints${path}`, undefined, { key });

  it('are shown to whoever may audit anything', async () => {
    rig = await startRig({ callers });
    await proofOf(rig, await act());
    const answer = await get('');
    expect((answer.body as CheckpointPageDto).items.map(({ size }) => size)).toEqual([2, 0]);
    expect(problemOf(await get('', OTHER_KEY))).toMatchObject({ status: 403, code: 'not_granted' });
    expect(problemOf(await get('/consistency?from=0&to=2', OTHER_KEY)).status).toBe(403);
  });

  it('that are not there are told from those that are', async () => {
    rig = await startRig({ callers });
    for (let acts = 0; acts < 2; acts += 1) await proofOf(rig, await act());
    const problem = async (query: string) => problemOf(await get(`/consistency${query}`));
    expect(await problem('?from=1&to=4')).toMatchObject({
      ...{ status: 404, code: 'checkpoint_not_found' },
      violations: [{ parameter: 'from', rule: 'not_found', allowed: ['0', '2'] }],
    });
    expect((await problem('?from=3&to=999999999999')).violations).toEqual([
      expect.objectContaining({ parameter: 'from', allowed: ['2', '4'] }),
      expect.objectContaining({ parameter: 'to', allowed: ['4'] }),
    ]);
    expect(faultsIn(await problem('?from=4&to=2'))).toEqual(['?from order']);
    expect(faultsIn(await problem('?from=01'))).toEqual(['?from form', '?to required']);
    expect((await get('/consistency?from=2&to=2')).body.path).toEqual([]);
  });
});

it('a proof that was changed proves nothing', async () => {
  rig = await startRig({ callers });
  const [proof] = await proofOf(rig, await act());
  const { publicKeys, checkpoint, records } = proof as ProofDto;
  const { size, root } = openCheckpoint(checkpoint, publicKeys[0] ?? '');
  const [record] = records;
  const leaf = leafHash(`${record?.record} `);
  expect(rootByPath((record?.sequence ?? 0) - 1, size, leaf, record?.path ?? [])).not.toEqual(root);
});
