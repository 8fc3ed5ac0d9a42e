import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { OPERATION_TYPE_NAMES, type OperationType } from '../domain/operation-type.js';

@ApiSchema({ name: 'CatalogOperationType', description: 'One of the ten operation types.' })
export class CatalogOperationTypeDto {
  /** As it is written in a request. */
  @ApiProperty({ enum: OPERATION_TYPE_NAMES, example: 'isolate_and_kill' })
  name!: OperationType;
  /**
   * What it does, in a few words.
   * @example 'Kill the process and quarantine the file'
   */
  title!: string;
  /** The operation type that takes it back. */
  @ApiProperty({ enum: OPERATION_TYPE_NAMES, example: 'do_not_isolate_or_kill' })
  inverse!: OperationType;
  /** Whether it changes something on a host, not only the alarm's bookkeeping. */
  destructive!: boolean;
  /** Whether it keeps alarms to come from being seen; limits and brakes count it like what is destructive. */
  hidesAlarms!: boolean;
  /** Whether it takes something back; what does is never held by limits or brakes. */
  takesBack!: boolean;
  /** Fields that every detail of an alarm must have; where there are any, an alarm needs at least one detail. */
  @ApiProperty({ type: [String], example: ['agentId', 'fileHash', 'filePath', 'processPid'] })
  requiredDetails!: readonly string[];
}

@ApiSchema({ name: 'CatalogOperationTypes', description: 'The operation types.' })
export class CatalogOperationTypesDto {
  /** All of them. */
  items!: CatalogOperationTypeDto[];
}

@ApiSchema({ name: 'CatalogEventType', description: 'An event type that the gateway knows.' })
export class CatalogEventTypeDto {
  /**
   * Its code.
   * @example 1010
   */
  @ApiProperty({ type: 'integer' })
  code!: number;
  /**
   * What it means.
   * @example 'Rootkit'
   */
  title!: string;
}

@ApiSchema({ name: 'CatalogEventTypes', description: 'The event types that the gateway knows.' })
export class CatalogEventTypesDto {
  /** By code. Upstream may have others: they pass. */
  items!: CatalogEventTypeDto[];
}

@ApiSchema({ name: 'CatalogEventClass', description: 'An event class that the gateway knows.' })
export class CatalogEventClassDto {
  /**
   * Its id.
   * @example 'rootkit_0001'
   */
  id!: string;
  /**
   * What it means.
   * @example 'Suspicious rootkit file'
   */
  title!: string;
}

@ApiSchema({ name: 'CatalogEventClasses', description: 'The event classes that the gateway knows.' })
export class CatalogEventClassesDto {
  /** By id. Upstream may have others: they pass. */
  items!: CatalogEventClassDto[];
}
