import type { Found } from './alarm-search.js';
import { TOO_FAR } from './alarm-reader.js';
import type { Scope } from '../domain/scope.js';
import { EXAMPLE_UPSTREAM_REQUEST_ID } from '../http/document/example-ids.js';
import { PATH_PROBLEMS, withoutRight } from '../http/document/edge-problems.js';
import { invalidRequest, Problem, problemOfFault } from '../problems/problem.js';
import { documentedReadFaults, UNKNOWN_PROJECT_FAULT } from '../hss/index.js';
import { queryViolations } from '../lists/query-violations.js';
import { AlarmHintsDto } from './alarm-query.dto.js';
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

/** An alarm that a search did not find; what can be done about it depends on whether everything was looked through. */
export function alarmNotFound(
  { project, enterpriseProjectId }: Pick<Scope, 'project' | 'enterpriseProjectId'>,
  { lookedThrough, cutShort }: Pick<Found, 'lookedThrough' | 'cutShort'>,
): Problem {
  const where = `in enterprise project ${enterpriseProjectId} of project ${project}`;
  const words = cutShort
    ? `The alarm is not among the ${lookedThrough} newest ${where}: upstream has no lookup by id. Tell its occurTime, and it is found however old it is.`
    : `Upstream lists no such alarm ${where} for you, where ${lookedThrough} were looked through. Check the id, its occurTime where you told one, and the enterprise project.`;
  return new Problem(404, 'alarm_not_found', words);
}

export function ambiguousAlarm(count: number): Problem {
  const words = `Upstream lists ${count} alarms of this id. Tell occurTime and eventType of the one that is meant.`;
  return new Problem(409, 'alarm_ambiguous', words);
}

const DEMO = { project: 'demo', enterpriseProjectId: '0' };

export const FIND_ALARM_PROBLEMS: readonly Problem[] = [
  ...PATH_PROBLEMS,
  invalidRequest(queryViolations(AlarmHintsDto, { occurTime: 'yesterday', eventType: 'rootkit' })),
  alarmNotFound(DEMO, { lookedThrough: 5_000, cutShort: true }),
  alarmNotFound(DEMO, { lookedThrough: 213, cutShort: false }),
  ambiguousAlarm(2),
  ...READ_PROBLEMS,
];
