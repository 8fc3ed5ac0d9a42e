import { TOO_FAR } from '../../alarms/alarm-reader.js';
import { EXAMPLE_UPSTREAM_REQUEST_ID } from '../../http/contract/example-ids.js';
import { withoutRight } from '../../http/contract/edge-problems.js';
import { invalidRequest, Problem, problemOfFault } from '../../http/problem.js';
import { documentedReadFaults, UNKNOWN_PROJECT_FAULT } from '../../upstream/index.js';
import { alarmQueryViolations } from './alarm-query.js';

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

export const LIST_ALARMS_PROBLEMS: readonly Problem[] = [
  invalidRequest(
    alarmQueryViolations({ severity: 'high', from: 'yesterday', last: '24h', limit: '0', state: 'open' }),
  ),
  TOO_FAR(),
  ...READ_PROBLEMS,
];
