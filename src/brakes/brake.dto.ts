import { ApiProperty, ApiSchema } from '@nestjs/swagger';

@ApiSchema({
  name: 'Brake',
  description: 'A caller whose destructive operations and whitelisting wait until they are resumed.',
})
export class BrakeDto {
  /**
   * Id of the caller.
   * @example 'chat-bot'
   */
  caller!: string;
  /**
   * Since when.
   * @example '2026-08-16T09:05:22.701Z'
   */
  @ApiProperty({ format: 'date-time' })
  engagedAt!: string;
}

@ApiSchema({ name: 'BrakeList', description: 'The brakes that are engaged.' })
export class BrakeListDto {
  /** One for each caller. */
  items!: BrakeDto[];
}

@ApiSchema({ name: 'ResumedBrake', description: 'A brake that was released.' })
export class ResumedBrakeDto {
  /**
   * Id of the caller, whose destructive operations and whitelisting go on.
   * @example 'chat-bot'
   */
  caller!: string;
  /**
   * When it was engaged.
   * @example '2026-08-16T09:05:22.701Z'
   */
  @ApiProperty({ format: 'date-time' })
  engagedAt!: string;
  /**
   * When it was released.
   * @example '2026-08-16T09:31:07.412Z'
   */
  @ApiProperty({ format: 'date-time' })
  resumedAt!: string;
  /**
   * Id of the caller who released it.
   * @example 'soc-portal'
   */
  resumedBy!: string;
}
