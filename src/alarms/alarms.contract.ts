import type { ContractOptions } from '../http/document/contract.js';
import { PATH_PROBLEMS, withoutRight } from '../http/document/edge-problems.js';
import { EXAMPLE_UPSTREAM_REQUEST_ID } from '../http/document/example-ids.js';
import { queryViolations } from '../lists/filter-fields.js';
import { refuse } from '../problems/catalogue.js';
import { invalidRequest, Problem, problemOfFault } from '../problems/problem.js';
import { documentedReadFaults, UNKNOWN_PROJECT_FAULT } from '../hss/index.js';
import { AlarmHintsDto } from './alarm-filter.dto.js';
import { alarmQueryViolations } from './alarm-filter.js';
import { AlarmPageDto, ListedAlarmDto } from './alarm.dto.js';
import { ALARM_EXAMPLES, ALARM_PAGE_EXAMPLES, EXAMPLE_ALARM } from './alarm.examples.js';

/** What every route that reads alarms can end in, for the document. */
const READ_PROBLEMS: readonly Problem[] = [
  withoutRight('read'),
  new Problem(
    403,
    'not_granted',
    'Caller soc-portal is not granted the right read in enterprise project all_granted_eps of project demo. Nothing was done.',
  ),
  new Problem(
    403,
    'denied',
    'Caller soc-portal is denied the right read in enterprise project 0 of project demo. Nothing was done.',
  ),
  problemOfFault(UNKNOWN_PROJECT_FAULT),
  ...documentedReadFaults(EXAMPLE_UPSTREAM_REQUEST_ID).map((fault) => problemOfFault(fault)),
];

export const LIST_ALARMS: ContractOptions = {
  id: 'listAlarms',
  answers: {
    200: { description: 'A page of alarms.', type: AlarmPageDto, examples: ALARM_PAGE_EXAMPLES },
  },
  problems: [
    invalidRequest(
      alarmQueryViolations({ severity: 'high', from: 'yesterday', last: '24h', limit: '0', state: 'open' }),
    ),
    'listing_too_long',
    ...READ_PROBLEMS,
  ],
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
  problems: [
    ...PATH_PROBLEMS,
    invalidRequest(queryViolations(AlarmHintsDto, { occurTime: 'yesterday', eventType: 'rootkit' })),
    ...[true, false].map((cutShort) =>
      refuse('alarm_not_found', {
        project: 'demo',
        enterpriseProjectId: '0',
        lookedThrough: cutShort ? 5_000 : 213,
        cutShort,
      }),
    ),
    'alarm_ambiguous',
    ...READ_PROBLEMS,
  ],
};
