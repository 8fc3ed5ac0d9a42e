import { OTHER_ENTERPRISE_PROJECT } from '../account.js';
import { CONTAINER_HOST } from './hosts.js';
import type { AlarmSpec } from './make-alarm.js';

/** Contract 9.11. */
const MINER: AlarmSpec = {
  eventId: 'c8a0e4d2-5b7f-4f19-a3c6-2e9d0b1f7a63',
  eventClassId: 'av_1016',
  eventType: 1016,
  eventName: 'Mining software',
  occurTime: 1786893344210,
  category: 'container',
  severity: 'High',
  host: CONTAINER_HOST,
  container: {
    id: '652c3ab8cd533edaf50c5cf58e292d5d260caf95bf9ab93320491b51e310cd4c',
    name: 'k8s_redis_redis-6c9f_prod_0',
    image: 'redis:6.2',
  },
  attCk: 'Impact',
  details: [
    {
      agent_id: CONTAINER_HOST.agentId,
      process_pid: 417,
      is_parent: false,
      file_hash: '77862efd76591a786f99d400c0f97633e2bfb2bbd18b09dd6bf33ebe49f40f07',
      file_path: '/tmp/kdevtmpfsi',
      private_ip: '10.20.4.21',
    },
  ],
};

/** Contract 9.12: cluster audit, so neither process nor file. */
const PRIVILEGED_POD: AlarmSpec = {
  eventId: '0d3b9f68-71c2-4e85-b9a4-5f6c8e2d1a07',
  eventClassId: 'k8s_1002',
  eventType: 13002,
  eventName: 'Privileged pod created',
  occurTime: 1786899004120,
  category: 'container',
  severity: 'Medium',
  host: CONTAINER_HOST,
  enterpriseProjects: [OTHER_ENTERPRISE_PROJECT],
  attCk: 'Privilege Escalation',
};
const ROLE_BINDING: AlarmSpec = {
  ...PRIVILEGED_POD,
  eventId: '0d3b9f68-71c2-4e85-b9a4-5f6c8e2d1a08',
  eventClassId: 'k8s_1016',
  eventType: 13004,
  eventName: 'Cluster role bound',
  occurTime: 1786899004377,
  enterpriseProjects: ['0'],
};

/** The alarms of the published examples that are about containers. */
export const CONTAINER_ALARMS: readonly AlarmSpec[] = [MINER, PRIVILEGED_POD, ROLE_BINDING];
