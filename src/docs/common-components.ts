import type { OpenAPIObject } from '@nestjs/swagger';

import { EXAMPLE_OPERATION_ID, EXAMPLE_REQUEST_ID } from '../http/document/example-ids.js';
import { IDEMPOTENCY_KEY } from '../http/idempotency-key.js';
import { commonResponses } from './common-parts.js';

type Components = NonNullable<OpenAPIObject['components']>;

const SECURITY_SCHEMES: NonNullable<Components['securitySchemes']> = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      "The caller's key, or a signed token (JWT) of an identity provider that the gateway trusts, as `Authorization: Bearer <key or token>`.",
  },
  apiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Api-Key',
    description: "The caller's key, in a header of its own.",
  },
  authToken: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Auth-Token',
    description:
      "The caller's key or token where clients of upstream put theirs. Only for `POST /v5/{project_id}/event/operate`.",
  },
  signature: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description:
      "An SDK's own `SDK-HMAC-SHA256` signature, made with a key pair of the gateway's (`npm run caller:signing-key`). It covers the whole request, so an SDK makes it and not this page. Only for `POST /v5/{project_id}/event/operate`.",
  },
};

const PARAMETERS: NonNullable<Components['parameters']> = {
  IdempotencyKey: { ...IDEMPOTENCY_KEY, in: 'header' },
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    description:
      'An id of your own for this request: 1 to 128 letters, digits and `_.:-`. It comes back in the answer, stands in the log and the audit trail, and travels upstream. Left out, or of another form: the gateway makes one.',
    schema: { type: 'string', pattern: '^[\\w.:-]{1,128}$', examples: [EXAMPLE_REQUEST_ID] },
  },
  DeadlineMs: {
    name: 'X-Deadline-Ms',
    in: 'header',
    description:
      'The longest this request may take, in milliseconds. Asking for more than the gateway is configured for changes nothing.',
    schema: { type: 'integer', minimum: 300, maximum: 999_999_999, examples: [5000] },
  },
  OnBehalfOf: {
    name: 'X-On-Behalf-Of',
    in: 'header',
    description:
      'The human behind the request, for callers that may name one: 1 to 128 printable ASCII characters. It is kept in the records and the receipt, and never decides what is allowed.',
    schema: {
      type: 'string',
      pattern: '^[!-~]([ -~]{0,126}[!-~])?$',
      examples: ['jane.doe@example.com'],
    },
  },
};

const HEADERS: NonNullable<Components['headers']> = {
  'X-Request-Id': {
    description: "The request's id, to quote when something is to be looked up.",
    required: true,
    schema: { type: 'string' },
    example: EXAMPLE_REQUEST_ID,
  },
  'Retry-After': {
    description: 'Seconds to wait before trying again, where known.',
    schema: { type: 'integer', minimum: 0 },
    example: 5,
  },
  Allow: {
    description: 'The methods that the path takes.',
    required: true,
    schema: { type: 'string' },
    example: 'GET, HEAD',
  },
  'X-Operation-Id': {
    description: 'The operation that was accepted; its receipt is at `GET /v1/operations/{id}`.',
    schema: { type: 'string', format: 'uuid' },
    example: EXAMPLE_OPERATION_ID,
  },
  'Idempotency-Replayed': {
    description:
      '`true`: nothing was done for this very request; it is answered with what came of an earlier one.',
    schema: { type: 'string', enum: ['true'] },
    example: 'true',
  },
  'Idempotency-Joined': {
    description:
      '`true`: nothing was done for this very request; it shares what one came to that was under way.',
    schema: { type: 'string', enum: ['true'] },
    example: 'true',
  },
  Location: {
    description: 'Where the receipt is.',
    required: true,
    schema: { type: 'string', format: 'uri-reference' },
    example: `/v1/operations/${EXAMPLE_OPERATION_ID}`,
  },
  'Preference-Applied': {
    description: 'The preference that was kept.',
    required: true,
    schema: { type: 'string', enum: ['respond-async'] },
    example: 'respond-async',
  },
  RateLimit: {
    description: 'What is left of your limits a minute, where you have any.',
    schema: { type: 'string' },
    example: '"requests";r=599;t=60',
  },
  'RateLimit-Policy': {
    description: 'Your limits a minute, where you have any.',
    schema: { type: 'string' },
    example: '"requests";q=600;w=60',
  },
  'Cache-Control': {
    description: 'Nothing that a caller is told is kept on the way.',
    schema: { type: 'string', enum: ['no-store'] },
    example: 'no-store',
  },
  'WWW-Authenticate': {
    description: 'How to prove who you are.',
    required: true,
    schema: { type: 'string' },
    example: 'Bearer',
  },
};

/** Parts of the document that its operations refer to. */
export function commonComponents(): Components {
  return {
    securitySchemes: SECURITY_SCHEMES,
    parameters: PARAMETERS,
    headers: HEADERS,
    responses: commonResponses(),
  };
}
