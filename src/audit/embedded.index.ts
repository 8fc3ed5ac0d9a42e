import type Database from 'better-sqlite3';

import { BlockIndexer, type EarlierRecord } from './record-blocks.js';
import { EARLIER_COLUMNS, type IndexedRecord } from './record-facts.js';

/** What finds the records of an embedded database. */
export class EmbeddedIndex {
  readonly #indexer = new BlockIndexer();
  readonly #earlier: Database.Statement<[string], EarlierRecord>;
  readonly #fact: Database.Statement<[string, number]>;
  readonly #words: Database.Statement<[bigint, string]>;

  constructor(database: Database.Database) {
    this.#earlier = database.prepare(
      `SELECT ${EARLIER_COLUMNS} FROM audit_record WHERE operation_id = ? ORDER BY seq`,
    );
    this.#fact = database.prepare('INSERT OR IGNORE INTO record_fact (fact, block) VALUES (?, ?)');
    this.#words = database.prepare('INSERT OR REPLACE INTO record_words (rowid, tokens) VALUES (?, ?)');
  }

  /** Adds the next records of the trail. */
  add(records: readonly IndexedRecord[]): void {
    const earlier = [...this.#indexer.unknownIn(records)].flatMap((id) => this.#earlier.all(id));
    const { facts, words } = this.#indexer.rowsOf(records, earlier);
    for (const { fact, block } of facts) this.#fact.run(fact, block);
    for (const { id, tokens } of words) this.#words.run(BigInt(id), tokens);
  }
}
