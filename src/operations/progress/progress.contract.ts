import type { ContractOptions } from '../../http/document/contract.js';
import { PATH_PROBLEMS, withoutRight } from '../../http/document/edge-problems.js';
import { EXAMPLE_OPERATION_ID } from '../../http/document/example-ids.js';
import { NO_PARAMETERS_PROBLEM } from '../../http/parameters.guard.js';
import { noSuchOperation } from '../own-operation.js';
import { neverAllowed } from '../../problems/problem.js';
import { eventsOf, eventText } from './progress.events.js';
import { notCancelled } from './progress.service.js';
import { ReceiptDto } from '../receipts/receipt.dto.js';
import { CANCELLED_EXAMPLES, PENDING_OUTCOME } from '../receipts/receipt.examples.js';

const OPERATION_ID = {
  name: 'id',
  description: 'Operation id.',
  schema: { type: 'string', format: 'uuid', example: EXAMPLE_OPERATION_ID },
} as const;

const FOLLOWED = eventsOf({ total: 250, chunks: 0, done: 0 }, PENDING_OUTCOME);

export const CANCEL: ContractOptions = {
  id: 'cancelOperation',
  parameters: [OPERATION_ID],
  answers: {
    202: {
      description: 'Written down; it stops before its next chunk.',
      type: ReceiptDto,
      examples: CANCELLED_EXAMPLES,
    },
  },
  problems: [
    ...PATH_PROBLEMS,
    NO_PARAMETERS_PROBLEM,
    withoutRight('act'),
    noSuchOperation(),
    'operation_over',
    'record_unverified',
    'not_in_background',
    notCancelled(),
  ],
};

export const FOLLOW: ContractOptions = {
  id: 'followOperation',
  parameters: [OPERATION_ID],
  headers: [
    {
      name: 'Last-Event-ID',
      required: false,
      description: 'The last event that was seen; browsers send it by themselves when they come back.',
      schema: { type: 'string', example: '2' },
    },
  ],
  answers: {
    200: {
      description: 'The events, until the operation has ended.',
      mediaType: 'text/event-stream',
      example: FOLLOWED.events.map(eventText).join(''),
    },
    204: { description: 'The end was seen: there is nothing more to come.' },
  },
  problems: [
    ...PATH_PROBLEMS,
    NO_PARAMETERS_PROBLEM,
    withoutRight('read'),
    noSuchOperation(),
    neverAllowed('You may follow no operations. Read the receipt instead.'),
    'follower_limit',
  ],
};
