import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import type { AlarmPageDto } from '../src/alarms/alarm.dto.js';
import { startRig, type Rig } from './support/gateway.js';

const COUNT = 100_000;
/** A page holds half a megabyte and more; all of them together would be two hundred. */
const MAX_GROWTH_BYTES = 60_000_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({}, { alarms: 0 });
  const pattern = { name: 'long', eventClassId: 'malware_1001', eventType: 1001, enterpriseProjects: ['0'] };
  await rig.control('POST', '/alarms', { ...pattern, count: COUNT });
});
afterAll(() => rig.close());

it('a listing of 100,000 alarms is paged through: none skipped, none repeated, and the memory stays flat', async () => {
  const seen = new Set<string>();
  let repeated = 0;
  let heapAtFirst = 0;
  let pages = 0;
  for (let cursor: string | undefined = ''; cursor !== undefined; pages += 1) {
    const query = `category=host&eventClassId=malware_1001&limit=500${cursor && `&cursor=${cursor}`}`;
    const answer = await rig.call('GET', `/v1/alarms?${query}`);
    const page = answer.body as AlarmPageDto;
    expect([pages, answer.status, page.windowMoved]).toEqual([pages, 200, undefined]);
    for (const { eventId } of page.items) {
      if (seen.has(eventId)) repeated += 1;
      seen.add(eventId);
    }
    cursor = page.nextCursor;
    if (pages === 20) heapAtFirst = heapUsed();
  }
  expect(repeated).toBe(0);
  // And the one alarm of this class among those that are always there.
  expect(seen.size).toBeGreaterThanOrEqual(COUNT);
  expect(pages).toBeGreaterThan(COUNT / 500);
  expect(heapUsed() - heapAtFirst).toBeLessThan(MAX_GROWTH_BYTES);
});
