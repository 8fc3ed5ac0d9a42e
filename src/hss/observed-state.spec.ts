import { describe, expect, it } from '@jest/globals';

import type { ProjectConfig } from '../config/config.js';
import type { OperationType } from '../domain/operation-type.js';
import { recordedBody } from './calls.js';
import { listingIn, type ReadListing } from './listing.js';
import { statesOf, type ObservedAlarm } from './observed-state.js';

/** An alarm as a call names it, and as upstream lists it. */
const CALL = {
  event_id: 'e-1',
  event_class_id: 'malware_1001',
  event_type: 1001,
  occur_time: 1_700_000_000_000,
  operate_detail_list: [
    { agent_id: 'a-1', process_pid: 7, file_hash: 'h-1', file_path: '/tmp/x', hash: 'w-1' },
  ],
};
const LISTED = { ...CALL, handle_status: 'handled', handle_method: 'isolate_and_kill', host_id: 'host-1' };
const FILE = { file_hash: 'h-1', file_path: '/tmp/x', host_id: 'host-1', isolation_status: 'isolated' };

const page = (...rows: object[]) => listingIn(JSON.stringify({ total_num: rows.length, data_list: rows }));

type State = Omit<ObservedAlarm, 'row'>;

/** Reads one listed alarm and one isolated file. */
async function observed(listed: object, file: object = FILE): Promise<State> {
  return observedBy(({ path }) =>
    Promise.resolve(path.endsWith('/event/events') ? page(listed) : page(file)),
  );
}

async function observedBy(read: ReadListing, operation: OperationType = 'isolate_and_kill'): Promise<State> {
  const { row: _, ...state } = await foundBy(read, operation);
  return state;
}

async function foundBy(read: ReadListing, operation: OperationType): Promise<ObservedAlarm> {
  const scope = { project: 'p', projectId: 'p', region: 'r', enterpriseProjectId: '0' };
  const body = recordedBody(JSON.stringify({ operate_type: operation, operate_event_list: [CALL] }));
  const [found] = await statesOf({ operation, scope, project: {} as ProjectConfig, body }, read);
  return found!;
}

/** What upstream may list instead of a value, none of which says anything. */
const NO_VALUES: readonly (readonly [string, unknown])[] = [
  ['absent', undefined],
  ['null', null],
  ['empty', ''],
  ['of another type', {}],
  ['true', true],
];
const each = <T>(names: readonly T[]) =>
  names.flatMap((name) => NO_VALUES.map(([words, value]) => [name, words, value] as const));

describe('an alarm that is listed', () => {
  it('as it should be stands so', async () => {
    expect(await observed(LISTED)).toEqual({ eventId: 'e-1', state: 'matches' });
  });

  it('is given as it is listed, unless it is another one', async () => {
    const rowOf = async (listed: object) =>
      (await foundBy(() => Promise.resolve(page(listed)), 'ignore')).row;
    expect(await rowOf(LISTED)).toEqual(LISTED);
    expect(await rowOf({ ...LISTED, event_type: 1002 })).toBeUndefined();
    expect(await rowOf({ ...LISTED, event_id: 'e-2' })).toBeUndefined();
  });

  it.each(each(['handle_status', 'handle_method']))(
    'says nothing with a %s that is %s',
    async (name, _, value) => {
      expect(await observed({ ...LISTED, [name]: value })).toEqual({ eventId: 'e-1', state: 'unknown' });
    },
  );

  it.each(each(['event_class_id', 'event_type', 'occur_time']))(
    'is not another one for a %s that is %s',
    async (name, _, value) => {
      expect(await observed({ ...LISTED, [name]: value })).toEqual({ eventId: 'e-1', state: 'matches' });
    },
  );

  it.each([
    ['event_class_id', 'malware_1002'],
    ['event_type', 1002],
    ['occur_time', 1_700_000_000_001],
  ])('is another one for a %s that is another', async (name, value) => {
    expect(await observed({ ...LISTED, [name]: value })).toEqual({
      eventId: 'e-1',
      state: 'unknown',
      missing: 'named_wrongly',
      mismatch: [name],
    });
  });

  it.each(each(['agent_id', 'process_pid', 'file_hash', 'file_path']))(
    'is not listed otherwise for a %s of its detail that is %s',
    async (name, _, value) => {
      const operate_detail_list = [{ ...CALL.operate_detail_list[0], [name]: value }];
      expect((await observed({ ...LISTED, operate_detail_list })).mismatch).toBeUndefined();
    },
  );

  it.each(NO_VALUES)('is not listed otherwise for details that are %s', async (_, value) => {
    expect((await observed({ ...LISTED, operate_detail_list: value })).mismatch).toBeUndefined();
    expect((await observed({ ...LISTED, operate_detail_list: [value] })).mismatch).toBeUndefined();
  });

  it('fits when one of its details does', async () => {
    const other = { agent_id: 'a-2', file_hash: 'h-2' };
    const both = [other, ...CALL.operate_detail_list];
    expect((await observed({ ...LISTED, operate_detail_list: both })).mismatch).toBeUndefined();
    expect((await observed({ ...LISTED, operate_detail_list: [other] })).mismatch).toEqual([
      'agent_id',
      'file_hash',
    ]);
  });
});

