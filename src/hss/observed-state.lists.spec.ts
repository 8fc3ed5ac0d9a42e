import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { ProjectConfig } from '../config/config.js';
import { recordedBody, type HssPlace } from './calls.js';
import { listingIn, readWhole, type ReadListing } from './listing.js';
import { itemIdOf, LOGIN_WHITELIST } from './lists.js';
import { statesOf } from './observed-state.js';

const PLACE: HssPlace = {
  scope: { project: 'p', region: 'r', projectId: 'id', enterpriseProjectId: '0' },
  project: { name: 'p' } as ProjectConfig,
};
const lineNo = (index: number) => ({
  private_ip: '10.0.0.1',
  login_ip: `203.0.113.${index}`,
  login_user_name: 'x',
});

/** Upstream with a list of so many lines, which gives at most `most` at once and changes before the call of each number. */
function upstream(count: number, most: number, change: (call: number, lines: object[]) => object[]) {
  let lines: object[] = Array.from({ length: count }, (_, index) => lineNo(index));
  let calls = 0;
  const read: ReadListing = ({ query }) => {
    lines = change(calls, lines);
    calls += 1;
    const asked = new Map(query);
    const wanted = lines.filter((line) =>
      LOGIN_WHITELIST.filter.every(
        (field) => !asked.has(field) || asked.get(field) === (line as Record<string, string>)[field],
      ),
    );
    const offset = Number(asked.get('offset'));
    const page = wanted.slice(offset, offset + Math.min(most, Number(asked.get('limit'))));
    return Promise.resolve(listingIn(JSON.stringify({ total_num: wanted.length, data_list: page })));
  };
  return { read, calls: () => calls, now: () => lines };
}

const still = (_: number, lines: object[]) => lines;

describe('a list that is read whole', () => {
  it('is all of it while it stands still, however few lines come at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 2, max: 20 }),
        async (count, most) => {
          const { read } = upstream(count, most, still);
          const lines = await readWhole(LOGIN_WHITELIST, [], PLACE, read);
          // Each page after the first begins with a line that is known.
          const pages = 1 + Math.ceil(Math.max(0, count - most) / (most - 1));
          expect(lines?.length).toBe(pages > 25 ? undefined : count);
        },
      ),
    );
  });

  it('is never believed where a line that stays is missing, whatever is removed and added meanwhile', async () => {
    const moves = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(39)), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 10, max: 40 }),
        moves,
        fc.boolean(),
        async (count, gone, refilled) => {
          const { read, now } = upstream(count, 10, (call, lines) => {
            const left = lines.filter(
              (line) =>
                !gone.some(
                  ([when, which]) => when === call && JSON.stringify(line) === JSON.stringify(lineNo(which)),
                ),
            );
            const added = refilled ? lines.length - left.length : 0;
            return [
              ...left,
              ...Array.from({ length: added }, (_, index) => lineNo(1_000 + call * 10 + index)),
            ];
          });
          const lines = await readWhole(LOGIN_WHITELIST, [], PLACE, read);
          const stayed = now().filter(
            (line) => Number((line as { login_ip: string }).login_ip.split('.')[3]) < 1_000,
          );
          if (lines) expect(lines).toEqual(expect.arrayContaining(stayed));
        },
      ),
    );
  });

  it('is not known where upstream cannot be read, or says no count', async () => {
    expect(await readWhole(LOGIN_WHITELIST, [], PLACE, () => Promise.resolve(undefined))).toBeUndefined();
    const countless = () => Promise.resolve({ rows: [] });
    expect(await readWhole(LOGIN_WHITELIST, [], PLACE, countless)).toBeUndefined();
  });
});

describe('where items of a list stand', () => {
  const removalOf = (indices: readonly number[]) => ({
    ...PLACE,
    operation: 'remove_login_whitelist_entries' as const,
    body: recordedBody(JSON.stringify({ data_list: indices.map(lineNo) })),
  });

  it.each([
    ['looked up one by one where they are few', 3, 3],
    ['read off the whole list where they are many', 9, 1],
  ])('is %s', async (_, items, calls) => {
    const cloud = upstream(5, 200, still);
    const wanted = Array.from({ length: items }, (_unused, index) => index);
    const found = await statesOf(removalOf(wanted), cloud.read);
    expect(found).toEqual(
      wanted.map((index) => ({
        eventId: itemIdOf(LOGIN_WHITELIST, lineNo(index)),
        state: index < 5 ? 'differs' : 'matches',
      })),
    );
    expect(cloud.calls()).toBe(calls);
  });

  it.each([
    ['restore_isolated_files', 'isolation_status', 'restored', 'matches', undefined],
    ['restore_isolated_files', 'isolation_status', 'restoring', 'matches', true],
    ['restore_isolated_files', 'isolation_status', 'isolated', 'differs', undefined],
    ['restore_isolated_files', 'isolation_status', 'isolating', 'differs', undefined],
    ['restore_isolated_files', 'isolation_status', 'a new word', 'unknown', undefined],
    ['restore_isolated_files', 'isolation_status', 'cancelling', 'unknown', undefined],
    ['restore_isolated_files', 'isolation_status', 'intercepted', 'unknown', undefined],
    ['restore_isolated_files', 'isolation_status', undefined, 'unknown', undefined],
    ['delete_isolated_files', 'isolation_status', 'restored', 'differs', undefined],
    ['delete_isolated_files', 'isolation_status', undefined, 'matches', undefined],
    ['unblock_addresses', 'intercept_status', 'canceled', 'matches', undefined],
    ['unblock_addresses', 'intercept_status', 'cancelling', 'matches', true],
    ['unblock_addresses', 'intercept_status', 'intercepted', 'differs', undefined],
    ['unblock_addresses', 'intercept_status', 'restoring', 'unknown', undefined],
    ['unblock_addresses', 'intercept_status', undefined, 'unknown', undefined],
  ] as const)('%s, %s %s: %s', async (operation, field, status, state, underWay) => {
    const item = { host_id: 'h', file_hash: 'f', file_path: '/x', src_ip: '10.0.0.1', login_type: 'ssh' };
    const lines = status === undefined ? [] : [{ ...item, [field]: status }];
    const read = () => Promise.resolve({ total: lines.length, rows: lines });
    const body = recordedBody(JSON.stringify({ data_list: [item] }));
    const [found] = await statesOf({ ...PLACE, operation, body }, read);
    expect(found).toMatchObject({ state, ...(underWay && { underWay }) });
    expect(found?.underWay).toBe(underWay);
  });

  it('says nothing of a whitelist entry whose hash is there under another description', async () => {
    const item = { event_type: 1010, hash: 'h', description: 'a' };
    const data_list = [{ ...item, description: 'b' }];
    const read = () => Promise.resolve({ total: 1, rows: data_list });
    const operation = 'remove_alarm_whitelist_entries';
    const body = recordedBody(JSON.stringify({ data_list: [item] }));
    const [found] = await statesOf({ ...PLACE, operation, body }, read);
    expect(found?.state).toBe('unknown');
  });
});
