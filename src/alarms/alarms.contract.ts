import type { ContractOptions } from '../http/document/contract.js';
import { FIND_ALARM_PROBLEMS, LIST_ALARMS_PROBLEMS } from './alarm-problems.js';
import { ALARM_EXAMPLES, ALARM_PAGE_EXAMPLES, EXAMPLE_ALARM } from './alarm.examples.js';
import { AlarmPageDto, ListedAlarmDto } from './alarm.dto.js';

export const LIST_ALARMS: ContractOptions = {
  id: 'listAlarms',
  answers: {
    200: { description: 'A page of alarms.', type: AlarmPageDto, examples: ALARM_PAGE_EXAMPLES },
  },
  problems: LIST_ALARMS_PROBLEMS,
};

export const FIND_ALARM: ContractOptions = {
  id: 'findAlarm',
  parameters: [
    {
      name: 'eventId',
      description: 'Event id.',
      schema: { type: 'string', minLength: 1, maxLength: 64, example: EXAMPLE_ALARM.eventId },
    },
  ],
  answers: {
    200: { description: 'The alarm.', type: ListedAlarmDto, examples: ALARM_EXAMPLES },
  },
  problems: FIND_ALARM_PROBLEMS,
};
