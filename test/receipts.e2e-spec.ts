import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { ReceiptPageDto, ReceiptSummaryDto } from '../src/operations/receipts/receipt.dto.js';
import { projectOf, startRig, type Rig } from './support/gateway.js';

const COUNT = 23;

let rig: Rig;
/** Oldest first. */
const made: ReceiptDto[] = [];

beforeAll(async () => {
  rig = await startRig({
    projects: (cloud) => [
      projectOf(cloud),
      { ...projectOf(cloud, 'other'), region: cloud.otherProject.region, projectId: cloud.otherProject.id },
    ],
  });
  const added = await rig.control('POST', '/alarms', {
    count: COUNT,
    eventClassId: 'malware_1001',
    eventType: 1001,
    startTime: 1_000,
    stepMs: 1,
    enterpriseProjects: ['0'],
  });
  const { eventIds } = added.body as { eventIds: string[] };
  for (const [index, eventId] of eventIds.entries()) {
    const unknownAlarm = index % 5 === 4;
    const answer = await rig.operate({
      operation: index % 2 === 0 ? 'ignore' : 'mark_as_handled',
      alarms: [
        {
          eventId: unknownAlarm ? `unknown-${index}` : eventId,
          eventClassId: 'malware_1001',
          eventType: 1001,
          occurTime: 1_000 + index,
        },
      ],
      scope: { project: index % 7 === 6 ? 'other' : 'test' },
      remark: `number ${index}`,
    });
    const { id, operationId = id } = answer.body as { id: string; operationId?: string };
    made.push((await rig.call('GET', `/v1/operations/${operationId}`)).body as ReceiptDto);
  }
});
afterAll(() => rig.close());

const page = async (query: string): Promise<ReceiptPageDto> => {
  const answer = await rig.call('GET', `/v1/operations?${query}`);
  expect(answer.status).toBe(200);
  return answer.body as ReceiptPageDto;
};

/** What a list tells of a receipt. */
function inShort({ alarms, exchanges: _, ...rest }: ReceiptDto): ReceiptSummaryDto {
  const outcomes: Record<string, number> = {};
  for (const { outcome } of alarms) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  return { ...rest, total: alarms.length, outcomes };
}

async function everyPage(query: string): Promise<ReceiptPageDto['items']> {
  const all: ReceiptPageDto['items'] = [];
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await page(`${query}${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    all.push(...items);
    cursor = nextCursor;
  } while (cursor !== undefined);
  return all;
}

const newestFirst = (of: (receipt: ReceiptDto, index: number) => boolean): ReceiptSummaryDto[] =>
  made.filter(of).reverse().map(inShort);

describe('a list of receipts', () => {
  it('has the newest first, each in short, or as it is found alone', async () => {
    expect(await page('')).toEqual({ items: newestFirst(() => true) });
    expect(await page('view=summary')).toEqual({ items: newestFirst(() => true) });
    expect(await page('view=full')).toEqual({ items: [...made].reverse() });
  });

  it('comes whole in pages of any size, and the last page has no cursor', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: COUNT + 1 }), async (limit) => {
        const first = await page(`limit=${limit}`);
        expect(first.items).toHaveLength(Math.min(limit, COUNT));
        expect(first.nextCursor === undefined).toBe(limit >= COUNT);
        expect(await everyPage(`limit=${limit}`)).toEqual(newestFirst(() => true));
      }),
      { numRuns: 8 },
    );
  });

  it.each<[string, (receipt: ReceiptDto) => boolean]>([
    ['operation=ignore', ({ operation }) => operation === 'ignore'],
    ['status=rejected', ({ status }) => status === 'rejected'],
    ['status=applied', ({ status }) => status === 'applied'],
    ['status=unknown', () => false],
    ['status=rejected,applied&operation=ignore', ({ operation }) => operation === 'ignore'],
    ['operation=ignore&operation=mark_as_handled', () => true],
    ['enterpriseProjectId=0', () => true],
    ['enterpriseProjectId=all_granted_eps', () => false],
    ['last=1h', () => true],
    ['project=other', ({ scope }) => scope.project === 'other'],
    ['project=nowhere', () => false],
    [
      'operation=mark_as_handled&status=applied&project=test',
      (each) =>
        each.operation === 'mark_as_handled' && each.status === 'applied' && each.scope.project === 'test',
    ],
  ])('narrowed by %s', async (query, of) => {
    expect(await everyPage(`${query}&limit=3`)).toEqual(newestFirst(of));
  });

  it('narrowed by an alarm', async () => {
    const wanted = made[7]!;
    expect(await page(`alarm=${wanted.alarms[0]?.eventId}`)).toEqual({ items: [inShort(wanted)] });
    expect(await page('alarm=never-seen')).toEqual({ items: [] });
  });

  it('narrowed by time: from one to another, both included, as text or as epoch milliseconds', async () => {
    const [from, to] = [made[5]!.requestedAt, made[15]!.requestedAt];
    const within = newestFirst(({ requestedAt }) => requestedAt >= from && requestedAt <= to);
    expect(await everyPage(`from=${from}&to=${to}&limit=4`)).toEqual(within);
    expect(await everyPage(`from=${Date.parse(from)}&to=${Date.parse(to)}`)).toEqual(within);
    expect(within.length).toBeGreaterThan(0);
    expect(await page('from=2100-01-01T00:00:00Z')).toEqual({ items: [] });
    expect(await page('to=2002-01-01T00:00:00Z')).toEqual({ items: [] });
  });

  it('goes on where it was, whatever has happened meanwhile', async () => {
    const { items, nextCursor } = await page('limit=5');
    const alarms = [{ eventId: 'late', eventClassId: 'malware_1001', eventType: 1001, occurTime: 1 }];
    await rig.operate({ operation: 'ignore', alarms, scope: { project: 'test' } });
    const rest = await everyPage(`limit=100&cursor=${nextCursor}`);
    expect([...items, ...rest]).toEqual(newestFirst(() => true));
  });
});
