import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startPostgres } from '../../support/postgres.js';
import { meanwhile, plannedRounds, type Bench, type Contestant } from '../bench.js';
import type { Aim } from '../findings.js';
import { prepareGateway } from '../gateway.js';
import { actsCell, type Cell, type Measurement } from '../measurement.js';
import type { Results } from '../results.js';
import type { Section } from '../sections.js';
import { median } from '../statistics.js';
import { GATEWAY } from '../subjects.js';
import { fixed, noise, rowsTable, table } from '../tables.js';

const CELLS = [1, 32, 128].map((connections) => actsCell(1, connections)) as [Cell, Cell, Cell];
const BUSY = CELLS.slice(1);
const MIN_OF_SQLITE = 0.8;
/** For the time that one takes here, with nothing else under way. */
const BARE_COMMITS = 200;

const TITLES = { sqlite: 'SQLite', one: 'PostgreSQL, one gateway', two: 'PostgreSQL, two gateways' };
type Name = keyof typeof TITLES;

/** What the database did while a contestant was measured. */
interface Commits {
  readonly perSecond: number;
  readonly recordsEach: number;
  /** Share of the time in which a transaction was under way. */
  readonly busy: number;
}

const SAMPLE_MS = 20;

/** A database of a contestant, looked at from outside. */
class ObservedDatabase {
  readonly #seen = new Map<Cell, Commits[]>();

  private constructor(
    readonly url: string,
    private readonly client: pg.Client,
  ) {}

  static async open(url: string): Promise<ObservedDatabase> {
    const client = new pg.Client(url);
    await client.connect();
    return new ObservedDatabase(url, client);
  }

