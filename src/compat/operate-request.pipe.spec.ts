import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { DETAIL_FIELDS } from '../domain/detail-fields.js';
import { parseExact, stringifyExact } from '../domain/exact-json.js';
import { OPERATION_TYPE_NAMES } from '../domain/operation-type.js';
import { Problem } from '../problems/problem.js';
import { operateBodyOf } from './operate-request.pipe.js';

type Members = Record<string, unknown>;

const DETAILS: ReadonlySet<string> = new Set(Object.values(DETAIL_FIELDS).map(({ wireName }) => wireName));

/** What listings write for nothing says nothing in details, and details that are not needed may be left out. */
function asSent(body: unknown): unknown {
  const { operate_event_list: events } = body as { operate_event_list: Members[] };
  const said = ([name, value]: [string, unknown]) => !DETAILS.has(name) || (value !== null && value !== '');
  return {
    ...(body as Members),
    operate_event_list: events.map((event) => ({
      ...event,
      operate_detail_list: ((event['operate_detail_list'] ?? []) as Members[]).map((detail) =>
        Object.fromEntries(Object.entries(detail).filter(said)),
      ),
    })),
  };
}

/** What is wrong with a body, as places and rules; empty when it is let through. */
function verdictOf(body: unknown, passUnknown: boolean): string[] {
  try {
    expect(operateBodyOf(body, passUnknown)).toEqual(asSent(body));
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect([error.status, error.code]).toEqual([400, 'invalid_request']);
    return (error.extras.violations ?? []).map(({ pointer, rule }) => `${rule} ${pointer}`);
  }
}

const event = {
  event_class_id: 'rootkit_0001',
  event_id: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
  event_type: 1010,
  occur_time: 1672046760353,
  operate_detail_list: [] as object[],
};
const valid = { operate_type: 'mark_as_handled', operate_event_list: [event] };

/** What no part of the contract is called, and no lenient reader would take for one. */
const unknownName = fc.string({ maxLength: 12 }).map((name) => `x-${name}`);
const unknownValue = fc.anything({
  key: unknownName,
  values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.bigInt({ min: 2n ** 53n })],
  maxDepth: 3,
});
const strangers = fc.array(fc.tuple(unknownName, unknownValue), { maxLength: 4 });
/** As many as no report names. */
const crowd = fc.constant(Array.from({ length: 250 }, (_, index) => [`u${index}`, index] as const));

/** Any value, and most often the right one. */
const spoilt = (right: unknown): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant(right) },
    fc.constantFrom(undefined, [right], { 0: right }, '', 0, null),
    fc.jsonValue({ maxDepth: 1 }),
  );

const detail = fc.record({
  keyword: spoilt('k'),
  hash: spoilt('h'),
  agent_id: spoilt('a'),
  file_hash: spoilt('f'),
  file_path: spoilt('/usr/test'),
  process_pid: spoilt(3123),
});
const events = fc.array(
  fc.record({
    event_class_id: spoilt('rootkit_0001'),
    event_id: spoilt('e'),
    event_type: spoilt(1010),
    occur_time: spoilt(1),
    operate_detail_list: fc.oneof(fc.array(fc.oneof(detail, spoilt({})), { maxLength: 2 }), spoilt([])),
  }),
  { maxLength: 3 },
);
const declared = fc.record({
  operate_type: fc.oneof(fc.constantFrom<unknown>(...OPERATION_TYPE_NAMES), spoilt('isolate_and_kill')),
  handler: spoilt('why'),
  operate_event_list: fc.oneof({ weight: 4, arbitrary: events }, spoilt([event])),
  event_white_rule_list: spoilt([]),
});

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const LISTS = ['operate_event_list', 'operate_detail_list', 'event_white_rule_list'];

/** Without what was never given; strangers only where the contract has objects. */
function defined(value: Members): Members {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}

function withStrangers(body: Members, before: Iterable<readonly [string, unknown]>, after: Members): Members {
  const own = Object.entries(body).map(([name, item]) => {
    if (!LISTS.includes(name) || !Array.isArray(item)) return [name, item] as const;
    return [
      name,
      item.map((each) => (isObject(each) ? withStrangers(each, before, after) : (each as unknown))),
    ] as const;
  });
  return Object.fromEntries([...before, ...own, ...Object.entries(after)]);
}

/** As its reader hands it over: a number that is not exact as a double is none there. */
function asReceived(body: Members): Members {
  return parseExact(stringifyExact(body)) as Members;
}

