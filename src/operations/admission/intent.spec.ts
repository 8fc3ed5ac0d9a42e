import { describe, expect, it } from '@jest/globals';

import { OPERATION_TYPE_NAMES, type OperationName, OPERATIONS } from '../../domain/operation-type.js';
import type { OperationCommand, CommandAlarmDetail } from '../operation-command.js';
import { impactOf, sizeOf } from './intent.js';

const alarm = (...details: CommandAlarmDetail[]) => ({
  eventId: 'e',
  eventClassId: 'c',
  eventType: 1010,
  details,
});
const order = (operation: OperationName, more: Partial<OperationCommand> = {}): OperationCommand => ({
  route: '',
  operation,
  alarms: [alarm({ agentId: 'a', keyword: 'k', hash: 'h' })],
  bodies: [],
  ...more,
});
const rule = { eventType: 1010, fieldKey: 'file_path', fieldValue: '/opt/x', judgeType: 'equal' };

describe('what an order reaches', () => {
  it('is something where it changes hosts or hides alarms, and never where it reverses', () => {
    for (const name of OPERATION_TYPE_NAMES) {
      const { destructive, hidesAlarms, isReversal: takesBack } = OPERATIONS[name];
      expect([name, impactOf(order(name)) !== undefined]).toEqual([name, destructive || hidesAlarms]);
      expect([name, (destructive || hidesAlarms) && takesBack]).toEqual([name, false]);
    }
  });

  it('is each host once, however it is written', () => {
    const alarms = [alarm({ agentId: 'Host-1' }, { agentId: 'host-1' }), alarm({ agentId: 'host-2' })];
    expect(impactOf(order('isolate_and_kill', { alarms }))).toEqual(['host-1', 'host-2']);
    const items = ['H', 'h'].map((hostId) => ({ id: hostId, target: {}, hostId }));
    expect(impactOf(order('delete_isolated_files', { alarms: [], items }))).toEqual(['h']);
  });

  it.each<[string, CommandAlarmDetail[], number]>([
    [
      'the same entry twice',
      [
        { agentId: 'a', hash: 'h' },
        { agentId: 'A', hash: 'h' },
      ],
      1,
    ],
    [
      'two entries of one host',
      [
        { agentId: 'a', hash: 'h' },
        { agentId: 'a', hash: 'i' },
      ],
      2,
    ],
    [
      'one entry of two hosts',
      [
        { agentId: 'a', hash: 'h' },
        { agentId: 'b', hash: 'h' },
      ],
      2,
    ],
    ['entries that name no host', [{ hash: 'h' }, { hash: 'i' }], 2],
  ])('is counted for the alarm whitelist: %s', (_, details, count) => {
    const alarms = [alarm(...details)];
    expect(impactOf(order('add_to_alarm_whitelist', { alarms }))).toHaveLength(count);
  });

  it('is each login once', () => {
    const login = { privateIp: '10.0.0.1', loginIp: '203.0.113.7', loginUserName: 'deploy' };
    const alarms = [
      alarm(login, login, { ...login, loginUserName: 'root' }, { ...login, privateIp: '10.0.0.2' }),
    ];
    expect(impactOf(order('add_to_login_whitelist', { alarms }))).toHaveLength(3);
  });

  it('is each rule once, whichever hosts it is for, and each counts as much as an alarm', () => {
    const whitelistRules = [
      rule,
      { ...rule, agentIds: ['a', 'b'] },
      { ...rule, scope: true },
      { ...rule, fieldValue: '/opt/y' },
    ];
    const whitelisting = order('add_to_alarm_whitelist', { whitelistRules });
    expect(impactOf(whitelisting)).toHaveLength(3);
    expect(sizeOf(whitelisting)).toBe(5);
    expect(sizeOf(order('unblock_addresses', { items: [{ id: 'i', target: {} }] }))).toBe(1);
  });
});
