import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { Metrics } from '../metrics/metrics.js';
import {
  AuditEngine,
  type AuditAppend,
  type RejectedAppend,
  type Row,
  type SqlValue,
} from './audit.engine.js';
import type { IntentRecord } from './audit-record.js';
import { AuditTrail } from './audit-trail.js';
import { link } from './record-text.js';
import { ChainCheck } from './chain-check.js';
import { EmbeddedDatabase } from './embedded.database.js';
import type { TrailKeeper } from './trail-keeper.js';
import { AuditKeys } from './tree/audit-keys.js';

/** The embedded database without its thread; counts the records that were read. */
class InlineEngine extends AuditEngine {
  readonly database = new EmbeddedDatabase(':memory:');
  readTexts = 0;

  append(entries: readonly AuditAppend[]): Promise<readonly RejectedAppend[]> {
    return Promise.resolve(this.database.append(entries));
  }

  query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    const rows = this.database.query(sql, parameters);
    this.readTexts += rows.filter(({ body }) => body !== undefined).length;
    return Promise.resolve(rows);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const AT = '2026-08-16T09:06:00.000Z';
const intentOf = (operationId: string, more: Partial<IntentRecord> = {}): IntentRecord => ({
  kind: 'intent',
  operationId,
  at: AT,
  requestId: 'request-1',
  caller: 'portal',
  operation: 'isolate_and_kill',
  scope: { project: 'prod', projectId: 'p', region: 'cn-north-4', enterpriseProjectId: '0' },
  alarms: ['e-1'],
  ...more,
});

let engine: InlineEngine;
let trail: AuditTrail;
let check: ChainCheck;
let metrics: Metrics;
beforeEach(async () => {
  Logger.overrideLogger(false);
  engine = new InlineEngine();
  trail = new AuditTrail(engine);
  metrics = new Metrics();
  check = new ChainCheck(engine, { keys: new AuditKeys(engine.database.keys) } as TrailKeeper, metrics);
  for (const id of ['op-1', 'op-2', 'op-3']) {
    await trail.recordIntent(intentOf(id), ['{"a":1}']);
    const chunk = { alarms: 1, outcome: 'applied' } as const;
    await trail.recordChunk(
      { kind: 'chunk', operationId: id, at: AT, index: 0, chunk },
      { intent: intentOf(id), chunks: [] },
    );
  }
});
afterEach(() => engine.database.close());

const run = (sql: string, ...parameters: SqlValue[]) => engine.database.query(sql, parameters);
const recordAt = (seq: number) =>
  run('SELECT body, hash FROM audit_record WHERE seq = ?', seq)[0] as { body: string; hash: Uint8Array };
const verdicts = async (id: string) => [await check.isInPlace(id), await check.isWholeSince(id)];
const gauge = async () =>
  /^hss_gateway_unverified_operations (\d+)$/m.exec(await metrics.registry.metrics())?.[1];

describe('the records of an operation', () => {
  it('are believed where nobody touched them, and those that came since', async () => {
    for (const id of ['op-1', 'op-2', 'op-3']) expect(await verdicts(id)).toEqual([true, true]);
    await trail.recordIntent(intentOf('op-4'), []);
    expect(await verdicts('op-4')).toEqual([true, true]);
    expect(await gauge()).toBe('0');
  });

  it.each<[string, () => void]>([
    ['the text', () => run("UPDATE audit_record SET body = replace(body, 'e-1', 'e-9') WHERE seq = 3")],
    ['whose it is', () => run("UPDATE operation SET caller = 'bot' WHERE id = 'op-2'")],
    ['what it is', () => run("UPDATE operation SET type = 'ignore' WHERE id = 'op-2'")],
    ['when it is to be reversed', () => run("UPDATE operation SET expires_at = 1 WHERE id = 'op-2'")],
    ['what it undoes', () => run("UPDATE operation SET undoes = 'op-1' WHERE id = 'op-2'")],
    ['the time', () => run('UPDATE audit_record SET at = at + 1 WHERE seq = 3')],
    ['that it is there', () => run('DELETE FROM audit_record WHERE seq = 3')],
    ['that what came before is there', () => run('DELETE FROM audit_record WHERE seq = 2')],
    ['that what came after is there', () => run('DELETE FROM audit_record WHERE seq = 5')],
    [
      'what came of its part',
      () => run("UPDATE audit_record SET body = replace(body, 'applied', 'rejected') WHERE seq = 4"),
    ],
  ])('are not believed where somebody changed %s', async (_, change) => {
    change();
    expect(await verdicts('op-2')).toEqual([false, false]);
    expect(await gauge()).toBe('1');
  });

  it('are not believed where the hash was made anew for one of them alone', async () => {
    const body = recordAt(3).body.replace('e-1', 'e-9');
    run('UPDATE audit_record SET body = ?, hash = ? WHERE seq = 3', body, link(recordAt(2).hash, body));
    expect(await verdicts('op-2')).toEqual([false, false]);
  });

  it('are not believed where they were put at the end by hand', async () => {
    const body = recordAt(3).body.replaceAll('op-2', 'op-9');
    run(
      `INSERT INTO audit_record (seq, at, kind, operation_id, body, hash) VALUES (7, ?, 'intent', 'op-9', ?, ?)`,
      Date.parse(AT),
      body,
      Buffer.alloc(32, 1),
    );
    run(
      `INSERT INTO operation (id, caller, type, project, enterprise_project_id, status, open)
       VALUES ('op-9', 'portal', 'isolate_and_kill', 'prod', '0', 'pending', 1)`,
    );
    expect(await verdicts('op-9')).toEqual([false, false]);
    // What comes before is in its place, and the chain does not hold up to its head.
    expect(await verdicts('op-2')).toEqual([true, false]);
  });

  it('are not gone on with where the chain is broken far behind them', async () => {
    run("UPDATE audit_record SET body = replace(body, 'e-1', 'e-9') WHERE seq = 5");
    expect(await verdicts('op-1')).toEqual([true, false]);
  });

  it('are read once, however many operations are asked for', async () => {
    for (let count = 10; count < 60; count += 1) await trail.recordIntent(intentOf(`op-${count}`), []);
    await check.isWholeSince('op-1');
    engine.readTexts = 0;
    for (const id of ['op-2', 'op-3']) await check.isWholeSince(id);
    expect(engine.readTexts).toBeLessThan(20);
  });

  it('are believed again once they are as they were', async () => {
    run("UPDATE operation SET caller = 'bot' WHERE id = 'op-2'");
    expect(await check.isInPlace('op-2')).toBe(false);
    run("UPDATE operation SET caller = 'portal' WHERE id = 'op-2'");
    expect([await check.isInPlace('op-2'), await gauge()]).toEqual([true, '0']);
  });
});
