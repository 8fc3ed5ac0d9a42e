import type { ContractOptions } from '../http/document/contract.js';
import { PATH_PROBLEMS, withoutRight } from '../http/document/edge-problems.js';
import { NO_PARAMETERS_PROBLEM } from '../http/parameters.guard.js';
import { BrakeListDto, ResumedBrakeDto } from './brake.dto.js';

const BRAKE = { caller: 'chat-bot', engagedAt: '2026-08-16T09:05:22.701Z' };

export const LIST_BRAKES: ContractOptions = {
  id: 'listBrakes',
  answers: {
    200: {
      description: 'The brakes that are engaged, by caller.',
      type: BrakeListDto,
      examples: { one: { summary: 'One caller is held', value: { items: [BRAKE] } } },
    },
  },
  problems: [NO_PARAMETERS_PROBLEM, withoutRight('approve')],
};

export const RESUME_BRAKE: ContractOptions = {
  id: 'resumeBrake',
  parameters: [
    {
      name: 'caller',
      description: 'Id of the caller whose destructive operations and whitelisting wait.',
      schema: { type: 'string', example: 'chat-bot' },
    },
  ],
  answers: {
    200: {
      description: 'The brake is released.',
      type: ResumedBrakeDto,
      examples: {
        resumed: {
          summary: 'Released',
          value: { ...BRAKE, resumedAt: '2026-08-16T09:31:07.412Z', resumedBy: 'soc-portal' },
        },
      },
    },
  },
  problems: [
    ...PATH_PROBLEMS,
    NO_PARAMETERS_PROBLEM,
    withoutRight('approve'),
    'own_brake',
    'no_brake',
    'audit_unavailable',
  ],
};
