import { rmSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { uuidv7 } from 'uuidv7';

import { emptyState } from '../../src/audit/admission.js';
import {
  appendEntries,
  linkOnly,
  type AppendedRecord,
  type ChainEnd,
  type Chaining,
} from '../../src/audit/append-rows.js';
import type { AuditAppend } from '../../src/audit/audit.engine.js';
import { EmbeddedDatabase } from '../../src/audit/embedded.database.js';
import { EmbeddedRows } from '../../src/audit/embedded.rows.js';
import { SCHEMA_STEPS, statementsFor } from '../../src/audit/schema.js';
import { AuditKeys, newAuditKey } from '../../src/audit/tree/audit-keys.js';
import { TreeGrowth } from '../../src/audit/tree/growth.js';
import { TreeEdge } from '../../src/audit/tree/tiles.js';
import { GENESIS, linkAndLeaf } from '../../src/audit/record-text.js';
import { makeBodies } from './payloads.js';
import { median } from './statistics.js';

/** Appends the records of acts to databases side by side: without tree and seals, with them, and as the gateway does. */
const { FOLDER = '', ROUNDS = '7', ALARMS = '1' } = process.env;
/** In each round and database; as many at once as requests at 32 connections bring. */
const OPERATIONS = 1_000;
const AT_ONCE = 16;
const GROW_BY = 250;
const alarms = Number(ALARMS);
const AT = Date.now();

interface Cost {
  readonly took: number;
  readonly cpu: number;
}

interface Subject {
  append(entries: readonly AuditAppend[]): void;
  grow(): void;
  close(): void;
}

/** The product's own rows in a database of the product's own tables, without anything behind. */
class Bare implements Subject {
  protected readonly database: Database.Database;
  readonly #commit: (entries: readonly AuditAppend[]) => readonly AppendedRecord[];
  #end: ChainEnd | undefined;
  protected taken: AppendedRecord[] = [];

  constructor(
    file: string,
    private readonly chaining: Chaining = { link: linkOnly, seal: () => null },
  ) {
    this.database = new Database(file);
    for (const pragma of ['page_size = 8192', 'journal_mode = WAL', 'synchronous = FULL'])
      this.database.pragma(pragma);
    this.database.pragma('wal_autocheckpoint = 2048');
    for (const step of SCHEMA_STEPS)
      for (const statement of statementsFor('sqlite', step)) this.database.exec(statement);
    const rows = new EmbeddedRows(this.database);
    this.#commit = this.database.transaction((entries: readonly AuditAppend[]) => {
      const { end, records } = appendEntries(
        entries,
        emptyState('sqlite', null),
        this.#end,
        rows,
        this.chaining,
      );
      this.#end = end;
      return records;
    });
  }

  append(entries: readonly AuditAppend[]): void {
    this.taken.push(...this.#commit(entries));
  }

  grow(): void {
    this.taken = [];
  }

  close(): void {
    this.database.close();
  }
}

class WithTree extends Bare {
  readonly #growth = new TreeGrowth(TreeEdge.empty(), GENESIS);
  readonly #keep = this.database.prepare(
    'INSERT OR REPLACE INTO tree_tile (level, place, hashes) VALUES (?, ?, ?)',
  );
  readonly #take = this.database.transaction((records: readonly AppendedRecord[]) => {
    for (const record of records) this.#growth.add(record);
    for (const { level, place, hashes } of this.#growth.takeChanged()) this.#keep.run(level, place, hashes);
  });

  override grow(): void {
    this.database.pragma('synchronous = NORMAL');
    for (let from = 0; from < this.taken.length; from += GROW_BY)
      this.#take(this.taken.slice(from, from + GROW_BY));
    this.database.pragma('synchronous = FULL');
    super.grow();
  }
}

class Whole implements Subject {
  readonly #database: EmbeddedDatabase;

  constructor(file: string) {
    this.#database = new EmbeddedDatabase(file);
  }

  append(entries: readonly AuditAppend[]): void {
    this.#database.append(entries);
  }

  grow(): void {
    while (!this.#database.grow(GROW_BY).root) continue;
  }

  close(): void {
    this.#database.close();
  }
}

const keys = new AuditKeys({ current: newAuditKey() });
const subjects: Readonly<Record<string, Subject>> = {
  without: new Bare(join(FOLDER, 'without.db')),
  tree: new WithTree(join(FOLDER, 'tree.db'), {
    link: linkAndLeaf,
    seal: (seq, hash) => keys.seal(seq, hash),
  }),
  all: new Whole(join(FOLDER, 'all.db')),
};

const template = JSON.stringify(makeBodies(alarms, '########').upstream);

function acts(count: number): (readonly AuditAppend[])[] {
  const operations = Array.from({ length: count }, () => {
    const operationId = uuidv7();
    const upstream = template.replaceAll('########', operationId.slice(-8));
    const { operate_event_list: events } = JSON.parse(upstream) as {
      operate_event_list: { event_id: string }[];
    };
    const eventIds = events.map(({ event_id: id }) => id);
    const at = new Date(AT).toISOString();
    const scope = { project: 'prod', projectId: 'p', region: 'cn-north-4', enterpriseProjectId: '0' };
    const common = { operationId, at, requestId: operationId, caller: 'bench', operation: 'mark_as_handled' };
    const head = JSON.stringify({ kind: 'intent', ...common, scope, alarms: eventIds, claims: [] });
    const exchange = { attempts: 1, bytesSent: true, durationMs: 2, status: 200, requestId: operationId };
    const chunks = [{ alarms: eventIds.length, outcome: 'applied', exchange }];
    const operation = { ...common, type: common.operation, asked: '{}', eventIds, ...scope };
    return [
      {
        kind: 'intent',
        at: AT,
        operationId,
        body: `${head.slice(0, -1)},"requests":[${upstream}]}`,
        operation,
      },
      {
        ...{ kind: 'outcome', at: AT, operationId, status: 'applied', open: false, fate: '{}' },
        body: JSON.stringify({ kind: 'outcome', operationId, at, status: 'applied', chunks }),
      },
    ] as const;
  });
  const commits: AuditAppend[][] = [];
  for (let from = 0; from < count; from += AT_ONCE)
    for (const place of [0, 1] as const)
      commits.push(operations.slice(from, from + AT_ONCE).map((operation) => operation[place]));
  return commits;
}

/** For each record: microseconds, and CPU microseconds. */
function cost(subject: Subject, commits: readonly (readonly AuditAppend[])[]): Cost {
  const began = performance.now();
  const before = process.cpuUsage();
  for (const entries of commits) subject.append(entries);
  subject.grow();
  const { user, system } = process.cpuUsage(before);
  const records = 2 * OPERATIONS;
  return { took: ((performance.now() - began) * 1_000) / records, cpu: (user + system) / records };
}

const measured = new Map<string, Cost[]>();
// The first two are for the compiler.
for (let round = -2; round < Number(ROUNDS); round += 1) {
  for (const [name, subject] of Object.entries(subjects)) {
    const took = cost(subject, acts(OPERATIONS));
    if (round >= 0) measured.set(name, [...(measured.get(name) ?? []), took]);
  }
}
for (const subject of Object.values(subjects)) subject.close();
for (const name of Object.keys(subjects))
  for (const file of ['', '-wal', '-shm', '-key', '-lock'])
    rmSync(join(FOLDER, `${name}.db${file}`), { force: true });
const costs = [...measured].map(([name, all]) => ({
  name,
  took: median(all.map(({ took }) => took)),
  cpu: median(all.map(({ cpu }) => cpu)),
}));
process.stdout.write(`${JSON.stringify(costs)}\n`);
