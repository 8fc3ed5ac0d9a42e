import type { ContractOptions } from '../../http/document/contract.js';
import { withoutRight } from '../../http/document/edge-problems.js';
import { EXAMPLE_OPERATION_ID } from '../../http/document/example-ids.js';
import { invalidRequest } from '../../problems/problem.js';
import { ExpirationPageDto, type ExpirationDto } from './expiration.dto.js';
import { expirationQueryViolations } from './expirations.service.js';

const EXPIRATION: ExpirationDto = {
  operationId: EXAMPLE_OPERATION_ID,
  operation: 'ignore',
  alarmCount: 3,
  expiresAt: '2027-01-31T00:00:00.000Z',
  status: 'scheduled',
};

export const LIST_EXPIRATIONS: ContractOptions = {
  id: 'listExpirations',
  answers: {
    200: {
      description: 'A page of expirations, the next to come first.',
      type: ExpirationPageDto,
      examples: {
        scheduled: { summary: 'One is still to come', value: { items: [EXPIRATION] } },
        none: { summary: 'Nothing was done for a time', value: { items: [] } },
      },
    },
  },
  problems: [withoutRight('read'), invalidRequest(expirationQueryViolations({ status: 'over', limit: '0' }))],
};
