import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { EmbeddedEngine } from '../src/audit/embedded.engine.js';
import { PostgresEngine } from '../src/audit/postgres.engine.js';
import { RecordStore, type RecordFilter } from '../src/audit/record.store.js';
import { AUDIT_KEY } from './support/gateway.js';
import { NotingEngine } from './support/noting-engine.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { newFolder, removeFolder } from './support/standing-gateway.js';

const RECORDS = 1_000_000;
/** Records of each operation, one after the other. */
const EACH = 10;
const OPERATIONS = RECORDS / EACH;
const START = Date.parse('2026-08-16T09:05:22.701Z');
const SECOND_MS = 1_000;
const MAX_LOOKED = 4_000;
/** Records of each block of the index. */
const BLOCK = 64;
const LIMIT = 50;

const idOf = (operation: number) => `0198c5f2-7c25-7d41-8c3b-${String(operation).padStart(12, '0')}`;
const OF = `(seq / ${EACH})`;
/** Which records have a fact, in SQL over `seq`; in the order of the index. */
const FACTS: readonly (readonly [fact: string, having: string])[] = [
  ['caller=bot', `${OF} % 10 < 9 AND ${OF} <> 50000`],
  ['caller=rare', `${OF} = 50000`],
  ['code=not_granted', `seq % 1000 = 999`],
  ['kind=chunk', `seq % 10 BETWEEN 1 AND 8`],
  ['kind=intent', `seq % 10 = 0`],
  ['kind=outcome', `seq % 10 = 9`],
  ['onBehalfOf=jane', `${OF} BETWEEN 100 AND 119`],
  ['operation=ignore', `${OF} % 2 = 0`],
  ['outcome=applied', `seq % 10 > 0`],
  ['scope=["prod","0"]', `${OF} % 100 < 99`],
  ['scope=["rest","0"]', `${OF} % 100 = 99`],
  ['severity=High', `${OF} % 4 = 0`],
];
const having = (fact: string) => FACTS.find(([name]) => name === fact)![1];
const whether = (fact: string, then: string, otherwise: string) =>
  `CASE WHEN ${having(fact)} THEN '${then}' ELSE '${otherwise}' END`;
/** What records say, in SQL over `seq` and `id`. */
const CHUNK = `'{"alarms":1,"outcome":"applied"' || ${whether('code=not_granted', ',"fault":{"code":"not_granted"}', '')} || '}'`;
const KIND = `CASE seq % 10 WHEN 0 THEN 'intent' WHEN 9 THEN 'outcome' ELSE 'chunk' END`;
const BODY = [
  `'{"kind":"' || ${KIND} || '","operationId":"' || id || '",' || CASE seq % 10`,
  `WHEN 0 THEN '"caller":"' || ${whether('caller=rare', 'rare', '')} || ${whether('caller=bot', 'bot', '')}`,
  `  || ${whether('onBehalfOf=jane', '","onBehalfOf":"jane', '')}`,
  `  || '","operation":"' || ${whether('operation=ignore', 'ignore', 'unhandle')}`,
  `  || '","scope":{"project":"' || ${whether('scope=["prod","0"]', 'prod', 'rest')} || '","enterpriseProjectId":"0"}'`,
  `  || ',"alarms":["e-' || ${OF} || '"],"seen":[{"severity":"' || ${whether('severity=High', 'High', 'Low')}`,
  `  || '","host":{"name":"web-' || (${OF} % 5000) || '"},"agentId":"a-' || (${OF} % 5000) || '"}]}'`,
  `WHEN 9 THEN '"status":"applied","chunks":[' || ${CHUNK} || ']}'`,
  `ELSE '"index":0,"chunk":' || ${CHUNK} || '}' END`,
].join(' ');

/** Fills the tables as a trail of so many records would; rows by the thousand, not as records are appended. */
async function fill(run: (sql: string) => Promise<unknown>, dialect: 'sqlite' | 'postgres'): Promise<void> {
  const isLite = dialect === 'sqlite';
  const series = (from: number, to: number) =>
    isLite
      ? `(WITH RECURSIVE n (seq) AS (SELECT ${from} UNION ALL SELECT seq + 1 FROM n WHERE seq < ${to}) SELECT seq FROM n) AS n`
      : `generate_series(${from}::bigint, ${to}::bigint) AS n (seq)`;
  const number = (of: string) => (isLite ? `printf('%012d', ${of})` : `lpad((${of})::text, 12, '0')`);
  const id = (of: string) => `'${idOf(0).slice(0, 24)}' || ${number(of)}`;
  const hash = isLite ? 'zeroblob(32)' : `'\\x00'::bytea`;
  await run(`INSERT INTO audit_record (seq, at, kind, operation_id, body, hash)
    SELECT seq, ${START} + seq * ${SECOND_MS}, ${KIND}, id, ${BODY}, ${hash}
    FROM (SELECT seq, ${id(OF)} AS id FROM ${series(1, RECORDS)}) AS records`);
  await run(`INSERT INTO operation (id, caller, type, project, enterprise_project_id, status, open)
    SELECT ${id('seq')}, 'bot', 'ignore', CASE WHEN seq % 100 < 99 THEN 'prod' ELSE 'rest' END, '0', 'applied', 0
    FROM ${series(0, OPERATIONS)}`);
  await run(`INSERT INTO checkpoint (size, at, note)
    SELECT seq * 1000, ${START} + seq * 1000 * ${SECOND_MS}, '' FROM ${series(1, RECORDS / 1_000)}`);
  const facts = FACTS.map(
    ([fact, having]) =>
      `SELECT DISTINCT '${fact}', (seq - 1) / ${BLOCK} FROM ${series(1, RECORDS)} WHERE ${having}`,
  );
  for (const fact of facts) await run(`INSERT INTO record_fact (fact, block) ${fact}`);
  const words = [`'hpweb-' || (seq / ${EACH} % 5000)`, `'apa-' || (seq / ${EACH} % 5000)`];
  await run(
    isLite
      ? `INSERT INTO record_words (rowid, tokens) SELECT seq * 2, ${words.join(` || ' ' || `)} FROM ${series(1, RECORDS)}`
      : `INSERT INTO record_words (id, tokens) SELECT seq * 2, ARRAY[${words.join()}] FROM ${series(1, RECORDS)}`,
  );
  await run(
    isLite
      ? `INSERT INTO alarm_index (rowid, tokens) SELECT seq * ${EACH}, 'pe-' || seq FROM ${series(1, OPERATIONS)}`
      : `INSERT INTO operation_alarms (operation_id, tokens) SELECT ${id('seq')}, ARRAY['pe-' || seq] FROM ${series(1, OPERATIONS)}`,
  );
  // As if the tree had all of them.
  const [tiles, rest] = [Math.floor(RECORDS / 256), RECORDS % 256];
  const hashes = isLite ? `zeroblob(${rest * 32})` : `decode(repeat('00', ${rest * 32}), 'hex')`;
  await run(`INSERT INTO tree_tile (level, place, hashes) VALUES (0, ${tiles}, ${hashes})`);
}

