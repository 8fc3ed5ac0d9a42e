import { describe, expect, it } from '@jest/globals';

import { OPERATION_TYPE_NAMES } from '../../domain/operation-type.js';
import { MAX_VIOLATIONS } from '../../problems/violation.js';
import { violationsOf } from './operation-request.pipe.js';

const alarm = { eventId: 'e-1', eventClassId: 'rootkit_0001', eventType: 1010, occurTime: 1_672_046_760_353 };
const rule = { eventType: 3007, fieldKey: 'process_path', fieldValue: '/opt/x', judgeType: 'equal' };

const told = (body: unknown, most = 1_000) =>
  violationsOf(body, most).map(({ pointer, rule: name, message }) => [pointer, name, message]);

describe('the operation type', () => {
  it.each([
    ['mark_as_unhandled', 'unhandle'],
    ['handled', 'mark_as_handled'],
    ['unignore', 'do_not_ignore'],
    ['whitelist', 'add_to_alarm_whitelist'],
    ['add_login_whitelist', 'add_to_login_whitelist'],
    ['isolate', 'isolate_and_kill'],
    ['kill', 'isolate_and_kill'],
    ['restore', 'do_not_isolate_or_kill'],
    ['do_not_isolate_and_kill', 'do_not_isolate_or_kill'],
    ['ISOLATE_AND_KILL', 'isolate_and_kill'],
    ['isolate_and_kil', 'isolate_and_kill'],
    ['ignroe', 'ignore'],
  ])('%s is none, and %s was probably meant', (operation, meant) => {
    expect(told({ operation, alarms: [alarm] })).toEqual([
      ['/operation', 'one_of', `operation must be one of the ten operation types; did you mean ${meant}?`],
    ]);
  });

  it.each([
    ['delete_everything'],
    [''],
    ['toString'],
    ['__proto__'],
    [1],
    [null],
    [{}],
    ['x'.repeat(100_000)],
  ])('%j is none, and nothing was probably meant', (operation) => {
    const [violation, ...others] = violationsOf({ operation, alarms: [alarm] }, 1_000);
    expect(others).toEqual([]);
    expect(violation).toMatchObject({ pointer: '/operation', rule: 'one_of', allowed: OPERATION_TYPE_NAMES });
    expect(violation?.message).toBe('operation must be one of the ten operation types');
  });

  it('is asked for where it is missing', () => {
    expect(told({ alarms: [alarm] })).toEqual([['/operation', 'required', 'operation is required']]);
  });

  it('suggests only what exists', () => {
    for (const operation of ['mark_as_unhandled', 'quarantine', 'cancel_ignore', 'remove_from_whitelist']) {
      const [violation] = violationsOf({ operation, alarms: [alarm] }, 1_000);
      const meant = /did you mean (\w+)\?/.exec(violation?.message ?? '')?.[1];
      expect(OPERATION_TYPE_NAMES).toContain(meant);
    }
  });
});

describe('the alarms', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...alarm, eventId: `e-${index}` }));

  it('may be as many as the limit, and one more is too many', () => {
    expect(told({ operation: 'ignore', alarms: many(1_000) })).toEqual([]);
    expect(told({ operation: 'ignore', alarms: many(1_001) })).toEqual([
      ['/alarms', 'too_many', 'alarms has 1001 entries; send at most 1000 in one request'],
    ]);
  });

  it.each([[[]], [{}], [null], ['e-1'], [undefined]])('cannot be %j', (alarms) => {
    expect(told({ operation: 'ignore', alarms })).toEqual([
      ['/alarms', expect.any(String), expect.any(String)],
    ]);
  });

  it('are each named once', () => {
    const alarms = [alarm, { ...alarm, eventId: 'e-2' }, { ...alarm, eventType: 1 }, alarm];
    expect(told({ operation: 'ignore', alarms })).toEqual([
      ['/alarms/2/eventId', 'distinct', 'eventId is that of /alarms/0 again; name each alarm once'],
      ['/alarms/3/eventId', 'distinct', 'eventId is that of /alarms/0 again; name each alarm once'],
    ]);
  });

  it('that are all wrong are reported up to a limit', () => {
    const same = Array.from({ length: 5_000 }, () => alarm);
    expect(violationsOf({ operation: 'ignore', alarms: same }, 10_000)).toHaveLength(MAX_VIOLATIONS);
    const empty = Array.from({ length: 5_000 }, () => ({}));
    expect(violationsOf({ operation: 'ignore', alarms: empty }, 1_000)).toHaveLength(MAX_VIOLATIONS);
  });
});

describe('whitelist rules', () => {
  it('go with adding to the alarm whitelist', () => {
    const details = [{ keyword: 'k', hash: 'h' }];
    const body = {
      operation: 'add_to_alarm_whitelist',
      alarms: [{ ...alarm, details }],
      whitelistRules: [rule],
    };
    expect(told(body)).toEqual([]);
  });

  it.each(OPERATION_TYPE_NAMES.filter((name) => name !== 'add_to_alarm_whitelist'))(
    'do not go with %s',
    (operation) => {
      const pointers = told({ operation, alarms: [alarm], whitelistRules: [rule] }).map(([pointer, name]) => [
        pointer,
        name,
      ]);
      expect(pointers).toContainEqual(['/whitelistRules', 'only_for']);
      expect(pointers).not.toContainEqual(['/whitelistRules', 'unknown_field']);
    },
  );
});

describe('everything at once', () => {
  it('from the operation type down to the last detail', () => {
    const body = {
      operation: 'isolate_and_kill',
      remark: '',
      scope: { enterpriseProjectId: 'shop', contanerId: 'x' },
      alarms: [
        { ...alarm, occurTime: -1, details: [{ agentId: 'a', fileHash: 'h', processPid: -1 }] },
        { eventId: 'e-1', eventClassId: '', eventType: '1010', occurTime: 1, details: [] },
      ],
      reason: 'x',
    };
    expect(
      told(body)
        .map(([pointer, name]) => `${pointer} ${name}`)
        .sort(),
    ).toEqual([
      '/alarms/0/details/0/filePath required_for',
      '/alarms/0/details/0/processPid integer',
      '/alarms/0/occurTime occur_time',
      '/alarms/1/details list',
      '/alarms/1/eventClassId text',
      '/alarms/1/eventId distinct',
      '/alarms/1/eventType integer',
      '/reason unknown_field',
      '/remark text',
      '/scope/contanerId unknown_field',
      '/scope/enterpriseProjectId form',
    ]);
  });

  it('does not need an object to say what is wrong', () => {
    for (const body of [undefined, null, [], 'x', 1]) {
      expect(told(body)).toEqual([['', 'object', 'the body must be a JSON object']]);
    }
  });
});
