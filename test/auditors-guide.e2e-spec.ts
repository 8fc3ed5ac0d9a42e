import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import Database from 'better-sqlite3';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { newAuditKey } from '../src/audit/tree/audit-keys.js';
import type { CheckpointDto, ProofDto } from '../src/evidence/proof.dto.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { AUDIT_KEY, portal, startRig, type Overrides, type Rig } from './support/gateway.js';
import { checkpointsOf, proofOf } from './support/proofs.js';
import { leafHash, nodeHash } from './support/tlog.js';

const GUIDE = readFileSync(fileURLToPath(new URL('../../docs/audit.md', import.meta.url)), 'utf8');

/** A key that has signed nothing here. */
const STRANGER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';

/** A program of the guide, by its name. */
function program(name: string): string {
  const text = new RegExp(`^\`\`\`js ${name}\n([^]*?)^\`\`\`$`, 'm').exec(GUIDE)?.[1];
  if (text === undefined) throw new Error(`the guide has no ${name}`);
  return text;
}

let folder: string;
let rig: Rig;
let settings: Overrides;
let key: string;
let notes: readonly CheckpointDto[];
let proof: ProofDto;
let records: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-guide-'));
  const path = join(folder, 'gateway.db');
  const audit = { rights: ['audit'], operations: [], projects: ['*'], enterpriseProjects: ['*'] } as const;
  const callers = [{ ...portal, grants: [...portal.grants, audit] }];
  settings = { database: { kind: 'embedded', path }, callers };
  rig = await startRig({ ...settings, auditKey: { current: AUDIT_KEY } });
  for (let made = 1; made <= 5; made += 1) {
    const alarm = alarmFor('mark_as_handled', made);
    await rig.control('POST', '/alarms', { alarms: [asAdded(alarm)] });
    const answer = await rig.operate({ operation: 'mark_as_handled', alarms: [alarm], remark: 'äöü 😀' });
    const parts = await proofOf(rig, (answer.body as { id: string }).id);
    proof = parts[0] as ProofDto;
  }
  ({ key, notes } = await checkpointsOf(rig));
  const database = new Database(path, { readonly: true });
  records = (database.prepare('SELECT body FROM audit_record ORDER BY seq').all() as { body: string }[]).map(
    ({ body }) => body,
  );
  database.close();
});
afterAll(async () => {
  await rig.close();
  rmSync(folder, { recursive: true });
});

/** Runs a program as the guide says. @returns its exit code and what it says */
function run(
  name: string,
  text: string,
  ...by: readonly string[]
): Promise<{ code: number; output: string; complaint: string }> {
  const [code, file] = [join(folder, name), join(folder, 'evidence')];
  writeFileSync(code, program(name));
  writeFileSync(file, text);
  return new Promise((resolve) => {
    execFile(process.execPath, [code, ...(by.length > 0 ? by : [key]), file], (error, output, stderr) =>
      resolve({
        code: error === null ? 0 : Number(error.code),
        output,
        complaint: /^\w*Error.*$/m.exec(stderr)?.[0] ?? '',
      }),
    );
  });
}

describe('a verifier of the auditors’ guide', () => {
  it.each(['verify-proof.mjs', 'verify-export.mjs'])('%s is short and needs nothing', (name) => {
    expect(program(name).trimEnd().split('\n').length).toBeLessThanOrEqual(30);
    const imports = [...program(name).matchAll(/from '(.*)'/g)].map(([, module]) => module);
    expect(imports).toEqual(['node:crypto', 'node:fs']);
  });
});

describe('the verifier of proofs', () => {
  const check = (part: unknown, by?: string) =>
    run('verify-proof.mjs', JSON.stringify(part), ...(by === undefined ? [] : [by]));

  it('believes what the gateway proves', async () => {
    expect(proof.records).toHaveLength(2);
    expect(await check(proof)).toEqual({
      code: 0,
      output: 'test-trail: fits the checkpoint of 10 records\n'.repeat(2),
      complaint: '',
    });
  });

  const WRONG: Readonly<Record<string, () => readonly [unknown, string?]>> = {
    'a changed record': () => [withRecord({ record: proof.records[0]?.record.replace('äöü', 'aou') })],
    'a record in another place': () => [withRecord({ sequence: 8 })],
    'a record in a place behind the end': () => [withRecord({ sequence: 1_010 })],
    'a record in a place before the first': () => [withRecord({ sequence: 0 })],
    'a record in no place': () => [withRecord({ sequence: undefined })],
    'a record between two places': () => [withRecord({ sequence: 9.5 })],
    'nothing at all': () => [{ ...proof, records: [] }],
    'no list of records': () => [{ ...proof, records: undefined }],
    'a path that is cut off': () => [withRecord({ path: proof.records[0]?.path.slice(1) })],
    'a path that is too long': () => [withRecord({ path: [...(proof.records[0]?.path ?? []), 'AAAA'] })],
    'another checkpoint': () => [{ ...proof, checkpoint: notes.at(-2)?.note }],
    'a changed checkpoint': () => [{ ...proof, checkpoint: proof.checkpoint.replace('\n10\n', '\n11\n') }],
    'another key': () => [proof, STRANGER],
  };
  const withRecord = (change: object) => ({ ...proof, records: [{ ...proof.records[0], ...change }] });
  it.each(Object.entries(WRONG))('does not believe %s', async (_, wrong) => {
    expect(await check(...wrong())).toEqual({
      code: 1,
      output: '',
      complaint: expect.stringMatching(/^Error: /),
    });
  });

  it('does not take a lone record for the tree that it would be alone', async () => {
    const alone = { ...proof.records[0], sequence: 1_001, path: [] };
    expect(await check({ ...proof, records: [alone] })).toMatchObject({ code: 1, output: '' });
  });
});

