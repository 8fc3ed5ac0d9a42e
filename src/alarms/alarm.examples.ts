import type { Examples } from '../http/document/contract.js';
import { alarmOf } from './alarm.translator.js';
import type { ListedAlarmDto } from './alarm.dto.js';

/** The alarm of upstream's own documentation, as its listing would tell of it. */
const LISTED = {
  event_id: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
  event_class_id: 'rootkit_0001',
  event_type: 1010,
  event_name: 'Rootkit',
  severity: 'High',
  host_name: 'rootkit-host',
  host_id: '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e',
  private_ip: '127.0.0.2',
  os_type: 'Linux',
  host_status: 'ACTIVE',
  agent_status: 'online',
  protect_status: 'opened',
  asset_value: 'common',
  attack_phase: 'exploit',
  attack_tag: 'abnormal_behavior',
  occur_time: 1672046760353,
  handle_status: 'unhandled',
  operate_accept_list: ['mark_as_handled', 'ignore', 'add_to_alarm_whitelist', 'isolate_and_kill'],
  operate_detail_list: [
    {
      agent_id: 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8',
      process_pid: 3123,
      is_parent: false,
      file_hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
      file_path: '/usr/test',
      file_attr: 33261,
      keyword: 'file_path=/usr/test',
      hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
      private_ip: '127.0.0.2',
    },
  ],
  resource_info: { enterprise_project_id: '0' },
  event_abstract: 'Rootkit on rootkit-host',
  event_count: 1,
};

function shown(listed: object): ListedAlarmDto {
  const alarm = alarmOf(listed);
  if (!alarm) throw new Error('the example has no id');
  return alarm;
}

export const EXAMPLE_ALARM: ListedAlarmDto = shown(LISTED);

const HANDLED: ListedAlarmDto = shown({
  ...LISTED,
  handle_status: 'handled',
  handle_method: 'ignore',
  handle_time: 1786872322734,
  handler: 'SEC-1234',
  operate_accept_list: ['do_not_ignore'],
});

export const ALARM_EXAMPLES: Examples = {
  unhandled: { summary: 'Not handled yet', value: EXAMPLE_ALARM },
  handled: { summary: 'Handled', value: HANDLED },
};

export const ALARM_PAGE_EXAMPLES: Examples = {
  page: {
    summary: 'A page, and another one after it',
    value: {
      items: [EXAMPLE_ALARM],
      nextCursor: 'WyJaQmxLa0YyMFdYVlkiLCJob3N0IiwxLCIyYTcxZTFlMiIsMTIwLG51bGwsMTc4NjkxMDAwMDAwMF0',
    },
  },
  handled: { summary: 'The last page, with an alarm that was handled', value: { items: [HANDLED] } },
  moved: {
    summary: 'The listing changed since the page before',
    value: { items: [HANDLED], windowMoved: true },
  },
};
