import type { DialectName } from './audit.engine.js';

/** A statement in SQLite's words, or what each engine has in its place; an engine that is left out has nothing there. */
type SchemaStatement = string | { readonly sqlite?: string; readonly postgres?: string };

/** The step with which a trail begins to be signed (audit/trail-beginning.ts). */
export const SIGNING_STEP = 10;

/**
 * The tables, in the order they came to be; each list is one step and runs once, in one transaction. A step that was released stays
 * as it is, to the letter: an embedded database is compared with it at each start.
 */
export const SCHEMA_STEPS: readonly (readonly SchemaStatement[])[] = [
  [
    // The trail itself: append-only, each record chained to the one before it.
    `CREATE TABLE audit_record (
       seq INTEGER PRIMARY KEY,
       at INTEGER NOT NULL,
       kind TEXT NOT NULL,
       operation_id TEXT,
       body TEXT NOT NULL,
       hash BLOB NOT NULL
     )`,
    `CREATE INDEX audit_record_operation ON audit_record (operation_id) WHERE operation_id IS NOT NULL`,
    // What follows can be made again from the trail: it only finds operations quickly.
    `CREATE TABLE operation (
       id TEXT PRIMARY KEY,
       caller TEXT NOT NULL,
       type TEXT NOT NULL,
       project TEXT NOT NULL,
       enterprise_project_id TEXT NOT NULL,
       status TEXT NOT NULL,
       open INTEGER NOT NULL
     ) WITHOUT ROWID`,
    `CREATE INDEX operation_caller ON operation (caller, id)`,
    // Under way, or of unknown outcome.
    `CREATE INDEX operation_open ON operation (id) WHERE open = 1`,
    // Which intents name an alarm, by their place in the trail. Event ids are random: a full-text index takes hundreds of them at
    // once for a tenth of what a table's tree would cost.
    {
      sqlite: `CREATE VIRTUAL TABLE alarm_index USING fts5 (
       tokens, content = '', detail = none, columnsize = 0, tokenize = "ascii tokenchars '-'"
     )`,
      // A table of its own: an index over words is dear to write, and every change of an operation's row would write it again.
      postgres: `CREATE TABLE operation_alarms (operation_id TEXT PRIMARY KEY, tokens TEXT[] NOT NULL)`,
    },
    { postgres: `CREATE INDEX operation_alarms_tokens ON operation_alarms USING gin (tokens)` },
  ],
  [
    // When each key was last used: beside the trail, and overwritten.
    `CREATE TABLE key_use (
       caller TEXT NOT NULL,
       key TEXT NOT NULL,
       last_used_at INTEGER NOT NULL,
       PRIMARY KEY (caller, key)
     ) WITHOUT ROWID`,
  ],
  [
    // Which operation a caller's idempotency key, or the signature of its request, belongs to.
    `CREATE TABLE claim (
       caller TEXT NOT NULL,
       key TEXT NOT NULL,
       fingerprint TEXT NOT NULL,
       operation_id TEXT NOT NULL,
       at INTEGER NOT NULL,
       PRIMARY KEY (caller, key)
     ) WITHOUT ROWID`,
    `CREATE INDEX claim_at ON claim (at)`,
    // What destructive operations reached: counted for the daily cap and for the brake, and forgotten after two days.
    `CREATE TABLE reached_alarms (
       caller TEXT NOT NULL,
       operation_id TEXT NOT NULL,
       at INTEGER NOT NULL,
       alarms INTEGER NOT NULL,
       PRIMARY KEY (caller, operation_id)
     ) WITHOUT ROWID`,
    `CREATE TABLE reached_host (
       caller TEXT NOT NULL,
       agent_id TEXT NOT NULL,
       operation_id TEXT NOT NULL,
       at INTEGER NOT NULL,
       PRIMARY KEY (caller, agent_id, operation_id)
     ) WITHOUT ROWID`,
    // One row for each caller whose brake was ever engaged.
    `CREATE TABLE brake (
       caller TEXT PRIMARY KEY,
       engaged INTEGER NOT NULL,
       at INTEGER NOT NULL
     ) WITHOUT ROWID`,
  ],
  [
    // Which operation undoes which.
    `ALTER TABLE operation ADD COLUMN undoes TEXT`,
    `CREATE INDEX operation_undoes ON operation (undoes) WHERE undoes IS NOT NULL`,
  ],
  [
    // Who looks after an open operation, where several processes share one database, and when each was last heard of.
    { postgres: `ALTER TABLE operation ADD COLUMN instance TEXT` },
    { postgres: `CREATE TABLE instance (id TEXT PRIMARY KEY, seen_at TIMESTAMPTZ NOT NULL)` },
    // What each process let through of its callers' quotas, second by second.
    {
      postgres: `CREATE UNLOGGED TABLE quota_use (
       instance TEXT NOT NULL,
       caller TEXT NOT NULL,
       quota TEXT NOT NULL,
       slice INTEGER NOT NULL,
       amount INTEGER NOT NULL,
       PRIMARY KEY (slice, instance, caller, quota)
     )`,
    },
  ],
  [
    // When an operation is to be undone by itself, and how far that is; the state is null while it is still to come.
    `ALTER TABLE operation ADD COLUMN expires_at INTEGER`,
    `ALTER TABLE operation ADD COLUMN expiry_state TEXT`,
    `ALTER TABLE operation ADD COLUMN expiry_next_at INTEGER`,
    `ALTER TABLE operation ADD COLUMN expiry_attempts INTEGER`,
    `CREATE INDEX operation_expires ON operation (expires_at) WHERE expires_at IS NOT NULL`,
  ],
  [
    // What callers may apply, once and until it expires: the exact list of a plan.
    `CREATE TABLE plan (
       id TEXT PRIMARY KEY,
       caller TEXT NOT NULL,
       created_at INTEGER NOT NULL,
       expires_at INTEGER NOT NULL,
       digest TEXT NOT NULL,
       body TEXT NOT NULL
     ) WITHOUT ROWID`,
    `CREATE INDEX plan_expires ON plan (expires_at)`,
  ],
  [
    // What lists show of an operation, so that they read no record: null where it was written before there was this.
    `ALTER TABLE operation ADD COLUMN targets INTEGER`,
    `ALTER TABLE operation ADD COLUMN asked TEXT`,
    `ALTER TABLE operation ADD COLUMN fate TEXT`,
    `ALTER TABLE operation ADD COLUMN cancelled TEXT`,
    `CREATE INDEX operation_unknown ON operation (id) WHERE status = 'unknown'`,
  ],
  [
    // How many alarms a plan shows: null where it was made before there was this.
    `ALTER TABLE plan ADD COLUMN alarms INTEGER`,
    `CREATE INDEX plan_caller ON plan (caller, expires_at)`,
    // What of a caller still waits for its expiration.
    `CREATE INDEX operation_scheduled ON operation (caller) WHERE expires_at IS NOT NULL AND expiry_state IS NULL`,
  ],
  [
    // Kind by kind of operation, each from the newest on (docs/decisions/0018-lists-of-operations.md).
    `CREATE INDEX operation_kind ON operation (caller, type, project, enterprise_project_id, id)`,
    `DROP INDEX operation_caller`,
    // Of those that did not go well: an act that does is never written here.
    `CREATE INDEX operation_exceptional ON operation (status, caller, type, project, enterprise_project_id, id)
       WHERE status NOT IN ('pending', 'applied')`,
    `DROP INDEX operation_unknown`,
    `CREATE INDEX operation_expiration ON operation (caller, expiry_state, expires_at, id) WHERE expires_at IS NOT NULL`,
    `DROP INDEX operation_scheduled`,
    `CREATE INDEX operation_due ON operation (expires_at) WHERE expires_at IS NOT NULL AND expiry_state IS NULL`,
    `DROP INDEX operation_expires`,
  ],
  [
    // On the last record of each commit: proof that its writer had the audit key.
    `ALTER TABLE audit_record ADD COLUMN seal BLOB`,
    // What is signed about the trail itself: few records.
    `CREATE INDEX audit_record_statement ON audit_record (seq) WHERE kind IN ('key', 'acknowledgement', 'verification')`,
    // The Merkle tree over the trail (RFC 6962): level 0 holds the hashes of records, each level above those of 256 of the one below.
    `CREATE TABLE tree_tile (
       level INTEGER NOT NULL,
       place INTEGER NOT NULL,
       hashes BLOB NOT NULL,
       PRIMARY KEY (level, place)
     ) WITHOUT ROWID`,
    // What was signed of the tree, by the number of records that it covers.
    `CREATE TABLE checkpoint (
       size INTEGER PRIMARY KEY,
       at INTEGER NOT NULL,
       note TEXT NOT NULL
     )`,
    `CREATE INDEX checkpoint_at ON checkpoint (at)`,
    // Which blocks of the trail have records with a fact (audit/record-blocks.ts).
    `CREATE TABLE record_fact (
       fact TEXT NOT NULL,
       block INTEGER NOT NULL,
       PRIMARY KEY (fact, block)
     ) WITHOUT ROWID`,
    // And which name a host or an agent: each row is about one block, which its id tells.
    {
      sqlite: `CREATE VIRTUAL TABLE record_words USING fts5 (
       tokens, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '-'"
     )`,
      postgres: `CREATE TABLE record_words (id BIGINT PRIMARY KEY, tokens TEXT[] NOT NULL)`,
    },
    { postgres: `CREATE INDEX record_words_tokens ON record_words USING gin (tokens)` },
    // How far each of those that follow the trail has got: sinks by records, witnesses by checkpoints.
    `CREATE TABLE follower (
       name TEXT PRIMARY KEY,
       position INTEGER NOT NULL
     ) WITHOUT ROWID`,
    // Which process follows, where several share the database, and until when no other may.
    { postgres: `ALTER TABLE follower ADD COLUMN instance TEXT, ADD COLUMN leased_until TIMESTAMPTZ` },
    // Parts of the trail that were moved to files.
    `CREATE TABLE archive (
       first_seq INTEGER PRIMARY KEY,
       last_seq INTEGER NOT NULL,
       at INTEGER NOT NULL,
       file TEXT NOT NULL,
       sha256 TEXT NOT NULL,
       hash BLOB NOT NULL
     )`,
    // Of an operation whose intent was moved: the first record of that part.
    `ALTER TABLE operation ADD COLUMN archive INTEGER`,
  ],
  [
    // What was moved to files, and what must not be: few records.
    `CREATE INDEX audit_record_retention ON audit_record (seq) WHERE kind IN ('archive', 'hold')`,
  ],
];