describe('the verifier of exports', () => {
  const check = (lines: readonly string[]) => run('verify-export.mjs', `${lines.join('\n')}\n`);
  const base64 = (hash: Uint8Array) => Buffer.from(hash).toString('base64');

  /** The hashes of the complete subtrees over the first records, the largest one first. */
  function compact(leaves: readonly Buffer[]): Buffer[] {
    if (leaves.length === 0) return [];
    const size = 2 ** Math.floor(Math.log2(leaves.length));
    let row = leaves.slice(0, size);
    while (row.length > 1)
      row = row.flatMap((left, at) => (at % 2 === 0 ? nodeHash(left, row[at + 1] ?? left) : []));
    return [...row, ...compact(leaves.slice(size))];
  }

  /** As the export writes it: those that are omitted are there as leaves. */
  function exported(first: number, omitted: readonly number[] = []): string[] {
    const noteOf = (size: number) => notes.find((each) => each.size === size)?.note;
    const lines = records.slice(first - 1).flatMap((record, index) => {
      const sequence = first + index;
      const line = omitted.includes(sequence)
        ? JSON.stringify({ export: 'omitted', first: sequence, leaves: [base64(leafHash(record))] })
        : record;
      const note = noteOf(sequence);
      return [line, ...(note === undefined ? [] : [JSON.stringify({ export: 'checkpoint', note })])];
    });
    const before = compact(records.slice(0, first - 1).map(leafHash)).map(base64);
    const begin = { export: 'begin', origin: 'test-trail', publicKey: key, first, previousHash: '', before };
    const [checkpoint, end] = [noteOf(first - 1), { export: 'end', last: records.length, hash: '' }];
    return [JSON.stringify(first === 1 ? begin : { ...begin, checkpoint }), ...lines, JSON.stringify(end)];
  }

  it.each([
    ['the whole trail', 1, [], 5],
    ['a part of it', 7, [], 3],
    ['what some may see of it', 3, [4, 5, 9], 5],
  ] as const)('believes %s', async (_, first, omitted, checkpoints) => {
    const { code, output } = await check(exported(first, omitted));
    expect([code, output.trimEnd().split('\n').length]).toEqual([0, checkpoints]);
  });

  it('believes what the gateway exports', async () => {
    const { text } = await rig.call('GET', '/v1/audit/export?format=ndjson');
    expect(await check([text.trimEnd()])).toMatchObject({
      code: 0,
      output: expect.stringContaining('of 10 records'),
    });
    expect((await check([text.trimEnd().replace('äöü', 'aou')])).code).toBe(1);
  });

  it('believes what several keys have signed, where all are known', async () => {
    const next = newAuditKey();
    await rig.close();
    rig = await startRig({ ...settings, auditKey: { current: next, previous: AUDIT_KEY } });
    const { text } = await rig.call('GET', '/v1/audit/export?format=ndjson');
    const { key: newer } = await checkpointsOf(rig);
    expect(newer).not.toBe(key);
    for (const by of [key, newer]) expect((await run('verify-export.mjs', text, by)).code).toBe(1);
    expect(await run('verify-export.mjs', text, newer, key)).toMatchObject({ code: 0 });

    await rig.close();
    rig = await startRig({ ...settings, auditKey: { current: next } });
    const { body } = await rig.call('GET', '/v1/audit/checkpoints');
    expect(body).toMatchObject({ publicKeys: [newer, key] });
  });

  const change: Readonly<Record<string, (lines: string[]) => string[]>> = {
    'a changed record': (lines) => lines.with(1, (lines[1] ?? '').replace('äöü', 'aou')),
    'a record that is gone': (lines) => lines.toSpliced(2, 1),
    'one that is there twice': (lines) => lines.toSpliced(2, 0, lines[2] ?? ''),
    'records in another order': (lines) => lines.with(1, lines[2] ?? '').with(2, lines[1] ?? ''),
    'one that is cut off': (lines) => lines.slice(0, -3),
    'one without its end': (lines) => lines.slice(0, -1),
  };
  it.each(Object.entries(change))('does not believe %s', async (_, changed) => {
    for (const first of [1, 5]) expect((await check(changed(exported(first)))).code).toBe(1);
  });

  it.each([
    ['without a checkpoint', 1, (lines: string[]) => lines.filter((line) => !isNote(line))],
    ['with one in front of it alone', 5, (lines: string[]) => lines.filter((line) => !isNote(line))],
    [
      'that has the one in front of it twice',
      5,
      (lines: string[]) => [
        ...lines.slice(0, 1),
        again(lines),
        ...lines.slice(1).filter((line) => !isNote(line)),
      ],
    ],
  ] as const)('says of one %s that nothing is proved', async (_, first, changed) => {
    const lines = changed(exported(first)).map((line) => line.replace('"portal"', '"mallory"'));
    expect(await check(lines)).toMatchObject({
      code: 1,
      complaint: 'Error: no checkpoint covers a record of it: nothing is proved',
    });
  });
  const isNote = (line: string) => line.startsWith('{"export":"checkpoint"');
  const again = ([begin = '']: readonly string[]) =>
    JSON.stringify({ export: 'checkpoint', note: (JSON.parse(begin) as { checkpoint: string }).checkpoint });

  it('says of a key that did not sign it that it did not', async () => {
    const text = `${exported(1).join('\n')}\n`;
    const { code, complaint } = await run('verify-export.mjs', text, STRANGER);
    expect([code, complaint]).toEqual([1, expect.stringMatching(/^Error: none of the keys that were given/)]);
  });
});
