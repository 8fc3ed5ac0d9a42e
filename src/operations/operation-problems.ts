import { alarmChanged } from './execution/staleness.js';
import { targetBusy } from './admission/turns/target-busy.js';
import { stateUnread } from './execution/state-before.js';
import { alarmMismatch } from './execution/mismatch.js';
import { INTERRUPTED } from '../audit/recovery.js';
import { BODY_PROBLEMS, PATH_PROBLEMS, withoutRight } from '../http/document/edge-problems.js';
import { EXAMPLE_OPERATION_ID, EXAMPLE_UPSTREAM_REQUEST_ID } from '../http/document/example-ids.js';
import { NO_PARAMETERS_PROBLEM } from '../http/parameters.guard.js';
import { invalidRequest, Problem, problemOfFault } from '../problems/problem.js';
import { documentedFaults, UNKNOWN_PROJECT_FAULT } from '../upstream/index.js';
import { report } from '../http/validation/report.js';
import {
  notUndoable,
  nothingToUndo,
  projectChanged,
  RECORD_UNVERIFIED,
  UNDONE_TOO_SOON,
} from './undo/undo-problems.js';
import { exampleOf } from '../problems/catalogue.js';
import { UNDO_RUNNING } from './admission/idempotency.service.js';
import { UndoRequestDto } from './undo/undo-request.dto.js';
import { operationProblem } from './receipts/answer.js';
import { ACT_PROBLEMS } from './act-problems.js';
import { SHUTTING_DOWN } from './execution/running-operations.js';
import { BY_ID_PROBLEMS } from './prepare/by-id-problems.js';
import { queryViolations } from '../lists/query-violations.js';
import { operationQueryViolations } from './receipts/receipt-query.js';
import { FatesQueryDto } from './receipts/receipt-query.dto.js';
import { violationsOf } from './prepare/operation-rules.js';

/** What the routes of operations can end in, for the document; what is wrong with the bad requests is told by the checks. */

const ALARM = {
  eventId: '1a9df0c4-2c1e-4a4d-8f52-d9a3b8e4c702',
  eventClassId: 'malware_1001',
  eventType: 1001,
};

const BAD_REQUESTS: readonly object[] = [
  { operation: 'add_to_alarm_whitelist', alarms: [{ ...ALARM, occurTime: 1786880450009, details: [{}] }] },
  { operation: 'mark_as_unhandled', alarms: [{ ...ALARM, occurTime: 'yesterday' }], reason: 'SEC-1234' },
];

/** Of whatever changes alarms or lists. */
export const OPERATION_PROBLEMS: readonly Problem[] = [
  ...BODY_PROBLEMS,
  new Problem(
    403,
    'not_granted',
    'Caller soc-portal is not granted operation isolate_and_kill in project demo. Nothing was done.',
  ),
  ...ACT_PROBLEMS,
  ...BY_ID_PROBLEMS,
  operationProblem(
    { id: EXAMPLE_OPERATION_ID, status: 'not_attempted', exchanges: [{ alarmCount: 1 }] },
    alarmChanged(['2a71e1e2-60f4-4d56-b314-2038fdc39de6']),
  ),
  operationProblem(
    { id: EXAMPLE_OPERATION_ID, status: 'not_attempted', exchanges: [{ alarmCount: 1 }] },
    alarmMismatch([
      { eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6', mismatch: ['event_type', 'agent_id'] },
    ]),
  ),
  operationProblem(
    { id: EXAMPLE_OPERATION_ID, status: 'not_attempted', exchanges: [{ alarmCount: 1 }] },
    targetBusy({
      target: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
      why: 'under_way',
      operationId: EXAMPLE_OPERATION_ID,
    }),
  ),
  operationProblem(
    { id: EXAMPLE_OPERATION_ID, status: 'not_attempted', exchanges: [{ alarmCount: 1 }] },
    stateUnread(['2a71e1e2-60f4-4d56-b314-2038fdc39de6']),
  ),
  new Problem(
    403,
    'denied',
    'Caller soc-portal is denied operation isolate_and_kill in enterprise project 0 of project demo. Nothing was done.',
  ),
  new Problem(
    503,
    'audit_unavailable',
    'The audit trail cannot be written, so nothing was sent. Nothing was done; try again later.',
    { retryable: true, retryAfter: 5 },
  ),
  SHUTTING_DOWN,
  operationProblem(
    { id: EXAMPLE_OPERATION_ID, status: 'unknown', exchanges: [{ alarmCount: 1 }] },
    INTERRUPTED,
  ),
  problemOfFault(UNKNOWN_PROJECT_FAULT),
  ...documentedFaults(EXAMPLE_UPSTREAM_REQUEST_ID).map(({ fault, outcome }) => {
    const exchanges = [{ alarmCount: 1, bytesSent: outcome !== 'not_attempted' }];
    return operationProblem({ id: EXAMPLE_OPERATION_ID, status: outcome, exchanges }, fault);
  }),
];

export const HANDLE_PROBLEMS: readonly Problem[] = [
  exampleOf('expiration_limit'),
  ...BAD_REQUESTS.map((body) => invalidRequest(violationsOf(body, 1_000))),
  ...OPERATION_PROBLEMS,
];

export const UNDO_PROBLEMS: readonly Problem[] = [
  ...PATH_PROBLEMS,
  invalidRequest(report(UndoRequestDto, { remark: '', reason: 'SEC-1234' })),
  new Problem(404, 'operation_not_found', 'You have no operation of this id.'),
  UNDONE_TOO_SOON(),
  UNDO_RUNNING(),
  RECORD_UNVERIFIED(),
  nothingToUndo({ undoneBy: [EXAMPLE_OPERATION_ID] }, 0),
  projectChanged('demo'),
  notUndoable('delete_isolated_files'),
  ...OPERATION_PROBLEMS,
];

const FOUND_BY_ID: readonly Problem[] = [
  ...PATH_PROBLEMS,
  withoutRight('read'),
  new Problem(404, 'operation_not_found', 'You have no operation of this id.'),
];

export const FIND_PROBLEMS: readonly Problem[] = [...FOUND_BY_ID, NO_PARAMETERS_PROBLEM];

export const LIST_PROBLEMS: readonly Problem[] = [
  withoutRight('read'),
  invalidRequest(operationQueryViolations({ limit: '0', from: 'yesterday', user: 'me' })),
];

export const FATES_PROBLEMS: readonly Problem[] = [
  ...FOUND_BY_ID,
  invalidRequest(queryViolations(FatesQueryDto, { outcome: 'Applied', limit: '0' })),
];