/** Why a database cannot be used, and what to do. @param steps how many it has */
export function newerSchema(steps: number): string {
  return `a newer version of the gateway wrote it (schema ${steps}; this one knows ${SCHEMA_STEPS.length}): start that version again`;
}

/** A step as one engine runs it. */
export function statementsFor(engine: DialectName, step: readonly SchemaStatement[]): string[] {
  return step.flatMap((statement) => {
    const own = typeof statement === 'string' ? statement : statement[engine];
    if (own === undefined) return [];
    return [engine === 'sqlite' ? own : inPostgres(own)];
  });
}

/** What differs there: numbers have 64 bits and text is ordered by its bytes, as they are in SQLite. */
function inPostgres(statement: string): string {
  return statement
    .replace(/\bINTEGER\b/g, 'BIGINT')
    .replace(/\bBLOB\b/g, 'BYTEA')
    .replace(/\bTEXT\b(?!\[)/g, 'TEXT COLLATE "C"')
    .replace(/ WITHOUT ROWID\b/g, '');
}

/** Ids that are one word of the index as they are; upstream's ids mostly are (contract 1.8). */
const PLAIN = /^[0-9a-z][0-9a-z-]*$/;

/** An event id as one word of the full-text index, in which letters of both cases are the same. */
export function alarmToken(eventId: string): string {
  return PLAIN.test(eventId) ? `p${eventId}` : `x${Buffer.from(eventId).toString('hex')}`;
}