const SINGLE: Readonly<Record<string, RecordFilter>> = {
  nothing: {},
  ...Object.fromEntries(
    FACTS.filter(([fact]) => !fact.startsWith('scope')).map(([fact]) => {
      const [name = '', value = ''] = fact.split('=');
      return [fact, { facts: { [name]: [value] } }];
    }),
  ),
  alarm: { alarm: 'e-77' },
  host: { host: 'WEB-77' },
  agentId: { agentId: 'a-77' },
  operationId: { operationId: idOf(77) },
  from: { from: START + 500_000 * SECOND_MS },
  to: { to: START + 500_000 * SECOND_MS },
  cursor: { before: 500_000 },
};
const COMBINED: Readonly<Record<string, RecordFilter>> = {
  'several words': { facts: { kind: ['intent', 'outcome'], severity: ['High', 'Low'] } },
  'a host and what is common': {
    host: 'web-77',
    facts: { kind: ['outcome'], caller: ['bot'], outcome: ['applied'] },
  },
  'a host and a time': { host: 'web-77', from: START + 900_000 * SECOND_MS },
  'an alarm, a host and an agent': { alarm: 'e-77', host: 'web-77', agentId: 'a-77' },
  'what is rare and what is common': { facts: { kind: ['intent'], severity: ['High'], caller: ['rare'] } },
  'what never meets': { facts: { onBehalfOf: ['jane'], code: ['invalid_key'] } },
};

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close('unchecked'));

describe.each(['SQLite', 'PostgreSQL'])('a million records (%s)', (name) => {
  const folder = newFolder();
  let engine: NotingEngine;
  let records: RecordStore;

  beforeAll(async () => {
    if (name === 'SQLite') {
      const embedded = await EmbeddedEngine.open(join(folder, 'gateway.db'));
      await fill((sql) => embedded.query(sql, []), 'sqlite');
      engine = new NotingEngine(embedded);
    } else {
      const url = await postgres.createDatabase('records');
      engine = new NotingEngine(await PostgresEngine.open(url, 30_000, { current: AUDIT_KEY }));
      const client = new pg.Client(url);
      await client.connect();
      await fill((sql) => client.query(sql), 'postgres');
      await client.query('VACUUM ANALYZE');
      await client.end();
    }
    records = new RecordStore(engine);
  });
  afterAll(async () => {
    await engine.close();
    removeFolder(folder, 'unchecked');
  });

  it.each(Object.entries({ ...SINGLE, ...COMBINED }))('are found by an index: %s', async (_, filter) => {
    for (const mayRead of [() => true, (scope?: { project: string }) => scope?.project === 'rest']) {
      engine.asked.length = 0;
      engine.rows = 0;
      await records.page(filter, mayRead, LIMIT, 1_048_576);
      expect(engine.rows).toBeLessThan(3 * MAX_LOOKED);
      const plans = await engine.plans();
      expect(plans.length).toBeGreaterThan(3);
      // Of the words of few records, only those that match.
      const matching = /VIRTUAL TABLE INDEX \d+:.*M/;
      const scans = plans.filter((plan) => /SCAN|Seq Scan/.test(plan) && !matching.test(plan));
      const tables = /\b(?:audit_record|record|record_fact|record_words|operation|operation_alarms)\b/;
      expect(scans.filter((plan) => tables.test(plan))).toEqual([]);
    }
  });

  it('are found where they are', async () => {
    const everything = () => true;
    const seqs = async (filter: RecordFilter, limit = LIMIT) =>
      (await records.page(filter, everything, limit, 1_048_576)).records.map(({ seq }) => Number(seq));
    expect(await seqs(COMBINED['an alarm, a host and an agent']!)).toEqual([
      779, 778, 777, 776, 775, 774, 773, 772, 771, 770,
    ]);
    expect(await seqs(COMBINED['what is rare and what is common']!)).toEqual([500_000]);
    expect(await seqs(COMBINED['what never meets']!)).toEqual([]);
    expect(
      await seqs({ ...COMBINED['a host and what is common'], from: START + 950_779 * SECOND_MS }),
    ).toEqual([950_779]);
    const at = START + 500_000 * SECOND_MS;
    expect(await seqs({ from: at - SECOND_MS, to: at + SECOND_MS })).toEqual([500_001, 500_000, 499_999]);
  });
});
