import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { Limit, PageCursor } from '../lists/filter-fields.js';
import { readPlace } from '../operations/receipts/receipt-page.js';
import { Formed } from '../validation/fields.js';

const HASH = { pattern: '^[A-Za-z0-9+/]{43}=$' } as const;
const HASHES = { type: 'array', items: { type: 'string', ...HASH } } as const;
const EXAMPLE_HASH = 'MpPmCo8NzY6VOmmteGQVKF08GuYGI2rYLkaplef6GPk=';
const PUBLIC_KEY = 'hss-gateway-5c1f0a9e+f38e7411+AZ3cLuo9aL9gFqpeVirGa+9vKteirgWaVZD++eK9dJfJ';
const SIZE_FORM = /^(?:0|[1-9]\d{0,14})$/;
const NUMBER_OF_RECORDS = 'how many records a checkpoint covers, a whole number';

/** Which part of a proof. As it travels: values are strings. */
export class ProofQueryDto {
  /**
   * `nextCursor` of the part before.
   * @example 'MTI'
   */
  @PageCursor((value) => readPlace(value) !== undefined)
  cursor?: string;
}

/** Which checkpoints to list. As it travels: values are strings. */
export class CheckpointQueryDto {
  /**
   * How many to list at most.
   * @example 20
   */
  @Limit()
  limit?: string;

  /**
   * `nextCursor` of the page before.
   * @example 'MTI'
   */
  @PageCursor((value) => readPlace(value) !== undefined)
  cursor?: string;
}

/** Between which checkpoints. As it travels: values are strings. */
export class ConsistencyQueryDto {
  /**
   * How many records the earlier checkpoint covers.
   * @example '9'
   */
  @Formed(SIZE_FORM, NUMBER_OF_RECORDS)
  from!: string;

  /**
   * How many records the later checkpoint covers.
   * @example '13'
   */
  @Formed(SIZE_FORM, NUMBER_OF_RECORDS)
  to!: string;
}

/** What signatures are verified with. */
class SignedTree {
  /**
   * Which tree the checkpoints are of: their first line.
   * @example 'hss-gateway-5c1f0a9e'
   */
  origin!: string;
  /** What checkpoints can be verified with, the newest first, as Go's `sumdb/note` writes such keys. Compare them with those you know. */
  @ApiProperty({ type: 'array', items: { type: 'string' }, example: [PUBLIC_KEY] })
  publicKeys!: string[];
}

@ApiSchema({ name: 'ProvedRecord', description: 'A record, and where it is in the tree.' })
export class ProvedRecordDto {
  /**
   * Its place in the trail, from 1: it is leaf `sequence - 1` of the tree.
   * @example 13
   */
  @ApiProperty({ type: 'integer', format: 'int64' })
  sequence!: number;
  /**
   * The record as it is stored, as a text: the bytes of its UTF-8 are those that are hashed.
   * @example '{"kind":"brake","at":"2026-08-16T09:05:22.734Z","caller":"chat-bot","engaged":true}'
   */
  record!: string;
  /**
   * SHA-256 over a zero byte and the record, in base64.
   * @example 'MpPmCo8NzY6VOmmteGQVKF08GuYGI2rYLkaplef6GPk='
   */
  @ApiProperty(HASH)
  leafHash!: string;
  /** The inclusion path to the checkpoint's root, from the leaf upwards (RFC 6962, section 2.1.1). */
  @ApiProperty({ ...HASHES, example: [EXAMPLE_HASH] })
  path!: string[];
}

@ApiSchema({
  name: 'Proof',
  description: 'Records of an operation, and that a signed checkpoint covers them.',
})
export class ProofDto extends SignedTree {
  /**
   * The operation.
   * @example '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'
   */
  @ApiProperty({ format: 'uuid' })
  operationId!: string;
  /** The checkpoint: a signed note of C2SP, with the cosignatures of witnesses where there are any. */
  checkpoint!: string;
  /** The records, in order. */
  records!: ProvedRecordDto[];
  /**
   * The operation has later records that no checkpoint covers, and none will until an operator has acknowledged what is wrong with the
   * trail; absent: all are covered.
   */
  @ApiProperty({ type: 'boolean', enum: [true] })
  uncovered?: true;
  /**
   * Pass it as `cursor` for the records that follow; absent at the end.
   * @example 'MTI'
   */
  nextCursor?: string;
}

@ApiSchema({ name: 'Checkpoint', description: 'What was signed of the trail.' })
export class CheckpointDto {
  /**
   * How many records it covers: those of sequence 1 up to this.
   * @example 13
   */
  @ApiProperty({ type: 'integer', format: 'int64' })
  size!: number;
  /**
   * When it was made.
   * @example '2026-08-16T09:06:00.012Z'
   */
  @ApiProperty({ format: 'date-time' })
  at!: string;
  /** The signed note of C2SP, with the cosignatures of witnesses where there are any. */
  note!: string;
}

@ApiSchema({ name: 'CheckpointPage', description: 'One page of checkpoints, newest first.' })
export class CheckpointPageDto extends SignedTree {
  /** The checkpoints. */
  items!: CheckpointDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'MTI'
   */
  nextCursor?: string;
}

@ApiSchema({
  name: 'Consistency',
  description: 'That one checkpoint covers all that another one does, unchanged.',
})
export class ConsistencyDto {
  /** The earlier checkpoint. */
  from!: CheckpointDto;
  /** The later one. */
  to!: CheckpointDto;
  /** The consistency path (RFC 6962, section 2.1.2), in base64; empty where one of them covers nothing, or both are the same. */
  @ApiProperty({ ...HASHES, example: [EXAMPLE_HASH] })
  path!: string[];
}
