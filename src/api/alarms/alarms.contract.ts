import type { ContractOptions } from '../../http/contract/contract.js';
import { LIST_ALARMS_PROBLEMS } from './alarm-problems.js';
import { ALARM_PAGE_EXAMPLES } from './alarm.examples.js';
import { AlarmPageDto } from './alarm.dto.js';

export const LIST_ALARMS: ContractOptions = {
  id: 'listAlarms',
  answers: {
    200: { description: 'A page of alarms.', type: AlarmPageDto, examples: ALARM_PAGE_EXAMPLES },
  },
  problems: LIST_ALARMS_PROBLEMS,
};