  /** All processes that serve it; those of the whole server work for the one contestant that is loaded. */
  async pids(): Promise<number[]> {
    const { rows } = await this.client.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
       WHERE pid <> pg_backend_pid() AND (datname = current_database() OR datname IS NULL)`,
    );
    return rows.map(({ pid }) => pid);
  }

  /** Counts the transactions that wrote records in the meantime. */
  async count(cell: Cell, measure: () => Promise<Measurement>): Promise<Measurement> {
    const from = await this.#end();
    const startedAt = performance.now();
    let samples = 0;
    let busy = 0;
    const measured = await meanwhile(measure(), async () => {
      samples++;
      if (await this.#isWriting()) busy++;
      await sleep(SAMPLE_MS);
    });
    const seconds = (performance.now() - startedAt) / 1e3;
    const { rows } = await this.client.query<{ commits: string; records: string }>(
      'SELECT count(DISTINCT xmin::text) AS commits, count(*) AS records FROM audit_record WHERE seq > $1',
      [from],
    );
    const [commits, records] = [Number(rows[0]!.commits), Number(rows[0]!.records)];
    const all = this.#seen.get(cell) ?? [];
    const seen = { perSecond: commits / seconds, recordsEach: records / commits, busy: busy / samples };
    this.#seen.set(cell, [...all, seen]);
    return measured;
  }

  /** Medians over the rounds. */
  commitsAt(cell: Cell): Commits {
    const of = (figure: keyof Commits) => median(this.#seen.get(cell)!.map((each) => each[figure]));
    return { perSecond: of('perSecond'), recordsEach: of('recordsEach'), busy: of('busy') };
  }

  /** Milliseconds of a transaction that writes one small row. */
  async bareCommit(): Promise<number> {
    await this.client.query('CREATE TABLE bare (number INTEGER)');
    const all: number[] = [];
    for (let number = 0; number < BARE_COMMITS; number++) {
      const startedAt = performance.now();
      await this.client.query('INSERT INTO bare VALUES (1)');
      all.push(performance.now() - startedAt);
    }
    return median(all);
  }

  close(): Promise<void> {
    return this.client.end();
  }

  async #isWriting(): Promise<boolean> {
    const { rowCount } = await this.client.query(
      `SELECT 1 FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`,
    );
    return rowCount! > 0;
  }

  async #end(): Promise<string> {
    const { rows } = await this.client.query<{ seq: string }>(
      'SELECT coalesce(max(seq), 0) AS seq FROM audit_record',
    );
    return rows[0]!.seq;
  }
}

/** All processes float over all cores: a database of its own has none here, and two gateways would share one. */
function enter(bench: Bench, name: Name, processes = 1, database?: ObservedDatabase): Promise<Contestant> {
  const place = { folder: bench.stage.makeFolder(name), upstream: bench.upstream.origin };
  const prepared = prepareGateway(place, database?.url);
  const databasePids = database && (() => database.pids());
  return bench.enter(GATEWAY, {
    ...{ name, processes, pinned: false, prepared },
    ...(databasePids && { databasePids }),
  });
}

function aimsOf(results: Results): Aim[] {
  const aim = (subject: Name, other: Name, cell: Cell, limit: number): Aim => ({
    of: `requests/s of ${TITLES[subject]} to ${TITLES[other]}: ${cell.title}`,
    wanted: 'at least',
    limit,
    unit: 'x',
    figure: results.ratio(subject, other, cell, 'requestsPerSecond'),
  });
  return [
    ...BUSY.map((cell) => aim('one', 'sqlite', cell, MIN_OF_SQLITE)),
    ...CELLS.map((cell) => aim('two', 'one', cell, 1)),
  ];
}

function limits(
  results: Results,
  databases: Readonly<Record<string, ObservedDatabase>>,
  bareMs: number,
): string {
  const rows = CELLS.flatMap((cell) =>
    Object.entries(databases).map(([name, database]) => {
      const { perSecond, recordsEach, busy } = database.commitsAt(cell);
      return [
        `${cell.title}: ${TITLES[name as Name]}`,
        fixed(perSecond, 0),
        fixed(recordsEach, 1),
        `${fixed(busy * 100, 0)} %`,
        fixed((busy / perSecond) * 1e3, 2),
        fixed(results.median(name, cell, 'databaseMicroseconds'), 0),
      ];
    }),
  );
  const headings = [
    'what limits it',
    'commits/s',
    'records each',
    'writing',
    'ms a transaction',
    'server CPU us a request',
  ];
  return [
    table(headings, rows),
    '',
    'Each record is chained to the one before, so that one transaction writes at a time, through all gateways: "writing" is the share of',
    `the time in which one was under way. The commit of one small row alone takes ${fixed(bareMs, 2)} ms here. Nothing is pinned.`,
  ].join('\n');
}

export const postgres: Section = {
  title: 'PostgreSQL',
  planned: (options) => 30_000 + plannedRounds(options, 3, CELLS.length, BUSY.length),
  async run(bench) {
    const server = await startPostgres(true);
    const open = async (name: string) => ObservedDatabase.open(await server.createDatabase(name));
    const databases = { one: await open('one'), two: await open('two') };
    try {
      const bareMs = await databases.one.bareCommit();
      const contestants = [
        await enter(bench, 'sqlite'),
        await enter(bench, 'one', 1, databases.one),
        await enter(bench, 'two', 2, databases.two),
      ];
      await bench.warmUp(contestants, BUSY);
      const results = await bench.rounds(contestants, CELLS, (contestant, cell) => {
        const measure = () => bench.measure(contestant, cell);
        const database = databases[contestant.name as keyof typeof databases] as ObservedDatabase | undefined;
        return database === undefined ? measure() : database.count(cell, measure);
      });
      const tables = CELLS.map((cell) =>
        rowsTable(cell.title, results, ({ subject }) => TITLES[subject as Name], [cell]),
      );
      return {
        text: [...tables, limits(results, databases, bareMs), noise(results)].join('\n\n'),
        aims: aimsOf(results),
        errors: results.errors,
        figures: results.rows,
      };
    } finally {
      await Promise.all(Object.values(databases).map((database) => database.close()));
      await server.close('unchecked');
    }
  },
};
