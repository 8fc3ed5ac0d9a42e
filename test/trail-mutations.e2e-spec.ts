import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';

import { engineOver } from '../src/audit/offline.js';
import { compareSideTables } from '../src/audit/side-tables.compare.js';
import { DatabaseSource } from '../src/audit/trail-source.js';
import { TrailVerifier } from '../src/audit/trail-verifier.js';
import { TILE_WIDTH } from '../src/audit/tree/tiles.js';
import { SeededRandom } from './simulation/seeded-random.js';
import { keysOf, makeTrail, type MadeTrail } from './support/made-trail.js';
import { MUTATIONS, type Expected } from './support/trail-mutations.js';

/** Somebody changes a trail by hand, in every way that a database lets them: each is found, and the first bad record is named. */

const COUNT = 10_000;
/** Of them so many are of a trail whose tree has several tiles. */
const OF_LONG = 500;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-mutations-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As the command does it. */
async function verified(database: Database.Database, trail: MadeTrail, expected: Expected) {
  const engine = engineOver(database);
  const keys = keysOf(trail);
  const witnessed = (typeof expected === 'object' && 'witnessed' in expected && expected.witnessed) || [];
  const trusted = { verifiers: keys.verifiers, keys, witnessed };
  const verifier = new TrailVerifier(new DatabaseSource(engine), trusted);
  await verifier.begin('base');
  const { covered, faults } = await verifier.run();
  const areTablesCompared = typeof expected === 'object' && 'names' in expected;
  return { covered, faults, tables: areTablesCompared ? await compareSideTables(engine, 5) : [] };
}
type Report = Awaited<ReturnType<typeof verified>>;

/** What is to be found, and what was. */
function expectFound(seed: number, expected: Exclude<Expected, 'nothing done'>, report: Report): void {
  const [fault] = report.faults;
  if (expected === 'harmless') expect({ seed, ...report }).toMatchObject({ seed, faults: [], tables: [] });
  else if ('first' in expected)
    expect({ seed, first: fault?.first, report }).toMatchObject({ seed, first: expected.first });
  else if ('what' in expected)
    expect({ seed, what: fault?.what, report }).toMatchObject({ seed, ...expected });
  else {
    const said = [...report.faults.map(({ operationId }) => operationId), ...report.tables].join('\n');
    expect({ seed, said }).toEqual({ seed, said: expect.stringContaining(expected.names) });
  }
}

const kinds = Object.keys(MUTATIONS);
const SIZES = [
  { records: 60, every: 15, count: COUNT - OF_LONG },
  { records: 320, every: 45, count: OF_LONG },
];

describe.each(SIZES)('a trail of $records records that somebody changed', ({ records, every, count }) => {
  let trail: MadeTrail;
  let other: MadeTrail;
  beforeAll(async () => {
    trail = await makeTrail(folder, { seed: 1, records, every });
    other = await makeTrail(folder, { seed: 2, records, every });
  });

  it('is whole before, with records behind its last checkpoint', async () => {
    expect(trail.rows.length - trail.covered).toBeGreaterThan(5);
    expect(trail.covered > TILE_WIDTH).toBe(records > TILE_WIDTH);
    const database = new Database(Buffer.from(trail.bytes));
    const report = await verified(database, trail, { names: '' });
    expect(report).toEqual({ covered: trail.covered, faults: [], tables: [] });
  });

  it('is compared with what stands beside it also where a record stands far behind its end', async () => {
    const database = new Database(Buffer.from(trail.bytes));
    database.exec(
      'UPDATE audit_record SET seq = 9007199254740993 WHERE seq = (SELECT MAX(seq) FROM audit_record)',
    );
    const { faults } = await verified(database, trail, { names: '' });
    expect(faults.at(-1)).toMatchObject({ what: 'foreign', first: 2 ** 53 });
    database.close();
  });

  it.each(kinds)('is found out: %s', async (kind) => {
    let done = 0;
    for (let seed = 1; done < count / kinds.length; seed += 1) {
      expect(seed).toBeLessThan(count);
      const database = new Database(Buffer.from(trail.bytes));
      const expected = MUTATIONS[kind]!(database, new SeededRandom(seed), { trail, other });
      if (expected !== 'nothing done') {
        expectFound(seed, expected, await verified(database, trail, expected));
        done += 1;
      }
      database.close();
    }
  });
});
