import type { Example, Examples } from '../../http/document/contract.js';
import type { AlarmDto, OperationRequestDto, ScopeDto, WhitelistRuleDto } from './operation-request.dto.js';
import { OPERATIONS, type OperationType } from '../../domain/operation-type.js';

/** Requests that work as they stand against the simulator, which knows these alarms. */

type Request = OperationRequestDto & { operation: OperationType; whitelistRules?: WhitelistRuleDto[] };

const LINUX_AGENT = '415a837bec3a9cb379bc339968b07fae65cede2f1b0fed44da818d651e2b4c0a';
const OTHER_AGENT = '450bd9dd6536437cc03621b1f37c1241159fc3e73b0261c2fd0973033ec5188f';
const CONTAINER: ScopeDto = {
  containerId: '652c3ab8cd533edaf50c5cf58e292d5d260caf95bf9ab93320491b51e310cd4c',
  containerName: 'k8s_redis_redis-6c9f_prod_0',
};

/** The alarm of upstream's own documentation, with every detail. */
const ROOTKIT: AlarmDto = {
  eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
  eventClassId: 'rootkit_0001',
  eventType: 1010,
  occurTime: 1672046760353,
  details: [
    {
      agentId: 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8',
      fileHash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
      filePath: '/usr/test',
      processPid: 3123,
      fileAttr: 33261,
      keyword: 'file_path=/usr/test',
      hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
      loginIp: '127.0.0.1',
      privateIp: '127.0.0.2',
      loginUserName: 'root',
      containerId: 'containerid',
      containerName: '/test',
    },
  ],
};

const PROCESS: AlarmDto = {
  eventId: 'b5c5d3a0-64d1-4b58-8c3f-0c9f6f7d2e90',
  eventClassId: 'procdet_0001',
  eventType: 3007,
  occurTime: '2026-08-16T10:10:00.122Z',
};

const BACKUP_TOOL: AlarmDto = {
  eventId: '1a9df0c4-2c1e-4a4d-8f52-d9a3b8e4c702',
  eventClassId: 'malware_1001',
  eventType: 1001,
  occurTime: 1786880450009,
  details: [
    {
      keyword: 'file_path=/opt/backup/bin/backup-agent',
      hash: '9bb78ebe5c79f4c4565e89dc401b90970ce06eb373036f8cd70cdeacb5e7bc50',
    },
  ],
};

const DEPLOYMENT_TOOL: AlarmDto = {
  eventId: '9f2e6d41-8a35-4b0c-bd17-3c5a7e9f0b26',
  eventClassId: 'procdet_0001',
  eventType: 3007,
  occurTime: 1786902233981,
  details: [
    {
      keyword: 'process_path=/opt/deploy/bin/deployd',
      hash: 'ff311e774c708bdb7161a4f0b58390d10b00aab1ff582a62054ef5360ab14637',
    },
  ],
};

const BASTION_LOGIN: AlarmDto = {
  eventId: 'e2d4b6a8-0f13-4c57-9b68-7d2c1a0f9e44',
  eventClassId: 'login_1002',
  eventType: 4004,
  occurTime: 1786883120455,
  details: [{ loginIp: '203.0.113.24', privateIp: '10.20.3.8', loginUserName: 'opsadmin' }],
};

const TROJAN: AlarmDto = {
  eventId: '4b8f1c77-93d6-47a1-8ed0-c61b5f2a3d18',
  eventClassId: 'av_1004',
  eventType: 1004,
  occurTime: 1786890011873,
  details: [
    {
      agentId: LINUX_AGENT,
      fileHash: 'c7879a3914f94d22269d0b099377b61e096d3e3890b0da70fa8ffa4ca44de1e5',
      filePath: '/var/tmp/.x/dropper',
      processPid: 31877,
    },
  ],
};

const MINER: AlarmDto = {
  eventId: 'c8a0e4d2-5b7f-4f19-a3c6-2e9d0b1f7a63',
  eventClassId: 'av_1016',
  eventType: 1016,
  occurTime: 1786893344210,
  details: [
    {
      agentId: '6c102de2bd7928d08637c5018d2d9842e88c22bdec3addd558cfe4aefe221674',
      fileHash: '77862efd76591a786f99d400c0f97633e2bfb2bbd18b09dd6bf33ebe49f40f07',
      filePath: '/tmp/kdevtmpfsi',
      processPid: 417,
    },
  ],
};

const RULES: WhitelistRuleDto[] = [
  {
    eventType: 3007,
    fieldKey: 'process_path',
    fieldValue: '/opt/deploy/bin/deployd',
    judgeType: 'equal',
    scope: false,
    agentIds: [LINUX_AGENT, OTHER_AGENT],
  },
];

/** The operation type's own words are the summary; `more` goes on from them. */
function example(value: Request, more = ''): Example {
  return { summary: `${value.operation}: ${OPERATIONS[value.operation].title}${more}`, value };
}

const KILL = { operation: 'isolate_and_kill', remark: 'Confirmed trojan, SEC-1234' } as const;
const WHITELIST = { operation: 'add_to_alarm_whitelist' } as const;

/** At least one for each operation type; the first is what Swagger UI shows at once. */
export const REQUEST_EXAMPLES: Examples = {
  mark_as_handled: example({ operation: 'mark_as_handled', remark: 'test', alarms: [ROOTKIT] }),
  mark_as_handled_by_id: example(
    { operation: 'mark_as_handled', remark: 'SEC-1234', alarmIds: [ROOTKIT.eventId] },
    ', the alarm by its id',
  ),
  unhandle: example({ operation: 'unhandle', alarms: [ROOTKIT] }),
  ignore: example({ operation: 'ignore', remark: 'Planned load test', alarms: [PROCESS] }),
  do_not_ignore: example({ operation: 'do_not_ignore', alarms: [PROCESS] }),
  add_to_alarm_whitelist: example({ ...WHITELIST, remark: 'Signed tool, CHG-5512', alarms: [BACKUP_TOOL] }),
  add_to_alarm_whitelist_with_rules: example(
    { ...WHITELIST, remark: 'CHG-5620', alarms: [DEPLOYMENT_TOOL], whitelistRules: RULES },
    ', with a rule of your own',
  ),
  remove_from_alarm_whitelist: example({ operation: 'remove_from_alarm_whitelist', alarms: [BACKUP_TOOL] }),
  add_to_login_whitelist: example({ operation: 'add_to_login_whitelist', alarms: [BASTION_LOGIN] }),
  remove_from_login_whitelist: example({ operation: 'remove_from_login_whitelist', alarms: [BASTION_LOGIN] }),
  isolate_and_kill: example({
    ...KILL,
    alarms: [TROJAN],
    scope: { project: 'demo', enterpriseProjectId: '0' },
  }),
  isolate_and_kill_in_container: example({ ...KILL, alarms: [MINER], scope: CONTAINER }, ', in a container'),
  isolate_and_kill_by_id: example(
    { ...KILL, alarmIds: [{ eventId: TROJAN.eventId, occurTime: TROJAN.occurTime }] },
    ', the alarm by its id, found at its time',
  ),
  do_not_isolate_or_kill: example({ operation: 'do_not_isolate_or_kill', alarms: [TROJAN] }),
};
