import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiSecurity,
  type ApiBodyOptions,
} from '@nestjs/swagger';

import { ERRORS } from './upstream-problem.js';
import { EXAMPLE_REQUEST_ID } from '../http/document/example-ids.js';
import { headersOfUpstream, OF_OPERATIONS } from '../http/document/response-headers.js';
import { IDEMPOTENCY_KEY } from '../http/idempotency-key.js';
import { OPERATION_TYPE_NAMES } from '../domain/operation-type.js';

type Schema = Extract<ApiBodyOptions, { schema: object }>['schema'];

const TEXT = { type: 'string' } as const;
const LIST = { type: 'array', items: { type: 'object' } } as const;

const ERROR: Schema = {
  type: 'object',
  required: ['error_code', 'error_msg', 'request_id'],
  properties: {
    error_code: { ...TEXT, description: "Upstream's code." },
    error_msg: { ...TEXT, description: 'What is wrong, all of it.' },
    request_id: { ...TEXT, description: "The request's id." },
  },
};

const BODY: Schema = {
  type: 'object',
  required: ['operate_type', 'operate_event_list'],
  properties: {
    operate_type: { ...TEXT, enum: [...OPERATION_TYPE_NAMES], description: 'What to do.' },
    handler: { ...TEXT, minLength: 1, maxLength: 256, description: 'Why.' },
    operate_event_list: { ...LIST, minItems: 1, maxItems: 100, description: 'The alarms.' },
    event_white_rule_list: {
      ...LIST,
      maxItems: 100,
      description: 'Whitelist rules; only with add_to_alarm_whitelist.',
    },
  },
};

const EXAMPLE = {
  operate_type: 'mark_as_handled',
  handler: 'test',
  operate_event_list: [
    {
      event_class_id: 'rootkit_0001',
      event_id: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
      event_type: 1010,
      occur_time: 1672046760353,
      operate_detail_list: [],
    },
  ],
};

const QUERY: readonly (readonly [name: string, description: string, example: string])[] = [
  ['enterprise_project_id', 'Enterprise project.', '0'],
  ['container_id', 'Container id, for container alarms.', '652c3ab8cd533edaf50c5cf58e292d5d'],
  ['container_name', 'Container instance name, for container alarms.', 'k8s_redis_redis-6c9f_prod_0'],
];

/** Where clients of upstream prove who they are, besides the ways that every route takes. */
export const DROP_IN_SCHEMES = ['authToken', 'signature'] as const;

const AS_UPSTREAM_SAID = {
  status: 'default',
  description: 'Any other status that upstream refused with.',
  code: 'HSS.1007',
  message: 'The HSS agent on the host is offline: bring it online and try again. (upstream: HSS.1007)',
} as const;

/** Statuses that nothing was accepted under. */
const NEVER_ACCEPTED: ReadonlySet<number | 'default'> = new Set([401, 408, 413, 414]);

/** Describes the drop-in in the document: upstream's contract in few words, its own documents tell the rest. */
export function DropInContract(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'changeEvent' }),
    ...DROP_IN_SCHEMES.map((scheme) => ApiSecurity(scheme)),
    ApiHeader(IDEMPOTENCY_KEY),
    ApiParam({
      name: 'project_id',
      description: "IAM project id of one of the gateway's projects.",
      schema: { ...TEXT, example: '0a1b2c3d4e5f60718293a4b5c6d7e8f9' },
    }),
    ...QUERY.map(([name, description, example]) =>
      ApiQuery({ name, description, required: false, schema: { ...TEXT, example } }),
    ),
    ApiBody({
      description: "Upstream's body, in its spelling; numbers keep all their digits.",
      required: true,
      schema: BODY,
      examples: { mark_as_handled: { summary: "Upstream's own example", value: EXAMPLE } },
    }),
    ApiResponse({
      status: 200,
      description: 'Done. What upstream answered; an empty object where that was nothing.',
      headers: OF_OPERATIONS,
      content: { 'application/json': { schema: { type: 'object' }, example: {} } },
    }),
    ...[...ERRORS, AS_UPSTREAM_SAID].map(({ status, description, code, message }) =>
      ApiResponse({
        status,
        description,
        headers: {
          ...(!NEVER_ACCEPTED.has(status) && OF_OPERATIONS),
          ...headersOfUpstream(status),
        },
        content: {
          'application/json': {
            schema: ERROR,
            example: { error_code: code, error_msg: message, request_id: EXAMPLE_REQUEST_ID },
          },
        },
      }),
    ),
  );
}
