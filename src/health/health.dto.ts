import { ApiSchema } from '@nestjs/swagger';

@ApiSchema({ name: 'Liveness', description: 'The process answers.' })
export class LivenessDto {
  /**
   * Always `alive`.
   * @example 'alive'
   */
  status!: string;
}

@ApiSchema({ name: 'Readiness', description: 'The gateway takes requests.' })
export class ReadinessDto {
  /**
   * Always `ready`; otherwise a problem says what is missing.
   * @example 'ready'
   */
  status!: string;
}
