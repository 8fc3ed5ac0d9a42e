import { AuditEngine, type AuditAppend, type Row, type SqlValue } from '../../src/audit/audit.engine.js';

/** Notes what is asked of an engine. */
export class NotingEngine extends AuditEngine {
  override readonly dialect;
  readonly asked: { readonly sql: string; readonly parameters: readonly SqlValue[] }[] = [];
  rows = 0;

  constructor(private readonly engine: AuditEngine) {
    super();
    this.dialect = engine.dialect;
  }

  append(entries: readonly AuditAppend[]) {
    return this.engine.append(entries);
  }

  async query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    this.asked.push({ sql, parameters });
    const rows = await this.engine.query(sql, parameters);
    this.rows += rows.length;
    return rows;
  }

  async plans(): Promise<string[]> {
    const explain = this.dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN (COSTS OFF)';
    const asked = this.asked.splice(0);
    const plans = asked.map(({ sql, parameters }) => this.engine.query(`${explain} ${sql}`, parameters));
    return (await Promise.all(plans)).flat().map((row) => String(row['detail'] ?? row['QUERY PLAN']));
  }

  close(): Promise<void> {
    return this.engine.close();
  }
}