describe('the body of an operate call, where unknown members are let through', () => {
  it('is judged as if they were not there, whatever they are and however many', () => {
    fc.assert(
      fc.property(declared, fc.oneof(strangers, crowd), strangers, (part, before, after) => {
        const sent = defined(part);
        const body = asReceived(withStrangers(sent, before, Object.fromEntries(after)));
        expect(verdictOf(body, true)).toEqual(verdictOf(asReceived(sent), true));
        // What is let through without strangers is let through as it is, and with them it travels to the last member.
        if (verdictOf(body, true).length === 0) {
          expect(parseExact(stringifyExact(body))).toEqual(body);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, Members, string]>([
    ['a list for the operation type', { operate_type: ['isolate_and_kill'] }, 'one_of /operate_type'],
    ['no operation type', { operate_type: undefined }, 'required /operate_type'],
    ['no events', { operate_event_list: undefined }, 'required /operate_event_list'],
    ['text for the events', { operate_event_list: 'all' }, 'list /operate_event_list'],
  ])('is refused for %s after more unknown members than a report names', (_, change, violation) => {
    const crowded = Object.fromEntries(Array.from({ length: 250 }, (__, index) => [`u${index}`, index]));
    const body = defined({ ...crowded, ...valid, ...change });
    expect(verdictOf(body, true)).toContain(violation);
    expect(verdictOf(body, false)).not.toEqual([]);
  });

  it.each([
    'operateType',
    'OPERATE_TYPE',
    'Operate-Type',
    'operate_ type',
    'operateEventList',
    'HANDLER',
    'handleR',
    'operate_type\u0000',
    'operate_type\u0000x',
    'operate_\u200btype',
    '\ufeffoperate_type',
    'operate_\u00adtype',
    'ｏｐｅｒａｔｅ＿ｔｙｐｅ',
    'opera\u0301te_type',
    'operate.type',
    'operate_type[]',
    'operate_type[0]',
    'operate_type.x',
    '$.operate_type',
    '"operate_type"',
    '@operate:type',
  ])('never has %j beside what a lenient reader takes it for', (name) => {
    expect(verdictOf({ ...valid, [name]: 'isolate_and_kill' }, true)).toEqual([`unknown_field /${name}`]);
  });

  it('never has one with anything but letters and digits put between the letters', () => {
    const sign = fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }).filter((text) => {
      const plain = text.normalize('NFKC');
      // A tilde and a slash are spelled in another way in a pointer.
      return !/[\p{L}\p{N}~/]/u.test(plain);
    });
    fc.assert(
      fc.property(sign, fc.integer({ min: 0, max: 12 }), (put, at) => {
        const name = `${'operate_type'.slice(0, at)}${put}${'operate_type'.slice(at)}`;
        expect(verdictOf({ ...valid, [name]: 'ignore' }, true)).toEqual([`unknown_field /${name}`]);
      }),
    );
  });

  it.each(['operate', 'type', 'operate_types', 'x.operate_type', 'оperate_type', '[]', '\u0000'])(
    'may have %j, which is called otherwise',
    (name) => {
      expect(verdictOf({ ...valid, [name]: 'isolate_and_kill' }, true)).toEqual([]);
    },
  );

  it('never has one in an event either', () => {
    const body = { ...valid, operate_event_list: [{ ...event, eventId: 'other' }] };
    expect(verdictOf(body, true)).toEqual(['unknown_field /operate_event_list/0/eventId']);
  });

  it.each<[string, unknown, string]>([
    ['a number that no double holds', [NaN], 'exact /x/0'],
    ['a name that means something to a parser', JSON.parse('{"__proto__":1}'), 'unknown_field /x/__proto__'],
    ['what is nested deeper than any request', deep(17), 'depth '],
    ['what is nested deeper than a stack', deep(5_000), 'depth '],
  ])('never has %s', (_, value, violation) => {
    expect(verdictOf({ ...valid, x: value }, true)).toEqual([violation]);
  });

  it('has what only looks like a number to the library that reads them', () => {
    const body = { ...valid, x: { isLosslessNumber: true, toString: 1 } };
    expect(verdictOf(body, true)).toEqual([]);
    expect(JSON.parse(stringifyExact(body))).toEqual(body);
  });
});

describe('everything wrong with the body of an operate call', () => {
  it('is reported with its own place, beside what is no object at all', () => {
    const lacking = { ...event, event_id: 'b', operate_detail_list: [1, { keyword: 'k' }] };
    const body = { operate_type: 'add_to_alarm_whitelist', operate_event_list: [7, lacking] };
    expect(verdictOf(body, false)).toEqual(
      expect.arrayContaining([
        'object /operate_event_list/0',
        'object /operate_event_list/1/operate_detail_list/0',
        'required_for /operate_event_list/1/operate_detail_list/1/hash',
      ]),
    );
  });
});

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}
