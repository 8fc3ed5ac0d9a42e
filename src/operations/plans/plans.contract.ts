import type { ContractOptions } from '../../http/document/contract.js';
import { BODY_PROBLEMS, PATH_PROBLEMS, withoutRight } from '../../http/document/edge-problems.js';
import { EXAMPLE_OPERATION_ID, EXAMPLE_UPSTREAM_REQUEST_ID } from '../../http/document/example-ids.js';
import { OF_ACCEPTED } from '../../http/document/response-headers.js';
import { NO_PARAMETERS_PROBLEM } from '../../http/parameters.guard.js';
import { refuse } from '../../problems/catalogue.js';
import { invalidRequest, problemOfFault } from '../../problems/problem.js';
import { report } from '../../http/validation/report.js';
import { documentedReadFaults, UNKNOWN_PROJECT_FAULT } from '../../hss/index.js';
import { HANDLE_PROBLEMS, PREFER } from '../operations.contract.js';
import { ReceiptDto } from '../receipts/receipt.dto.js';
import { MIXED_EXAMPLES, PENDING_EXAMPLES, RECEIPT_EXAMPLES } from '../receipts/receipt.examples.js';
import { PlanDto } from './plan.dto.js';
import { tooLarge } from './plan-capacity.js';
import { notKept } from './plans.service.js';
import { ApplyRequestDto, PlanRequestDto } from './plan-request.dto.js';
import { planViolations } from './plan-request.pipe.js';

const EXAMPLE_ID = '0198c5f1-9d10-7a4e-8f6b-3c4d5e6f7a8b';
const DIGEST = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

const PLAN: PlanDto = {
  id: EXAMPLE_ID,
  status: 'ready',
  digest: DIGEST,
  operation: 'ignore',
  scope: {
    project: 'demo',
    region: 'cn-north-4',
    projectId: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    enterpriseProjectId: '0',
  },
  remark: 'SEC-1234',
  accepted: 1,
  alarms: [
    {
      eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
      name: 'Rootkit',
      severity: 'High',
      verdict: 'accepted',
    },
    {
      eventId: '1a9df0c4-2c1e-4a4d-8f52-d9a3b8e4c702',
      name: 'Ransomware',
      severity: 'Critical',
      verdict: 'refused',
      reason: 'not_accepted',
      message: 'takes only do_not_ignore now, not ignore',
    },
  ],
  more: false,
  createdAt: '2026-08-16T09:05:22.701Z',
  expiresAt: '2026-08-16T09:20:22.701Z',
};

const PLAN_ID = {
  name: 'id',
  description: 'Plan id.',
  schema: { type: 'string', format: 'uuid', example: EXAMPLE_ID },
} as const;

export const MAKE_PLAN: ContractOptions = {
  id: 'makePlan',
  body: {
    description: 'What would be done, and with which alarms.',
    type: PlanRequestDto,
    required: true,
    examples: {
      unhandled: {
        summary: 'Every unhandled alarm of a host',
        value: {
          operation: 'ignore',
          selector: { status: 'unhandled', hostName: 'app-server-15' },
          limit: 500,
          remark: 'SEC-1234',
        },
      },
    },
  },
  answers: {
    201: {
      description: 'The plan, with an exact list.',
      type: PlanDto,
      examples: { ready: { summary: 'One of two alarms would be ignored', value: PLAN } },
    },
  },
  problems: [
    invalidRequest(planViolations({ operation: 'kill', selector: { severity: ['high'] }, limit: 0 }, 1_000)),
    ...BODY_PROBLEMS,
    withoutRight('act'),
    'guard_rail',
    problemOfFault(UNKNOWN_PROJECT_FAULT),
    ...documentedReadFaults(EXAMPLE_UPSTREAM_REQUEST_ID).map((fault) => problemOfFault(fault)),
    tooLarge(50_000, 60_000),
    'plan_limit',
    'plan_alarm_limit',
    notKept(),
  ],
};

export const FIND_PLAN: ContractOptions = {
  id: 'findPlan',
  parameters: [PLAN_ID],
  answers: {
    200: {
      description: 'The plan.',
      type: PlanDto,
      examples: {
        applied: {
          summary: 'It was applied',
          value: { ...PLAN, status: 'applied', operationId: EXAMPLE_OPERATION_ID },
        },
      },
    },
  },
  problems: [...PATH_PROBLEMS, NO_PARAMETERS_PROBLEM, withoutRight('act'), 'plan_not_found'],
};

export const APPLY_PLAN: ContractOptions = {
  id: 'applyPlan',
  acts: true,
  parameters: [PLAN_ID],
  headers: [PREFER],
  body: {
    description: 'Which list is meant.',
    type: ApplyRequestDto,
    required: true,
    examples: { apply: { summary: 'With the digest of the plan', value: { digest: DIGEST } } },
  },
  answers: {
    200: {
      description: 'Every alarm of the plan is applied, or was so before.',
      type: ReceiptDto,
      examples: RECEIPT_EXAMPLES,
    },
    202: {
      description: 'Accepted, as `Prefer: respond-async` asks for; it is applied in the background.',
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
    invalidRequest(report(ApplyRequestDto, { digest: 'yes' })),
    'plan_not_found',
    'digest_mismatch',
    'plan_expired',
    'nothing_to_apply',
    refuse('project_changed', 'plan'),
    'plan_running',
    ...HANDLE_PROBLEMS.filter(({ code }) => code !== 'invalid_request'),
  ],
};
