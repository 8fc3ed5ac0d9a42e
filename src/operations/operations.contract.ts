import type { ApiHeaderOptions, ApiQueryOptions } from '@nestjs/swagger';

import { INTERRUPTED } from '../audit/recovery.js';
import type { ContractOptions } from '../http/document/contract.js';
import { BODY_PROBLEMS, PATH_PROBLEMS, withoutRight } from '../http/document/edge-problems.js';
import { EXAMPLE_OPERATION_ID, EXAMPLE_UPSTREAM_REQUEST_ID } from '../http/document/example-ids.js';
import { OF_ACCEPTED } from '../http/document/response-headers.js';
import { IDEMPOTENCY_KEY, idempotencyKeyOf } from '../http/idempotency-key.js';
import { NO_PARAMETERS_PROBLEM } from '../http/parameters.guard.js';
import { report } from '../http/validation/report.js';
import { queryViolations } from '../lists/query-violations.js';
import { OVER_LIMIT } from '../problems/admission.js';
import { exampleOf, type ProblemCode } from '../problems/catalogue.js';
import { alarmsNotFound } from '../problems/operations.js';
import { invalidRequest, neverAllowed, Problem, problemOfFault } from '../problems/problem.js';
import { documentedFaults, UNKNOWN_PROJECT_FAULT } from '../hss/index.js';
import { DryRunDto } from './dry-run/dry-run.dto.js';
import { DRY_RUN_EXAMPLES } from './dry-run/dry-run.examples.js';
import { DRY_RUN } from './dry-run/dry-run.pipe.js';
import { REQUEST_EXAMPLES } from './prepare/operation-request.examples.js';
import { violationsOf } from './prepare/operation-request.pipe.js';
import { OPERATION_REQUESTS } from './prepare/operation-request.types.js';
import { operationProblem } from './receipts/answer.js';
import { operationQueryViolations } from './receipts/receipt-query.js';
import { FatesQueryDto } from './receipts/receipt-query.dto.js';
import { ReceiptDto } from './receipts/receipt.dto.js';
import { ReceiptAlarmPageDto, ReceiptItemPageDto, ReceiptPageDto } from './receipts/receipt.dto.js';
import { UndoRequestDto } from './undo/undo-request.dto.js';
import {
  ALARM_FATES_EXAMPLES,
  FOUND_EXAMPLES,
  ITEM_FATES_EXAMPLES,
  MIXED_EXAMPLES,
  PAGE_EXAMPLES,
  PENDING_EXAMPLES,
  RECEIPT_EXAMPLES,
  UNDO_EXAMPLES,
} from './receipts/receipt.examples.js';

/** Examples of codes in the catalogue. */
const of = (...codes: readonly ProblemCode[]): Problem[] => codes.map(exampleOf);

const ALARM = {
  eventId: '1a9df0c4-2c1e-4a4d-8f52-d9a3b8e4c702',
  eventClassId: 'malware_1001',
  eventType: 1001,
};
const BAD_REQUESTS: readonly object[] = [
  { operation: 'add_to_alarm_whitelist', alarms: [{ ...ALARM, occurTime: 1786880450009, details: [{}] }] },
  { operation: 'mark_as_unhandled', alarms: [{ ...ALARM, occurTime: 'yesterday' }], reason: 'SEC-1234' },
];

/** Of every route that changes alarms or lists. */
export const OPERATION_PROBLEMS: readonly Problem[] = [
  ...BODY_PROBLEMS,
  unreadableKey(),
  new Problem(
    403,
    'not_granted',
    'Caller soc-portal is not granted operation isolate_and_kill in project demo. Nothing was done.',
  ),
  new Problem(
    403,
    'denied',
    'Caller soc-portal is denied operation isolate_and_kill in enterprise project 0 of project demo. Nothing was done.',
  ),
  ...of('guard_rail', 'brake_engaged', 'still_running', 'idempotency_key_reused', 'joined_still_running'),
  neverAllowed(OVER_LIMIT.alarms(600, 1_000)),
  ...of('alarm_limit', 'destructive_limit', 'background_limit', 'alarm_unfit'),
  ...of(
    'alarm_changed',
    'alarm_mismatch',
    'target_busy',
    'state_unread',
    'audit_unavailable',
    'shutting_down',
  ),
  alarmsNotFound(1, 2, [
    {
      pointer: '/alarmIds/1',
      rule: 'not_found',
      message:
        '1a9df0c4-2c1e-4a4d-8f52-d9a3b8e4c702 is not among the newest alarms, and upstream has no lookup by id: tell its occurTime, or name the alarm in full',
    },
  ]),
  problemOfFault(UNKNOWN_PROJECT_FAULT),
  operationProblem(
    { id: EXAMPLE_OPERATION_ID, status: 'unknown', exchanges: [{ alarmCount: 1 }] },
    INTERRUPTED,
  ),
  ...documentedFaults(EXAMPLE_UPSTREAM_REQUEST_ID).map(({ fault, outcome }) => {
    const exchanges = [{ alarmCount: 1, bytesSent: outcome !== 'not_attempted' }];
    return operationProblem({ id: EXAMPLE_OPERATION_ID, status: outcome, exchanges }, fault);
  }),
];

export const HANDLE_PROBLEMS: readonly Problem[] = [
  ...of('expiration_limit'),
  ...BAD_REQUESTS.map((body) => invalidRequest(violationsOf(body, 1_000))),
  ...OPERATION_PROBLEMS,
];

