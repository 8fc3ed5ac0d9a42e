import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';

import type { ReceiptAlarmDto, ReceiptDto, ReceiptItemDto } from '../src/operations/receipts/receipt.dto.js';
import type { ReceiptSummaryDto } from '../src/operations/receipts/receipt.dto.js';
import { AuditTrail } from '../src/audit/audit-trail.js';
import type { IntentRecord } from '../src/audit/audit-record.js';
import { OperationStore } from '../src/audit/operation.store.js';
import type { ChunkOutcome } from '../src/domain/outcome.js';
import { receiptOf, shortened } from '../src/operations/receipts/receipt.js';
import { addAlarms } from './support/bulk-alarms.js';
import { startRig, type Rig } from './support/gateway.js';
import { faultsIn, problemOf } from './support/problems.js';

const ALARMS = 10_000;
const OPERATIONS = 12;
const MAX_BYTES = 1_048_576;

let rig: Rig;
/** Newest first. */
const made: IntentRecord[] = [];

/** Ninety-nine parts of it are done, and the answer to the last was lost. */
const CHUNKS = Array.from({ length: ALARMS / 100 }, (_, index): ChunkOutcome => ({
  alarms: 100,
  outcome: index < 99 ? 'applied' : 'unknown',
  exchange: { attempts: 1, bytesSent: true, durationMs: 31, status: 200, requestId: randomUUID() },
}));

/** An operation as its records would have it, had it been carried out. */
async function write(
  named: Pick<IntentRecord, 'alarms' | 'items' | 'operation'>,
  chunks = CHUNKS,
): Promise<IntentRecord> {
  const trail = rig.gateway.app.get(AuditTrail);
  const at = new Date().toISOString();
  const record: IntentRecord = {
    kind: 'intent',
    operationId: uuidv7(),
    at,
    requestId: 'request-1',
    caller: 'portal',
    scope: { project: 'test', region: 'cn-north-4', projectId: 'p', enterpriseProjectId: '0' },
    ...named,
  };
  const body = JSON.stringify({ operate_event_list: 'x'.repeat(50_000) });
  await trail.recordIntent(
    record,
    chunks.map(() => body),
  );
  const { operationId } = record;
  const outcome = { kind: 'outcome', operationId, at, status: 'partially_applied', chunks } as const;
  await trail.recordOutcome(outcome, { intent: record, chunks: [] });
  return record;
}

beforeAll(async () => {
  rig = await startRig({ limits: { alarmsPerRequest: 2_000, bodyBytes: 8_388_608, maxEventLoopDelayMs: 0 } });
  const idsOf = () => Array.from({ length: ALARMS }, () => randomUUID());
  for (let count = 0; count < OPERATIONS; count += 1)
    made.unshift(await write({ operation: 'ignore', alarms: idsOf() }));
});
afterAll(() => rig.close());

/** Of three thousand, in chunks that came to everything there is. */
async function withEveryOutcome(kind: 'alarms' | 'items'): Promise<IntentRecord> {
  const ids = Array.from({ length: 3_000 }, () => randomUUID());
  const items = ids.map((id) => ({ id, target: { hash: `h-${id}` } }));
  const named = kind === 'alarms' ? { alarms: ids } : { alarms: [], items };
  const operation = kind === 'alarms' ? 'ignore' : 'restore_isolated_files';
  const fault = {
    code: 'upstream_rejected',
    status: 502,
    detail: 'no',
    retryable: false,
  } as ChunkOutcome['fault'];
  const outcomes = ['applied', 'rejected', 'unknown', 'not_attempted'] as const;
  const chunks = Array.from({ length: 25 }, (_, index): ChunkOutcome => {
    const own = ids.slice(index * 100, (index + 1) * 100);
    const outcome = outcomes[index % 4]!;
    return {
      ...{ alarms: 100, outcome, verified: own.slice(0, 20), already: own.slice(20, 30) },
      ...{ underWay: own.slice(30, 40), apart: [{ eventId: own[50]!, outcome: 'rejected' }] },
      ...(outcome === 'rejected' && fault && { fault }),
    };
  });
  return write({ ...named, operation }, chunks);
}

interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor?: string;
}

