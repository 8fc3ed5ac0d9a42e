import pg from 'pg';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly collation: string | null;
  readonly required: boolean;
  readonly fallback: string | null;
}

/** Columns in their order, and what each is declared as. */
const COLUMNS = `
  SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
    CASE WHEN a.attcollation <> t.typcollation THEN c.collname END AS collation,
    pg_get_expr(d.adbin, d.adrelid) AS fallback
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_collation c ON c.oid = a.attcollation
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;
const TABLES = `
  SELECT oid, relname AS name, relpersistence = 'u' AS unlogged FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname`;
const CONSTRAINTS = `
  SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
  WHERE conrelid = $1 AND contype <> 'n' ORDER BY conname`;
const INDEXES = `
  SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index
  WHERE indrelid = $1 AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1`;

/**
 * The tables of a database and all that is in them, as statements that make them again: every value in PostgreSQL's own text for it,
 * so that bytes, 64-bit numbers and times come back as they were.
 */
export async function dumpPostgres(url: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  const all = async <T extends pg.QueryResultRow>(sql: string, ...values: unknown[]): Promise<T[]> =>
    (await client.query<T>(sql, values)).rows;
  const quoted = (name: string) => client.escapeIdentifier(name);
  const lines: string[] = [];
  for (const { oid, name, unlogged } of await all<{ oid: number; name: string; unlogged: boolean }>(TABLES)) {
    const columns = await all<Column>(COLUMNS, oid);
    const declared = columns.map(
      (column) =>
        quoted(column.name) +
        ` ${column.type}` +
        (column.collation === null ? '' : ` COLLATE ${quoted(column.collation)}`) +
        (column.fallback === null ? '' : ` DEFAULT ${column.fallback}`) +
        (column.required ? ' NOT NULL' : ''),
    );
    lines.push(`CREATE ${unlogged ? 'UNLOGGED ' : ''}TABLE ${quoted(name)} (${declared.join(', ')});`);
    const texts = columns.map((column) => `${quoted(column.name)}::text`).join(', ');
    const order = columns.slice(0, 2).map((column) => quoted(column.name));
    const text = `SELECT ${texts} FROM ${quoted(name)} ORDER BY ${order.join(', ')}`;
    const { rows } = await client.query<(string | null)[]>({ text, rowMode: 'array' });
    for (const row of rows) {
      const values = row.map((value) => (value === null ? 'NULL' : client.escapeLiteral(value)));
      lines.push(`INSERT INTO ${quoted(name)} VALUES (${values.join(', ')});`);
    }
    for (const constraint of await all<{ name: string; definition: string }>(CONSTRAINTS, oid)) {
      const added = `ADD CONSTRAINT ${quoted(constraint.name)} ${constraint.definition}`;
      lines.push(`ALTER TABLE ${quoted(name)} ${added};`);
    }
    for (const index of await all<{ definition: string }>(INDEXES, oid)) lines.push(`${index.definition};`);
  }
  await client.end();
  return `${lines.join('\n')}\n`;
}
