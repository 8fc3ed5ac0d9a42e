import { describe, expect, it } from '@jest/globals';

import {
  FILTER_OPERATION_NAMES,
  isOperationType,
  LIST_OPERATION_NAMES,
  OPERATION_NAMES,
  OPERATION_TYPE_NAMES,
  OPERATIONS,
} from './operation-type.js';

/** The table of contract 1.6, written down once more: forward type, its inverse, what each detail needs. */
const PAIRS = [
  ['mark_as_handled', 'unhandle', []],
  ['ignore', 'do_not_ignore', []],
  ['add_to_alarm_whitelist', 'remove_from_alarm_whitelist', ['keyword', 'hash']],
  ['add_to_login_whitelist', 'remove_from_login_whitelist', ['loginIp', 'privateIp', 'loginUserName']],
  ['isolate_and_kill', 'do_not_isolate_or_kill', ['agentId', 'fileHash', 'filePath', 'processPid']],
] as const;

describe('operation types', () => {
  it('are the ten of the contract', () => {
    expect([...OPERATION_TYPE_NAMES].sort()).toEqual(PAIRS.flatMap(([one, other]) => [one, other]).sort());
    expect(OPERATION_NAMES).toEqual([
      ...OPERATION_TYPE_NAMES,
      ...LIST_OPERATION_NAMES,
      ...FILTER_OPERATION_NAMES,
    ]);
  });

  it.each(PAIRS)('%s is undone by %s and the other way round, with the same details', (one, other, needs) => {
    expect(OPERATIONS[one].inverse).toBe(other);
    expect(OPERATIONS[other].inverse).toBe(one);
    expect([...OPERATIONS[one].requiredDetails].sort()).toEqual([...needs].sort());
    expect([...OPERATIONS[other].requiredDetails].sort()).toEqual([...needs].sort());
  });

  it("only those that set the alarm's own state may be sent twice", () => {
    const twice = OPERATION_TYPE_NAMES.filter((name) => OPERATIONS[name].isIdempotent);
    expect(twice.sort()).toEqual(['do_not_ignore', 'ignore', 'mark_as_handled', 'unhandle']);
  });

  it('whitelisting is what hides alarms to come', () => {
    expect(OPERATION_TYPE_NAMES.filter((name) => OPERATIONS[name].hidesAlarms)).toEqual([
      'add_to_alarm_whitelist',
      'add_to_login_whitelist',
    ]);
  });

  it('isolation is what changes a host', () => {
    expect(OPERATION_TYPE_NAMES.filter((name) => OPERATIONS[name].destructive)).toEqual(['isolate_and_kill']);
  });

  it.each([
    ['ignored'],
    ['Ignore'],
    [''],
    ['toString'],
    ['__proto__'],
    [1],
    [null],
    [undefined],
    [['ignore']],
  ])('%j is none', (value) => {
    expect(isOperationType(value)).toBe(false);
  });
});
