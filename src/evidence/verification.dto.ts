import { ApiProperty, ApiSchema } from '@nestjs/swagger';

const STATES = ['whole', 'broken', 'verifying'] as const;
const WHATS = ['altered', 'missing', 'reordered', 'truncated', 'foreign', 'checkpoint', 'tree'] as const;

@ApiSchema({ name: 'TrailFault', description: 'What is wrong with records of the audit trail.' })
export class TrailFaultDto {
  /**
   * `altered`: a record, or what finds it, is not as it was written; `missing`: it is gone; `reordered`: it stands in the place of another
   * one; `truncated`: the end is gone; `foreign`: this gateway has not written it; `checkpoint`: what was signed does not fit; `tree`: the
   * kept tree does not fit, and can be made again.
   * @example 'altered'
   */
  @ApiProperty({ enum: WHATS })
  what!: (typeof WHATS)[number];
  /**
   * Sequence of the first record that it is about.
   * @example 4813
   */
  @ApiProperty({ type: 'integer', format: 'int64' })
  first!: number;
  /**
   * And of the last one.
   * @example 4813
   */
  @ApiProperty({ type: 'integer', format: 'int64' })
  last!: number;
  /**
   * For people.
   * @example 'it is not what the tree has'
   */
  detail!: string;
  /**
   * Of an operation that is listed, and whose records are not there.
   * @example '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'
   */
  @ApiProperty({ format: 'uuid' })
  operationId?: string;
  /** Whether an operator has acknowledged it. */
  acknowledged!: boolean;
}

@ApiSchema({
  name: 'Verification',
  description: 'Whether the audit trail is whole, as far as this process knows.',
})
export class VerificationDto {
  /**
   * `broken`: nothing is sent to the cloud; `verifying`: nothing is known to be wrong, and not everything was looked at since the start.
   * @example 'whole'
   */
  @ApiProperty({ enum: STATES })
  state!: (typeof STATES)[number];
  /**
   * The last record that the pass which is under way, or the last one, has looked at.
   * @example 4813
   */
  @ApiProperty({ type: 'integer', format: 'int64', minimum: 0 })
  verifiedThrough!: number;
  /**
   * Records that a signed checkpoint covers; those behind are chained and sealed, unless `faults` names them.
   * @example 4810
   */
  @ApiProperty({ type: 'integer', format: 'int64', minimum: 0 })
  covered!: number;
  /**
   * When everything was looked at last; absent: not since the start.
   * @example '2026-08-16T09:04:10.113Z'
   */
  @ApiProperty({ format: 'date-time' })
  lastWholeAt?: string;
  /** What was found, the first hundred; as long as a pass is under way, with what the one before has found. */
  faults!: TrailFaultDto[];
}
