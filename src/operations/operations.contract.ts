import type { ApiHeaderOptions } from '@nestjs/swagger';

import type { ContractOptions } from '../http/document/contract.js';
import { EXAMPLE_OPERATION_ID } from '../http/document/example-ids.js';
import { OF_ACCEPTED } from '../http/document/response-headers.js';
import { IDEMPOTENCY_KEY } from '../http/idempotency-key.js';
import type { ApiQueryOptions } from '@nestjs/swagger';

import { DryRunDto } from './dry-run/dry-run.dto.js';
import { DRY_RUN_EXAMPLES } from './dry-run/dry-run.examples.js';
import { DRY_RUN } from './dry-run/dry-run.pipe.js';
import {
  FATES_PROBLEMS,
  FIND_PROBLEMS,
  HANDLE_PROBLEMS,
  LIST_PROBLEMS,
  UNDO_PROBLEMS,
} from './operation-problems.js';
import { REQUEST_EXAMPLES } from './prepare/operation-request.examples.js';
import { OPERATION_REQUESTS } from './prepare/operation-request.types.js';
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
  problems: UNDO_PROBLEMS,
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
  problems: FIND_PROBLEMS,
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
  problems: LIST_PROBLEMS,
};
