import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import Database from 'better-sqlite3';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { wordsFor } from '../src/audit/embedded.check.js';
import { EmbeddedDatabase } from '../src/audit/embedded.database.js';
import { SCHEMA_STEPS, SIGNING_STEP, statementsFor } from '../src/audit/schema.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { faultWords } from '../src/audit/trail-fault.js';
import { AuditKeys } from '../src/audit/tree/audit-keys.js';
import { engineOver } from '../src/audit/offline.js';
import { verifyTrail } from '../src/audit/verification.js';
import { problemOf } from './support/problems.js';
import { SeededRandom } from './simulation/seeded-random.js';
import { addAlarms } from './support/bulk-alarms.js';
import { sha256, startRig } from './support/gateway.js';
import { newFolder, removeFolder, standGateway } from './support/standing-gateway.js';

/** Of what lies in a folder after a gateway. */
const fileIn = (folder: string) => join(folder, 'gateway.db');
const keyIn = (folder: string) => join(folder, 'gateway.db-key');
const logIn = (folder: string) => join(folder, 'gateway.db-wal');

/** What every refusal says to do, where it is one of the start. */
const REMEDY = /acts are refused|put a backup|put the file back|start that version/;

let top: string;
/** As a gateway left them that ended in order, and one that was killed, with its last records in the log only. */
let closed: string;
let killed: string;
let records: unknown[];

beforeAll(async () => {
  top = newFolder();
  [closed, killed] = [join(top, 'closed'), join(top, 'killed')];
  for (const folder of [closed, killed]) mkdirSync(folder);
  const rig = await startRig({ database: { kind: 'embedded', path: fileIn(closed) } });
  for (const count of [1, 2, 150, 3, 4, 40, 5, 6]) {
    const alarms = await addAlarms(rig, count);
    const headers = { 'Idempotency-Key': `key-${count}` };
    await rig.operate({ operation: 'nothing', alarms });
    const answer = await rig.operate(
      { operation: 'isolate_and_kill', alarms, remark: 'äöü 😀' },
      { headers },
    );
    expect(answer.status).toBe(200);
  }
  for (const each of [fileIn, logIn, keyIn]) copyFileSync(each(closed), each(killed));
  await rig.close();
  ({ records } = await open(copied(closed)));
  expect(records.length).toBeGreaterThan(16);
  expect((await open(copied(killed))).records).toEqual(records);
});
afterAll(() => removeFolder(top));

let copies = 0;
function copied(folder: string): string {
  const copy = join(top, `copy-${(copies += 1)}`);
  mkdirSync(copy);
  for (const each of [fileIn, logIn, keyIn])
    if (existsSync(each(folder))) copyFileSync(each(folder), each(copy));
  return copy;
}

/** What a start comes to: the records that are there, or why it is refused, or acts are. */
async function open(folder: string): Promise<{ records: unknown[]; refusal?: string }> {
  try {
    const database = new EmbeddedDatabase(fileIn(folder));
    const sql = 'SELECT seq, at, kind, operation_id, body, hex(hash) AS hash FROM audit_record ORDER BY seq';
    const records = database.query(sql, []);
    const { keys } = database;
    database.close();
    const known = new AuditKeys(keys);
    const file = new Database(fileIn(folder));
    const { faults } = await verifyTrail(engineOver(file), { verifiers: known.verifiers, keys: known });
    file.close();
    const [fault] = records.length > 0 ? faults : [];
    return { records, ...(fault && { refusal: `acts are refused: ${faultWords(fault)}` }) };
  } catch (error) {
    return { records: [], refusal: wordsFor(error) };
  }
}

interface Places {
  readonly from: number;
  readonly to: number;
}

/** Some bytes of a file, changed; together in one place, or anywhere. */
function flip(file: string, { from, to }: Places, count: number, together: boolean, seed: number): void {
  const random = new SeededRandom(seed);
  const bytes = readFileSync(file);
  const first = from + random.below(to - from);
  for (let each = 0; each < count; each += 1) {
    const at = Math.min(together ? first + each : from + random.below(to - from), bytes.length - 1);
    bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255));
  }
  writeFileSync(file, bytes);
}

