import { describe, expect, it } from '@jest/globals';

import { digestOf, writeCursor } from './cursor.js';
import { BLOCKED_ADDRESSES } from './blocked-addresses.js';
import { HANDLING_HISTORY } from './handling-history.js';
import { ISOLATED_FILES } from './isolated-files.js';
import type { ListDescriptor } from './list-descriptor.js';
import { readListQuery } from './list-query.js';
import { classesOf } from './list.dto.js';

const NOW = Date.parse('2026-08-17T12:00:00Z');
const DAY_MS = 86_400_000;

const read = (list: ListDescriptor, query: object, now: number) =>
  readListQuery(list, classesOf(list).query, query, now);

describe('a query for a list', () => {
  it('for the last while means the same while on every page', () => {
    const first = read(ISOLATED_FILES, { last: '24h' }, NOW);
    expect(Object.fromEntries(first.filters)).toEqual({
      begin_time: String(NOW - DAY_MS),
      end_time: String(NOW),
    });
    const digest = digestOf(ISOLATED_FILES.list.path, { last: '24h' });
    const cursor = writeCursor({ digest, mark: { offset: 10 }, more: [first.at] });
    const second = read(ISOLATED_FILES, { last: '24h', cursor }, NOW + 60_000);
    expect(second).toEqual({ ...first, mark: { offset: 10 } });
  });

  it('takes no cursor that says anything else of its first page', () => {
    const digest = digestOf(ISOLATED_FILES.list.path, {});
    for (const more of [['now'], [-1], [NOW, NOW]]) {
      const cursor = writeCursor({ digest, mark: { offset: 0 }, more });
      expect(() => read(ISOLATED_FILES, { cursor }, NOW)).toThrow('The request has one error');
    }
  });

  it('for the last days says them in days, as upstream counts', () => {
    for (const [last, days] of [
      ['24h', '1'],
      ['7d', '7'],
      ['P30D', '30'],
    ]) {
      expect(read(BLOCKED_ADDRESSES, { last }, NOW).filters).toEqual([['last_days', days]]);
    }
  });

  it('for several event classes names each', () => {
    const { filters } = read(HANDLING_HISTORY, { eventClassId: 'rootkit_0001,malware_1001' }, NOW);
    expect(filters.filter(([name]) => name === 'event_class_ids')).toEqual([
      ['event_class_ids', 'rootkit_0001'],
      ['event_class_ids', 'malware_1001'],
    ]);
  });
});
