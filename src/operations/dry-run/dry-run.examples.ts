import type { Examples } from '../../http/document/contract.js';
import { dryRunOf } from './dry-run.translator.js';
import { RECEIPT } from '../receipts/receipt.examples.js';

const [ALARM = { eventId: '' }] = RECEIPT.alarms;

export const DRY_RUN_EXAMPLES: Examples = {
  dryRun: {
    summary: 'What would come of it',
    description: 'One of two alarms has no agent that could carry it out, and they would share an exchange.',
    value: dryRunOf({
      operation: 'isolate_and_kill',
      scope: RECEIPT.scope,
      verdicts: [
        { eventId: ALARM.eventId, outcome: 'rejected', reason: 'agent_offline' },
        { eventId: 'd8a12cf7-6a43-4cd6-92b4-aabf1e917', outcome: 'rejected', reason: 'shared_exchange' },
      ],
      requests: [
        {
          method: 'POST',
          url: `https://hss.cn-north-4.myhuaweicloud.com/v5/${RECEIPT.scope.projectId}/event/operate?enterprise_project_id=0`,
          headers: { region: 'cn-north-4', 'Content-Type': 'application/json', 'X-Auth-Token': '***' },
          body: '{"operate_type":"isolate_and_kill","operate_event_list":[]}',
        },
      ],
    }),
  },
};
