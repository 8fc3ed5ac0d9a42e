import type { ContractOptions } from '../http/document/contract.js';
import { LivenessDto, ReadinessDto } from './health.dto.js';

export const LIVE: ContractOptions = {
  id: 'isAlive',
  answers: {
    200: {
      description: 'Alive.',
      type: LivenessDto,
      examples: { alive: { summary: 'Alive', value: { status: 'alive' } } },
    },
  },
};

export const METRICS: ContractOptions = {
  id: 'readMetrics',
  answers: {
    200: {
      description: "Prometheus' text format.",
      mediaType: 'text/plain',
      example:
        '# HELP hss_gateway_audit_writable 1 when the last record could be written.\n# TYPE hss_gateway_audit_writable gauge\nhss_gateway_audit_writable 1\n',
    },
  },
};

const PARTLY: ReadinessDto = {
  status: 'ready',
  unserved: [{ project: 'staging', reason: 'refused' }],
};

export const READY: ContractOptions = {
  id: 'isReady',
  answers: {
    200: {
      description: 'Ready.',
      type: ReadinessDto,
      examples: {
        ready: { summary: 'Ready', value: { status: 'ready' } },
        partly: { summary: 'Ready, but not for every project', value: PARTLY },
      },
    },
  },
  problems: ['not_ready'],
};
