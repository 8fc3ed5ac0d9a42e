import { ApiProperty, ApiSchema } from '@nestjs/swagger';

@ApiSchema({ name: 'Violation', description: 'One thing wrong with a request.' })
export class ViolationDto {
  /**
   * Where: a JSON Pointer into the body. A missing field's pointer names the field; an empty one is the body itself.
   * @example '/alarms/0/occurTime'
   */
  pointer?: string;
  /**
   * Where: the name of the query parameter, when it was not the body.
   * @example 'limit'
   */
  parameter?: string;
  /**
   * Name of the rule that is not kept; stable.
   * @example 'required_for'
   */
  rule!: string;
  /**
   * What is wrong, in words.
   * @example 'keyword is required for add_to_alarm_whitelist'
   */
  message!: string;
  /** What is allowed instead: in words, or every allowed value. */
  @ApiProperty({
    oneOf: [
      { type: 'string' },
      { type: 'array', items: { oneOf: [{ type: 'string' }, { type: 'boolean' }] } },
    ],
    example: '1 to 64 characters',
  })
  allowed?: string | readonly (string | boolean)[];
}

@ApiSchema({ name: 'UpstreamWords', description: 'What upstream said about the request, where it spoke.' })
export class UpstreamWordsDto {
  /**
   * Upstream's own error code.
   * @example 'HSS.1007'
   */
  code?: string;
  /**
   * Upstream's request id, to quote to its support.
   * @example '2f3ad0c8f1c04b6e9d8f0a1b2c3d4e5f'
   */
  upstreamRequestId?: string;
  /**
   * What it said to people, in its language: one line, cut at 256 characters, with what looks like a secret masked.
   * @example 'agent offline'
   */
  message?: string;
}

@ApiSchema({
  name: 'Problem',
  description: 'Any answer that is not a success (RFC 9457). Decide by `code`; show `detail` to a person.',
})
export class ProblemDto {
  /** A URN made of the code. */
  @ApiProperty({ format: 'uri', example: 'urn:hss-gateway:problem:agent_offline' })
  type!: string;
  /** The HTTP status in words. */
  @ApiProperty({ example: 'Conflict' })
  title!: string;
  /** The HTTP status. */
  @ApiProperty({ type: 'integer', minimum: 400, maximum: 599, example: 409 })
  status!: number;
  /** What happened, for a machine: stable, snake case. */
  @ApiProperty({ pattern: '^[a-z][a-z0-9_]*$', example: 'agent_offline' })
  code!: string;
  /** What happened and what to do, for a person. */
  @ApiProperty({
    example: 'The HSS agent on the host is offline: bring it online and try again. (upstream: HSS.1007)',
  })
  detail!: string;
  /** The request's id, as in the `X-Request-Id` header and in the gateway's log. */
  @ApiProperty({ example: '0198c5f2-7c1e-7b3a-9f4e-1a2b3c4d5e6f' })
  requestId!: string;
  /** Whether the same request, sent again, can help and can do no harm. */
  @ApiProperty()
  retryable!: boolean;
  /** Seconds to wait before trying again, always with 429 and 503; the `Retry-After` header says the same. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 5 })
  retryAfter?: number;
  /** Everything that is wrong with the request, up to 200 things. */
  violations?: ViolationDto[];
  /** Present when an operation was accepted: its receipt is found under this id. */
  @ApiProperty({ format: 'uuid', example: '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d' })
  operationId?: string;
  /** Status of that operation: `rejected` and `not_attempted` mean that nothing was done, `unknown` that it may have been. */
  @ApiProperty({ enum: ['rejected', 'not_attempted', 'unknown'], example: 'rejected' })
  outcome?: string;
  /** Present with an operation: whether any byte of it may have reached upstream. */
  @ApiProperty({ example: false })
  bytesSent?: boolean;
  /**
   * `false`: the audit trail could not take the outcome: until it can, the receipt shows it as `pending`, and as `unknown` where the
   * gateway stopped before that.
   */
  @ApiProperty({ example: false })
  recorded?: boolean;
  /** What upstream said, where it spoke. */
  upstream?: UpstreamWordsDto;
}
