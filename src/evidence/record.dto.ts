import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { RECORD_KINDS } from '../audit/index.js';

const EXAMPLE = {
  kind: 'brake',
  at: '2026-08-16T09:05:22.734Z',
  requestId: '0198c5f2-7c1e-7b3a-9f4e-1a2b3c4d5e6f',
  caller: 'chat-bot',
  engaged: true,
};

@ApiSchema({ name: 'Record', description: 'One record of the audit trail.' })
export class RecordDto {
  /**
   * Its place in the trail, from 1.
   * @example 4813
   */
  @ApiProperty({ type: 'integer', format: 'int64' })
  sequence!: number;
  /**
   * When it was made.
   * @example '2026-08-16T09:05:22.734Z'
   */
  @ApiProperty({ format: 'date-time' })
  at!: string;
  /**
   * What it records.
   * @example 'brake'
   */
  @ApiProperty({ enum: RECORD_KINDS })
  kind!: string;
  /**
   * SHA-256 of the hash before and the record as it is stored, in hexadecimal digits; the first follows 32 zero bytes.
   * @example '5f1c0cf7a9c2f8b1f0f6f6d9c8a54d6c2b1f2b5f1a1f3c4d5e6f708192a3b4c5'
   */
  @ApiProperty({ pattern: '^[0-9a-f]{64}$' })
  hash!: string;
  /**
   * The operation that it belongs to; absent: none.
   * @example '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'
   */
  @ApiProperty({ format: 'uuid' })
  operationId?: string;
  /**
   * The record, as it is stored to the byte; `openapi/audit-records.schema.json` describes it. Where somebody changed what is stored, so that
   * it is no JSON any more, its text is the member `unreadable`.
   */
  @ApiProperty({ type: 'object', additionalProperties: true, example: EXAMPLE })
  record!: Record<string, unknown>;
}

@ApiSchema({ name: 'RecordPage', description: 'One page of records, newest first.' })
export class RecordPageDto {
  /** The records. */
  items!: RecordDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'NDgxMg'
   */
  nextCursor?: string;
}