/** Every page of a list, one after the other, and how many bytes each has. */
async function pagesOf<Item>(path: string): Promise<{ pages: Page<Item>[]; bytes: number[] }> {
  const pages: Page<Item>[] = [];
  const bytes: number[] = [];
  let cursor: string | undefined;
  do {
    const answer = await rig.call('GET', cursor === undefined ? path : `${path}&cursor=${cursor}`);
    expect(answer.status).toBe(200);
    const page = answer.body as Page<Item>;
    pages.push(page);
    bytes.push(Buffer.byteLength(answer.text));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { pages, bytes };
}

describe('a list of receipts of ten thousand alarms each', () => {
  it('tells each in short: how many alarms came to which outcome', async () => {
    const { pages, bytes } = await pagesOf<ReceiptSummaryDto>('/v1/operations?limit=500');
    expect(pages).toHaveLength(1);
    expect(pages[0]?.items).toMatchObject(
      made.map(({ operationId: id }) => ({ id, total: ALARMS, outcomes: { applied: 9_900, unknown: 100 } })),
    );
    expect(bytes[0]).toBeLessThan(OPERATIONS * 600);
    for (const item of pages[0]?.items ?? []) {
      expect(item).not.toHaveProperty('alarms');
      expect(item).not.toHaveProperty('upstream');
    }
  });

  it('in full has pages that end before they grow too long, and none is left out', async () => {
    const { pages, bytes } = await pagesOf<ReceiptDto>('/v1/operations?view=full&limit=500');
    expect(pages.length).toBeGreaterThan(1);
    expect(Math.max(...bytes)).toBeLessThan(MAX_BYTES + 1_000);
    const all = pages.flatMap(({ items }) => items);
    expect(all.map(({ id }) => id)).toEqual(made.map(({ operationId }) => operationId));
    for (const each of all) expect([each.alarms.length, each.total]).toEqual([1_000, ALARMS]);
    expect((await rig.call('GET', `/v1/operations/${all[0]?.id}`)).body).toEqual(all[0]);
  });

  it('comes in pages as long as was asked for', async () => {
    const { pages } = await pagesOf<ReceiptSummaryDto>('/v1/operations?limit=5&status=partially_applied');
    expect(pages.map(({ items }) => items.length)).toEqual([5, 5, 2]);
  });
});

describe('a receipt of ten thousand alarms', () => {
  it('says to the letter what its records add up to', async () => {
    const store = rig.gateway.app.get(OperationStore);
    for (const { operationId } of [
      made[0]!,
      await withEveryOutcome('alarms'),
      await withEveryOutcome('items'),
    ]) {
      const receipt = receiptOf((await store.find(operationId))!);
      const { text } = await rig.call('GET', `/v1/operations/${operationId}`);
      expect(text).toBe(JSON.stringify(shortened(receipt)));
      const kind = receipt.items ? 'items' : 'alarms';
      const { pages } = await pagesOf(`/v1/operations/${operationId}/${kind}?limit=500`);
      expect(pages.flatMap((page) => page.items)).toEqual(JSON.parse(JSON.stringify(receipt[kind])));
    }
  });

  it('shows the first thousand, how many came to what, and where the rest is', async () => {
    const [intent] = made;
    const path = `/v1/operations/${intent!.operationId}`;
    const receipt = (await rig.call('GET', path)).body as ReceiptDto;
    expect(receipt).toMatchObject({ total: ALARMS, outcomes: { applied: 9_900, unknown: 100 } });
    const { pages } = await pagesOf<ReceiptAlarmDto>(`${path}/alarms?limit=500`);
    const all = pages.flatMap(({ items }) => items);
    expect(all.map(({ eventId }) => eventId)).toEqual(intent!.alarms);
    expect(receipt.alarms).toEqual(all.slice(0, 1_000));
    const next = await rig.call('GET', `${path}/alarms?limit=500&cursor=${receipt.nextCursor}`);
    expect((next.body as Page<ReceiptAlarmDto>).items).toEqual(all.slice(1_000, 1_500));
  });

  it('lists those alone that came to an outcome', async () => {
    const [intent] = made;
    const path = `/v1/operations/${intent!.operationId}/alarms`;
    const { pages } = await pagesOf<ReceiptAlarmDto>(`${path}?outcome=unknown,rejected&limit=30`);
    expect(pages.map(({ items }) => items.length)).toEqual([30, 30, 30, 10]);
    const ids = pages.flatMap(({ items }) => items.map(({ eventId }) => eventId));
    expect(ids).toEqual(intent!.alarms.slice(9_900));
    expect((await rig.call('GET', `${path}?outcome=pending`)).body).toEqual({ items: [] });
    expect((await rig.call('GET', path.replace('alarms', 'items'))).body).toEqual({ items: [] });
  });

  it('refuses what it cannot read, and tells all of it', async () => {
    const path = `/v1/operations/${made[0]!.operationId}/alarms`;
    const problem = problemOf(
      await rig.call('GET', `${path}?outcome=aplied&limit=0&cursor=x&status=applied`),
    );
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.violations?.map(({ parameter }) => parameter).sort()).toEqual([
      'cursor',
      'limit',
      'outcome',
      'status',
    ]);
    expect(JSON.stringify(problem.violations)).toContain('did you mean applied?');
    const whole = await rig.call('GET', `${path.replace('/alarms', '')}?view=full`);
    expect(faultsIn(problemOf(whole))).toEqual(['?view unknown_field']);
    const nobodys = path.replace(made[0]!.operationId, uuidv7());
    expect(problemOf(await rig.call('GET', nobodys)).code).toBe('operation_not_found');
  });
});

describe('a receipt of ten thousand items', () => {
  it('is shown and listed likewise', async () => {
    const items = Array.from({ length: ALARMS }, (_, index) => ({
      id: randomUUID(),
      target: { hash: `h-${index}` },
    }));
    const { operationId } = await write({ operation: 'remove_alarm_whitelist_entries', alarms: [], items });
    const receipt = (await rig.call('GET', `/v1/operations/${operationId}`)).body as ReceiptDto;
    expect([receipt.alarms, receipt.items?.length, receipt.total]).toEqual([[], 1_000, ALARMS]);
    const { pages } = await pagesOf<ReceiptItemDto>(`/v1/operations/${operationId}/items?limit=500`);
    expect(pages.flatMap((page) => page.items.map(({ id }) => id))).toEqual(items.map(({ id }) => id));
  });
});

describe('an operation on more than a thousand alarms', () => {
  it('is answered whole to whoever asked for it, and shown in part to who reads it back', async () => {
    const alarms = await addAlarms(rig, 1_050);
    const answer = await rig.operate({ operation: 'ignore', alarms });
    const receipt = answer.body as ReceiptDto;
    expect(receipt.alarms.map(({ eventId }) => eventId)).toEqual(alarms.map(({ eventId }) => eventId));
    expect(receipt).not.toHaveProperty('total');
    const read = (await rig.call('GET', `/v1/operations/${receipt.id}`)).body as ReceiptDto;
    expect(read).toMatchObject({ total: 1_050, outcomes: { applied: 1_050 } });
    expect(read.alarms).toEqual(receipt.alarms.slice(0, 1_000));
  });
});
