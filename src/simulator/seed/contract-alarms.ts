import { OTHER_ENTERPRISE_PROJECT } from '../account.js';
import { CONTAINER_ALARMS } from './contract-container-alarms.js';
import { BASTION_HOST, LIBRARY_HOST, LOAD_TEST_HOST, SEED_HOST } from './hosts.js';
import { makeAlarm, type AlarmSpec } from './make-alarm.js';
import type { Alarm } from '../hss/alarm.js';

/** File attributes as the official examples show them: the integer of octal 100755, not the declared string. */
const EXECUTABLE = 33261;

/** The example of the operate call's own page. */
const SEED_ALARM: AlarmSpec = {
  eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
  eventClassId: 'rootkit_0001',
  eventType: 1010,
  eventName: 'Rootkit',
  occurTime: 1672046760353,
  severity: 'High',
  host: SEED_HOST,
  container: { id: 'containerid', name: '/test', image: 'test:latest' },
  tags: ['热点事件'],
  details: [
    {
      agent_id: SEED_HOST.agentId,
      process_pid: 3123,
      is_parent: false,
      file_hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
      file_path: '/usr/test',
      file_attr: EXECUTABLE,
      private_ip: '127.0.0.2',
      login_ip: '127.0.0.1',
      login_user_name: 'root',
      keyword: 'file_path=/usr/test',
      hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
    },
  ],
};

/** Contract 9.1, 9.2. */
const ROOTKIT: AlarmSpec = {
  eventId: '7c0e3f52-1d6a-4d0e-9b7a-51f2a6c0d311',
  eventClassId: 'rootkit_0001',
  eventType: 1010,
  eventName: 'Rootkit',
  occurTime: 1786872301514,
  severity: 'Critical',
  host: LIBRARY_HOST,
  attCk: 'Defense Evasion',
  attackTag: 'attack_success',
  details: [
    {
      agent_id: LIBRARY_HOST.agentId,
      process_pid: 20417,
      is_parent: false,
      file_hash: 'bb6e490acaeb16f1b527f6564fd1491624817b4dfec857e0fed785b441c2321c',
      file_path: '/usr/lib64/libhide.so.1',
      file_attr: EXECUTABLE,
      keyword: 'file_path=/usr/lib64/libhide.so.1',
      hash: '90d8d82f6676af3d652fb6eabcdf58268c5004d2a17df2d0e52df021b8a6a9ad',
      private_ip: '10.20.1.15',
    },
  ],
};

/** Contract 9.3 and 9.4: the first of the two is used under two enterprise projects. */
const LOAD_TEST_ENTERPRISE_PROJECTS = ['0', OTHER_ENTERPRISE_PROJECT];
const LOAD_TEST_PROCESS: AlarmSpec = {
  eventId: 'b5c5d3a0-64d1-4b58-8c3f-0c9f6f7d2e90',
  eventClassId: 'procdet_0001',
  eventType: 3007,
  eventName: 'Abnormal process behaviour',
  occurTime: 1786875000122,
  severity: 'Medium',
  host: LOAD_TEST_HOST,
  enterpriseProjects: LOAD_TEST_ENTERPRISE_PROJECTS,
  details: [
    { agent_id: LOAD_TEST_HOST.agentId, process_pid: 9012, is_parent: true, private_ip: '10.20.2.31' },
  ],
};
const LOAD_TEST_COMMAND: AlarmSpec = {
  eventId: 'b5c5d3a0-64d1-4b58-8c3f-0c9f6f7d2e91',
  eventClassId: 'procreport_0001',
  eventType: 3015,
  eventName: 'High-risk command run',
  occurTime: 1786875003877,
  severity: 'Medium',
  host: LOAD_TEST_HOST,
  enterpriseProjects: LOAD_TEST_ENTERPRISE_PROJECTS,
  details: [
    { agent_id: LOAD_TEST_HOST.agentId, process_pid: 9020, is_parent: false, private_ip: '10.20.2.31' },
  ],
};

