/** The tables, in the order they came to be; each list is one step and runs once, in one transaction. */
export const SCHEMA_STEPS: readonly (readonly string[])[] = [
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
    `CREATE VIRTUAL TABLE alarm_index USING fts5 (
       tokens, content = '', detail = none, columnsize = 0, tokenize = "ascii tokenchars '-'"
     )`,
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
    // Which operation takes back which.
    `ALTER TABLE operation ADD COLUMN undoes TEXT`,
    `CREATE INDEX operation_undoes ON operation (undoes) WHERE undoes IS NOT NULL`,
  ],
];
