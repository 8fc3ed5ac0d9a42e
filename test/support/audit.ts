import { AuditEngine } from '../../src/audit/audit.engine.js';
import type { AuditRecord } from '../../src/audit/audit-record.js';
import type { Gateway } from '../../src/start.js';

/** The records of a kind that a gateway has written, in order. */
export async function recordsOf<K extends AuditRecord['kind']>(
  { app }: Gateway,
  kind: K,
): Promise<Extract<AuditRecord, { kind: K }>[]> {
  const engine = app.get(AuditEngine, { strict: false });
  // A refusal's answer does not wait for its record. What was written then is in the engine's hands after one round.
  await engine.query('SELECT 1', []);
  const rows = await engine.query('SELECT body FROM audit_record WHERE kind = ? ORDER BY seq', [kind]);
  return rows.map(({ body }) => JSON.parse(String(body)) as Extract<AuditRecord, { kind: K }>);
}
