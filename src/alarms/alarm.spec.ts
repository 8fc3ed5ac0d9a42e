import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { alarmOf } from './alarm.js';

const LISTED = {
  event_id: 'e',
  event_class_id: 'rootkit_0001',
  event_type: 1010,
  occur_time: 1_672_046_760_353,
  event_name: 'Rootkit',
  severity: 'High',
  handle_status: 'handled',
  handle_method: 'ignore',
  handle_time: 1_672_046_790_000,
  handler: 'SEC-1',
  host_id: 'h',
  agent_status: 'online',
  attack_tag: 'attack_success',
  event_count: 2,
  operate_accept_list: ['do_not_ignore'],
};
type Member = Exclude<keyof typeof LISTED, 'event_id'>;
const MEMBERS = Object.keys(LISTED).filter((name): name is Member => name !== 'event_id');

const without = (name: Member) => {
  const { [name]: _, ...rest } = LISTED;
  return alarmOf(rest);
};

describe('an alarm of the listing', () => {
  it.each(MEMBERS)('is the same without %s, with null in its place and with an empty text', (name) => {
    for (const value of [null, '']) expect(alarmOf({ ...LISTED, [name]: value })).toEqual(without(name));
  });

  it.each(MEMBERS)('reads nothing from a %s of another type', (name) => {
    const isNumber = typeof LISTED[name] === 'number';
    const isList = Array.isArray(LISTED[name]);
    const wrong = fc
      .jsonValue()
      .filter((value) => !(isNumber ? typeof value === 'number' : typeof value === 'string'))
      .filter((value) => !isList || !Array.isArray(value));
    fc.assert(
      fc.property(wrong, (value) => expect(alarmOf({ ...LISTED, [name]: value })).toEqual(without(name))),
    );
  });

  it.each([0, -1, 1, 1_672_046_760, 16_720_467_603_530, 9_223_372_036_854_775_807n, 0.5, '1672046760353'])(
    'was not handled, and did not occur, at %p',
    (value) => {
      const alarm = alarmOf({ ...LISTED, handle_time: value, occur_time: value });
      expect(alarm?.handling).toEqual({ method: 'ignore', remark: 'SEC-1' });
      expect(alarm).not.toHaveProperty('occurredAt');
    },
  );

  it('that takes nothing now is distinguished from one of which it is not known what it takes', () => {
    expect(alarmOf({ ...LISTED, operate_accept_list: [] })).toMatchObject({ accepts: [] });
    expect(alarmOf({ ...LISTED, operate_accept_list: ['explode', null] })).toMatchObject({ accepts: [] });
    expect(without('operate_accept_list')).not.toHaveProperty('accepts');
  });
});
