import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { TROUBLES, type Trouble } from '../upstream/index.js';

@ApiSchema({ name: 'Liveness', description: 'The process answers.' })
export class LivenessDto {
  /**
   * Always `alive`.
   * @example 'alive'
   */
  status!: string;
}

@ApiSchema({ name: 'UnservedProject', description: 'A project that is not served at the moment.' })
export class UnservedProjectDto {
  /**
   * Its name.
   * @example 'staging'
   */
  project!: string;
  /**
   * `refused`: its credentials are refused. `unusable`: those that it is given cannot be used. `project_unknown`: IAM does not say
   * which project is meant. `throttled`, `unavailable`: it passes by itself.
   */
  @ApiProperty({ enum: TROUBLES, example: 'refused' })
  reason!: Trouble;
}

@ApiSchema({ name: 'Readiness', description: 'The gateway takes requests.' })
export class ReadinessDto {
  /**
   * Always `ready`; otherwise a problem says what is missing.
   * @example 'ready'
   */
  status!: string;
  /** Projects that are not served at the moment while others are; absent where all are. */
  @ApiProperty({ type: [UnservedProjectDto] })
  unserved?: readonly UnservedProjectDto[];
}