describe('an alarm that was not found', () => {
  const other = (index: number) => ({ ...LISTED, event_id: `other-${index}` });
  const others = Array.from({ length: 30 }, (_, index) => other(index));
  /** Upstream with a listing of hosts' alarms, ten at a time, as it is at each call. */
  const readOf = (rows: (call: number) => readonly object[]): ReadListing => {
    let calls = 0;
    return ({ query }) => {
      const asked = new Map(query);
      const now = asked.get('category') === 'host' ? rows(calls) : [];
      calls += 1;
      const offset = Number(asked.get('offset'));
      const data_list = now.slice(offset, offset + 10);
      return Promise.resolve(listingIn(JSON.stringify({ total_num: now.length, data_list })));
    };
  };

  it('is not listed where all was read', async () => {
    expect(await observedBy(readOf(() => others))).toEqual({
      eventId: 'e-1',
      state: 'unknown',
      missing: 'not_listed',
    });
  });

  it.each<[string, (call: number) => readonly object[]]>([
    [
      'a row fell out between two pages',
      (call) => (call === 0 ? others : [...others.slice(1, 12), ...others.slice(13)]),
    ],
    ['the rows came in another order', (call) => (call % 2 === 0 ? others : others.toReversed())],
    ['a row has no id', () => [...others, { event_type: 1001 }]],
  ])('may be listed all the same where %s', async (_, rows) => {
    expect(await observedBy(readOf(rows))).toEqual({ eventId: 'e-1', state: 'unknown' });
  });
});

describe('a file that is listed as isolated', () => {
  it.each(each(['isolation_status', 'file_hash', 'file_path', 'host_id']))(
    'says nothing with a %s that is %s',
    async (name, _, value) => {
      expect(await observed(LISTED, { ...FILE, [name]: value })).toEqual({
        eventId: 'e-1',
        state: 'unknown',
      });
    },
  );

  it('is not on its way by a word of another list', async () => {
    const read: ReadListing = ({ path }) =>
      Promise.resolve(
        path.endsWith('/event/events')
          ? page(LISTED)
          : page(FILE, { ...FILE, isolation_status: 'cancelling' }),
      );
    expect(await observedBy(read)).toEqual({ eventId: 'e-1', state: 'matches' });
  });

  it('is on its way while its agent has yet to do it', async () => {
    expect(await observed(LISTED, { ...FILE, isolation_status: 'isolating' })).toEqual({
      eventId: 'e-1',
      state: 'matches',
      underWay: true,
    });
  });
});

describe('an entry of the alarm whitelist', () => {
  it('has no state of its own', async () => {
    const listed = { ...LISTED, handle_method: 'add_to_alarm_whitelist' };
    const read: ReadListing = ({ path }) =>
      Promise.resolve(
        path.endsWith('/event/events') ? page(listed) : page({ hash: 'w-1', isolation_status: 'isolating' }),
      );
    expect((await observedBy(read, 'add_to_alarm_whitelist')).underWay).toBeUndefined();
  });
});