/** Contract 9.5, 9.6. */
const BACKUP_TOOL: AlarmSpec = {
  eventId: '1a9df0c4-2c1e-4a4d-8f52-d9a3b8e4c702',
  eventClassId: 'malware_1001',
  eventType: 1001,
  eventName: 'Malicious program',
  occurTime: 1786880450009,
  severity: 'High',
  host: LIBRARY_HOST,
  details: [
    {
      agent_id: LIBRARY_HOST.agentId,
      process_pid: 2210,
      is_parent: false,
      file_hash: 'e468ce626d0b68dc294196e9c1a0db99bdeead1705d44c249e60b9587acf9790',
      file_path: '/opt/backup/bin/backup-agent',
      file_attr: EXECUTABLE,
      keyword: 'file_path=/opt/backup/bin/backup-agent',
      hash: '9bb78ebe5c79f4c4565e89dc401b90970ce06eb373036f8cd70cdeacb5e7bc50',
      private_ip: '10.20.1.15',
    },
  ],
};

/** Contract 9.7, 9.8. */
const BASTION_LOGIN: AlarmSpec = {
  eventId: 'e2d4b6a8-0f13-4c57-9b68-7d2c1a0f9e44',
  eventClassId: 'login_1002',
  eventType: 4004,
  eventName: 'Abnormal login',
  occurTime: 1786883120455,
  severity: 'Low',
  host: BASTION_HOST,
  attCk: 'Credential Access',
  details: [
    {
      agent_id: BASTION_HOST.agentId,
      private_ip: '10.20.3.8',
      login_ip: '203.0.113.24',
      login_user_name: 'opsadmin',
    },
  ],
};

/** Contract 9.9, 9.10. */
const TROJAN: AlarmSpec = {
  eventId: '4b8f1c77-93d6-47a1-8ed0-c61b5f2a3d18',
  eventClassId: 'av_1004',
  eventType: 1004,
  eventName: 'Trojan',
  occurTime: 1786890011873,
  severity: 'Critical',
  host: LIBRARY_HOST,
  attCk: 'Persistence',
  attackTag: 'collapsible_host',
  details: [
    {
      agent_id: LIBRARY_HOST.agentId,
      process_pid: 31877,
      is_parent: false,
      file_hash: 'c7879a3914f94d22269d0b099377b61e096d3e3890b0da70fa8ffa4ca44de1e5',
      file_path: '/var/tmp/.x/dropper',
      file_attr: EXECUTABLE,
      keyword: 'file_path=/var/tmp/.x/dropper',
      hash: '5c1f0e3a9d2b4c6e8f7a1b3d5c7e9f0a2b4d6c8e0f1a3b5d7c9e1f3a5b7d9c0e',
      private_ip: '10.20.1.15',
    },
  ],
};

/** Contract 9.13. */
const DEPLOY_TOOL: AlarmSpec = {
  eventId: '9f2e6d41-8a35-4b0c-bd17-3c5a7e9f0b26',
  eventClassId: 'procdet_0001',
  eventType: 3007,
  eventName: 'Abnormal process behaviour',
  occurTime: 1786902233981,
  severity: 'Medium',
  host: LIBRARY_HOST,
  details: [
    {
      agent_id: LIBRARY_HOST.agentId,
      process_pid: 1844,
      is_parent: false,
      keyword: 'process_path=/opt/deploy/bin/deployd',
      hash: 'ff311e774c708bdb7161a4f0b58390d10b00aab1ff582a62054ef5360ab14637',
      private_ip: '10.20.1.15',
    },
  ],
};

/** Alarms that the published examples operate on: each example, posted as it stands, is accepted. */
export function contractAlarms(): Alarm[] {
  return [
    SEED_ALARM,
    ROOTKIT,
    LOAD_TEST_PROCESS,
    LOAD_TEST_COMMAND,
    BACKUP_TOOL,
    BASTION_LOGIN,
    TROJAN,
    ...CONTAINER_ALARMS,
    DEPLOY_TOOL,
  ].map((spec) => makeAlarm(spec));
}
