import type { ContractOptions } from '../http/document/contract.js';
import { MeDto } from './me.dto.js';

const example: MeDto = {
  caller: 'soc-portal',
  credential: { kind: 'key', id: 'Xk3nP9qL', expiresAt: '2027-07-01T00:00:00.000Z' },
  mayActOnBehalf: false,
  grants: [
    {
      rights: ['read', 'act'],
      operations: ['mark_as_handled', 'unhandle', 'ignore', 'do_not_ignore'],
      projects: ['demo'],
      enterpriseProjects: ['0'],
    },
  ],
  denials: [],
  keys: [
    { id: 'Xk3nP9qL', expiresAt: '2027-07-01T00:00:00.000Z', lastUsedAt: '2026-08-16T09:05:22.701Z' },
    { id: 'b7TzRq2M', expiresAt: '2026-10-01T00:00:00.000Z' },
  ],
};

export const ME: ContractOptions = {
  id: 'tellWhoIAm',
  answers: {
    200: {
      description: 'Who you are, and what you may do.',
      type: MeDto,
      examples: { by_key: { summary: 'Recognised by a key', value: example } },
    },
  },
};