describe('a database of which some bytes are others than they were', () => {
  const SEEDS = 40;
  const size = (file: string) => readFileSync(file).length;
  const damages: readonly [string, () => [string, (folder: string) => string, Places]][] = [
    ['anywhere in the file', () => [closed, fileIn, { from: 0, to: size(fileIn(closed)) }]],
    ["in the file's header", () => [closed, fileIn, { from: 0, to: 100 }]],
    ['in its tables of tables', () => [closed, fileIn, { from: 100, to: 8_192 }]],
    ['anywhere in the log', () => [killed, logIn, { from: 0, to: size(logIn(killed)) }]],
    ["in the log's header", () => [killed, logIn, { from: 0, to: 32 }]],
    [
      'at the end of the log',
      () => [killed, logIn, { from: size(logIn(killed)) - 8_216, to: size(logIn(killed)) }],
    ],
  ];
  it.each(damages.flatMap(([where, what]) => [1, 80].map((count) => [where, count, what] as const)))(
    '%s (%d of them): all records are there, or a start is refused and says what to do',
    async (_, count, what) => {
      const [folder, file, places] = what();
      let refused = 0;
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const copy = copied(folder);
        flip(file(copy), places, count, seed % 2 === 0, seed);
        const found = await open(copy);
        rmSync(copy, { recursive: true });
        const { refusal } = found;
        if (refusal === undefined) expect({ seed, records: found.records }).toEqual({ seed, records });
        else {
          refused += 1;
          expect(`${seed}: ${refusal}`).toMatch(REMEDY);
        }
      }
      expect(refused).toBeGreaterThan(SEEDS / 10);
    },
  );
});

/** Changes the database as somebody would who knows SQL and nothing of the chain. */
function edit(folder: string, ...statements: string[]): void {
  const database = new Database(fileIn(folder));
  for (const statement of statements) database.exec(statement);
  database.close();
}

/** What may have become of a trail, and what is said of it at the next start. */
const FOUND: Readonly<Record<string, readonly [() => string, (folder: string) => void, RegExp]>> = {
  'a file of a newer schema': [
    () => closed,
    (folder) => edit(folder, `PRAGMA user_version = ${SCHEMA_STEPS.length + 1}`),
    /a newer version of the gateway wrote it \(schema \d+; this one knows \d+\): start that version again$/,
  ],
  'an empty file': [
    () => closed,
    (folder) => truncateSync(fileIn(folder)),
    /it is empty: put a backup in its place, or remove it to begin anew/,
  ],
  'an empty file beside a log': [
    () => killed,
    (folder) => truncateSync(fileIn(folder)),
    /it is empty, but records of it are in \S+gateway\.db-wal: put the file back/,
  ],
  'a log without its file': [
    () => killed,
    (folder) => rmSync(fileIn(folder)),
    /it is not there, but records of it are in \S+gateway\.db-wal: put the file back/,
  ],
  'a text': [
    () => closed,
    (folder) => writeFileSync(fileIn(folder), 'no database, and longer than a header would be'.repeat(100)),
    /it is no SQLite database, or was damaged: name another file in GATEWAY_DATABASE_URL/,
  ],
  'a few bytes': [() => closed, (folder) => writeFileSync(fileIn(folder), 'x'), /it is no SQLite database/],
  zeros: [
    () => closed,
    (folder) => writeFileSync(fileIn(folder), Buffer.alloc(readFileSync(fileIn(folder)).length)),
    /it is no SQLite database, or was damaged/,
  ],
  'half of the file': [
    () => closed,
    (folder) => truncateSync(fileIn(folder), readFileSync(fileIn(folder)).length / 2),
    /the file was damaged or changed: keep it .* put a backup in its place/,
  ],
  "another application's database": [
    () => closed,
    (folder) => {
      rmSync(fileIn(folder));
      edit(folder, 'CREATE TABLE bookmark (url TEXT)');
    },
    /belongs to another application, or is damaged: name another file/,
  ],
  "another application's database, with a version of its own": [
    () => closed,
    (folder) => {
      rmSync(fileIn(folder));
      edit(folder, 'CREATE TABLE audit_record (seq INTEGER)', 'PRAGMA user_version = 3');
    },
    /its tables are not those of a trail/,
  ],
  'a log that is damaged in its middle': [
    () => killed,
    (folder) => flip(logIn(folder), { from: 3_000, to: 3_001 }, 1, true, 1),
    /in its log \S+gateway\.db-wal what is at byte 32 does not fit, and records follow it; .* put a backup/,
  ],
};

describe('a start is refused, with what to do, and every file stays as it is', () => {
  it.each(Object.entries(FOUND))('%s', async (_, [folder, make, words]) => {
    const copy = copied(folder());
    make(copy);
    const bytes = () =>
      [fileIn, logIn].map((each) => existsSync(each(copy)) && sha256(readFileSync(each(copy), 'latin1')));
    const before = bytes();
    const failure = await startRig({ database: { kind: 'embedded', path: fileIn(copy) } }).then(
      (rig) => rig.close(),
      (error: Error) => error,
    );
    expect(failure?.message).toMatch(/^the audit database \S+gateway\.db cannot be opened$/);
    expect((failure?.cause as Error).message).toMatch(words);
    expect(bytes()).toEqual(before);
  });

  it('says so in one line, and ends with code 1', async () => {
    const cloud: Simulator = await startSimulator({ alarms: 0 });
    const copy = copied(closed);
    writeFileSync(keyIn(copy), 'no key');
    const started = standGateway({ simulator: cloud, folder: copy }).finally(() => cloud.close());
    await expect(started).rejects.toThrow(
      /ended with 1 before it was ready; it wrote:\nthe gateway cannot start: [^\n]+: its audit key [^\n]+\n/,
    );
  });
});

