import type { Examples } from '../http/document/contract.js';
import type { Listed } from './listed-value.js';
import type { ListQueryDto } from './list-query.dto.js';
import type { ListedResource } from './listed-resource.js';

/** Lines as upstream's own documentation has them, by the call that lists them. */
const LINES: Readonly<Record<string, Listed>> = {
  ListEventHandleHistory: {
    event_type: 1010,
    host_name: 'rootkit-host',
    event_abstract: 'Rootkit on rootkit-host',
    attack_tag: 'abnormal_behavior',
    private_ip: '127.0.0.2',
    asset_value: 'common',
    occur_time: 1672046760353,
    handle_status: 'handled',
    notes: 'SEC-1234',
    event_class_id: 'rootkit_0001',
    event_name: 'Rootkit',
    handle_time: 1786871122734,
    operate_type: 'mark_as_handled',
    severity: 'High',
    user_name: 'hss-gateway',
  },
  ListAlarmWhiteList: {
    enterprise_project_name: 'default',
    hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
    description: 'file_path=/usr/test',
    event_type: 1010,
    white_field: 'file_path',
    field_value: '/usr/test',
    judge_type: 'equal',
    update_time: 1786871122734,
  },
  ListLoginWhiteList: {
    private_ip: '192.168.0.31',
    login_ip: '203.0.113.7',
    login_user_name: 'deploy',
    remarks: 'deployment host',
    update_time: 1786871122734,
    enterprise_project_name: 'default',
  },
  ListIsolatedFile: {
    os_type: 'Linux',
    host_id: '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e',
    host_name: 'rootkit-host',
    file_hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
    file_path: '/usr/test',
    file_attr: '33261',
    isolation_status: 'isolated',
    private_ip: '127.0.0.2',
    asset_value: 'common',
    update_time: 1786871122734,
    isolate_source: 'event',
    agent_event_info: {
      event_id: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
      event_class_id: 'rootkit_0001',
      event_type: 1010,
      event_name: 'Rootkit',
      severity: 'High',
      occur_time: 1672046760353,
    },
  },
  ListBlockedIp: {
    host_id: '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e',
    host_name: 'rootkit-host',
    src_ip: '203.0.113.66',
    login_type: 'ssh',
    intercept_num: 12,
    intercept_status: 'intercepted',
    block_time: 1786871122734,
    latest_time: 1786872322734,
  },
};

/** Pages as the translator makes them of upstream's lines, for the document. */
export function pageExamples<Item, Query extends ListQueryDto>({
  list,
  item,
}: ListedResource<Item, Query>): Examples {
  const line = LINES[list.call];
  if (!line) throw new Error(`no example of ${list.call}`);
  return {
    page: {
      summary: 'A page, and another one after it',
      value: { items: [item(line)], nextCursor: 'WyJ4WmRhYTN2NHBRMXciLDUwLCI1ZDBjMmY0ZiIsMTIwXQ' },
    },
    last: { summary: 'The last page', value: { items: [] } },
  };
}