const FOUND_BY_ID: readonly Problem[] = [
  ...PATH_PROBLEMS,
  withoutRight('read'),
  ...of('operation_not_found'),
];

const FATES_PROBLEMS: readonly Problem[] = [
  ...FOUND_BY_ID,
  invalidRequest(queryViolations(FatesQueryDto, { outcome: 'Applied', limit: '0' })),
];

function unreadableKey(): Problem {
  try {
    idempotencyKeyOf({ headers: { 'idempotency-key': '' }, headersDistinct: {} });
  } catch (error) {
    if (error instanceof Problem) return error;
  }
  throw new Error('an empty key was accepted');
}

const DRY_RUN_PARAMETER: ApiQueryOptions = {
  name: DRY_RUN,
  required: false,
  description: '`true`: only say what would come of it.',
  schema: { type: 'boolean', example: true },
};

export const PREFER: ApiHeaderOptions = {
  name: 'Prefer',
  required: false,
  description:
    '`respond-async`: the answer does not wait for the outcome. It is 202 with the receipt as it stands, and its address in `Location`.',
  schema: { type: 'string', example: 'respond-async' },
};

export const HANDLE: ContractOptions = {
  id: 'handleAlarms',
  acts: true,
  headers: [IDEMPOTENCY_KEY, PREFER],
  query: [DRY_RUN_PARAMETER],
  body: {
    description:
      'What to do, with which alarms, and where. What an alarm must tell depends on the operation type.',
    field: 'operation',
    types: OPERATION_REQUESTS,
    examples: REQUEST_EXAMPLES,
  },
  answers: {
    200: {
      description: 'Every alarm is applied, or was so before; or, with `dryRun=true`, what would come of it.',
      type: [ReceiptDto, DryRunDto],
      examples: { ...RECEIPT_EXAMPLES, ...DRY_RUN_EXAMPLES },
    },
    202: {
      description:
        'Accepted, as `Prefer: respond-async` asks for: written down, and carried out in the background.',
      type: ReceiptDto,
      examples: PENDING_EXAMPLES,
      headers: OF_ACCEPTED,
    },
    207: {
      description: 'The alarms met different fates; the receipt tells each one.',
      type: ReceiptDto,
      examples: MIXED_EXAMPLES,
    },
  },
  problems: HANDLE_PROBLEMS,
};

export const UNDO: ContractOptions = {
  id: 'undoOperation',
  acts: true,
  query: [DRY_RUN_PARAMETER],
  parameters: [
    {
      name: 'id',
      description: 'Id of the operation to take back.',
      schema: { type: 'string', format: 'uuid', example: EXAMPLE_OPERATION_ID },
    },
  ],
  headers: [IDEMPOTENCY_KEY, PREFER],
  body: {
    description: 'May be left out.',
    type: UndoRequestDto,
    required: false,
    examples: { undo: { summary: 'With a reason', value: { remark: 'SEC-1234: false alarm' } } },
  },
  answers: {
    200: {
      description:
        'Every alarm is as it was before the operation; or, with `dryRun=true`, what would come of it.',
      type: [ReceiptDto, DryRunDto],
      examples: { ...UNDO_EXAMPLES, ...DRY_RUN_EXAMPLES },
    },
    202: {
      description: 'Accepted, as `Prefer: respond-async` asks for; it is taken back in the background.',
      type: ReceiptDto,
      examples: PENDING_EXAMPLES,
      headers: OF_ACCEPTED,
    },
    207: {
      description: 'The alarms met different fates; the receipt tells each one.',
      type: ReceiptDto,
      examples: MIXED_EXAMPLES,
    },
  },
  problems: [
    ...PATH_PROBLEMS,
    invalidRequest(report(UndoRequestDto, { remark: '', reason: 'SEC-1234' })),
    ...of('operation_not_found', 'operation_running', 'undo_running', 'record_unverified'),
    ...of('nothing_to_undo', 'project_changed', 'not_undoable'),
    ...OPERATION_PROBLEMS,
  ],
};

const OPERATION_ID = {
  name: 'id',
  description: 'Operation id.',
  schema: { type: 'string', format: 'uuid', example: EXAMPLE_OPERATION_ID },
} as const;

export const FIND: ContractOptions = {
  id: 'findOperation',
  parameters: [OPERATION_ID],
  answers: {
    200: { description: 'The receipt.', type: ReceiptDto, examples: FOUND_EXAMPLES },
  },
  problems: [...FOUND_BY_ID, NO_PARAMETERS_PROBLEM],
};

export const LIST_ALARM_FATES: ContractOptions = {
  id: 'listOperationAlarms',
  parameters: [OPERATION_ID],
  answers: {
    200: { description: 'A page of alarms.', type: ReceiptAlarmPageDto, examples: ALARM_FATES_EXAMPLES },
  },
  problems: FATES_PROBLEMS,
};

export const LIST_ITEM_FATES: ContractOptions = {
  id: 'listOperationItems',
  parameters: [OPERATION_ID],
  answers: {
    200: { description: 'A page of items.', type: ReceiptItemPageDto, examples: ITEM_FATES_EXAMPLES },
  },
  problems: FATES_PROBLEMS,
};

export const LIST: ContractOptions = {
  id: 'listOperations',
  answers: {
    200: { description: 'A page of receipts, newest first.', type: ReceiptPageDto, examples: PAGE_EXAMPLES },
  },
  problems: [
    withoutRight('read'),
    invalidRequest(operationQueryViolations({ limit: '0', from: 'yesterday', user: 'me' })),
  ],
};