/** What somebody made of the records, and what is said of it. */
const BROKEN: Readonly<Record<string, readonly [string, RegExp]>> = {
  'a record that was changed': [
    "UPDATE audit_record SET body = replace(body, 'portal', 'nobody') WHERE seq = 5",
    /record 5 of the trail: altered/,
  ],
  'a record that is missing': ['DELETE FROM audit_record WHERE seq = 5', /record 5 of the trail: missing/],
  'the outcome of the last operation missing': [
    "DELETE FROM audit_record WHERE seq >= (SELECT MAX(seq) FROM audit_record WHERE kind = 'outcome')",
    /of the trail: truncated/,
  ],
  'the last operations missing': [
    'DELETE FROM audit_record WHERE seq > 6',
    /records 7 to \d+ of the trail: truncated/,
  ],
  'a record under another kind': [
    "UPDATE audit_record SET kind = 'refusal' WHERE seq = 2",
    /record 2 of the trail: altered/,
  ],
  'an operation under another caller': [
    "UPDATE operation SET caller = 'nobody'",
    /of the trail: altered, it is listed as something else than it says/,
  ],
};

describe('acts are refused, and what is there can be read', () => {
  it.each(Object.entries(BROKEN))('%s', async (_, [statement, words]) => {
    const copy = copied(closed);
    edit(copy, statement);
    const rig = await startRig({ database: { kind: 'embedded', path: fileIn(copy) } });
    const { body: readiness, status: ready } = await rig.call('GET', '/readyz');
    const act = await rig.operate({ operation: 'ignore', alarms: await addAlarms(rig, 1) });
    const read = await rig.call('GET', '/v1/operations');
    await rig.close();
    expect([ready, problemOf(act).code, act.status, read.status]).toEqual([503, 'audit_broken', 503, 200]);
    expect((readiness as { detail: string }).detail).toMatch(words);
  });
});

describe('a start goes on', () => {
  it('with what comes before a damage in the log, where that was taken over as the guide says', async () => {
    const copy = copied(killed);
    const end = readFileSync(logIn(copy)).length;
    flip(logIn(copy), { from: end / 2, to: end / 2 + 1 }, 1, true, 1);
    expect((await open(copy)).refusal).toContain('does not fit');
    const guide = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const program = /<<'EOF'\n((?:(?!EOF)[^])*wal_checkpoint(?:(?!EOF)[^])*)EOF\n/.exec(guide)?.[1] ?? '';
    const root = fileURLToPath(new URL('../../', import.meta.url));
    execFileSync(process.execPath, ['--input-type=module', '-', fileIn(copy)], { cwd: root, input: program });
    const { records: found } = await open(copy);
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(records.slice(0, found.length));
  });

  it('where a process was killed at any moment, with all that was complete', async () => {
    const whole = readFileSync(logIn(killed));
    const random = new SeededRandom(1);
    for (let each = 0; each < 60; each += 1) {
      const copy = copied(killed);
      truncateSync(logIn(copy), random.below(whole.length));
      const { records: found, refusal } = await open(copy);
      // The key gets its name when what it signs is on the disk: it is never alone.
      if (refusal !== undefined)
        expect(refusal).toMatch(/only its audit key|nothing of this trail was ever signed/);
      expect(found).toEqual(records.slice(0, found.length));
    }
  });

  it('with a file of each older version that signed nothing', async () => {
    for (let version = 1; version <= SIGNING_STEP; version += 1) {
      const copy = join(top, `version-${version}`);
      mkdirSync(copy);
      const steps = SCHEMA_STEPS.slice(0, version).flatMap((step) => statementsFor('sqlite', step));
      edit(copy, ...steps, `PRAGMA user_version = ${version}`);
      expect(await open(copy)).toEqual({ records: [] });
    }
  });

  it('where one ended before the key got its name', async () => {
    const copy = copied(closed);
    renameSync(keyIn(copy), `${keyIn(copy)}.new`);
    expect(await open(copy)).toEqual({ records });
  });

  it('but not with a trail of an earlier version that was made in the place of one with a key', async () => {
    const copy = join(top, 'made-anew');
    mkdirSync(copy);
    copyFileSync(keyIn(closed), keyIn(copy));
    const steps = SCHEMA_STEPS.slice(0, SIGNING_STEP).flatMap((step) => statementsFor('sqlite', step));
    edit(copy, ...steps, `PRAGMA user_version = ${SIGNING_STEP}`);
    expect((await open(copy)).refusal).toContain('nothing of this trail was ever signed');
  });
});
