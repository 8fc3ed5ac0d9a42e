import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { OPERATION_TYPE_NAMES, type OperationType } from '../../domain/operation-type.js';
import { Checked } from '../../validation/fields.js';
import { ReceiptScopeDto } from '../receipts/receipt.dto.js';

export const VERDICTS = ['applied', 'already', 'rejected', 'not_attempted', 'unknown'] as const;

/** As it travels: values are strings. What is neither is refused, because it must not lead to an act. */
export class DryRunQueryDto {
  /** `true`: only say what would come of it. */
  @Checked(
    'boolean',
    isBooleanText,
    'must be true or false, once',
    { type: 'boolean' },
    {
      optional: true,
      allowed: [true, false],
    },
  )
  dryRun?: 'true' | 'false';
}

function isBooleanText(value: unknown): boolean {
  return value === 'true' || value === 'false';
}

@ApiSchema({ name: 'DryRunAlarm', description: 'What would become of one alarm.' })
export class DryRunAlarmDto {
  /**
   * Event id.
   * @example '2a71e1e2-60f4-4d56-b314-2038fdc39de6'
   */
  @ApiProperty()
  eventId!: string;
  /**
   * `applied`: upstream would take it; `already`: it is so, and would be left alone; `rejected`: upstream would say no;
   * `not_attempted`: it would not be sent; `unknown`: upstream's state does not say.
   */
  @ApiProperty({ enum: VERDICTS, example: 'applied' })
  verdict!: (typeof VERDICTS)[number];
  /**
   * Why, as a code.
   * @example 'agent_offline'
   */
  reason?: string;
  /**
   * Why, in words.
   * @example 'The agent on its host is offline.'
   */
  detail?: string;
}

@ApiSchema({ name: 'DryRunRequest', description: 'A request as it would be sent upstream.' })
export class DryRunRequestDto {
  /**
   * HTTP method.
   * @example 'POST'
   */
  method!: string;
  /**
   * Address.
   * @example 'https://hss.cn-north-4.myhuaweicloud.com/v5/0a1b2c3d4e5f60718293a4b5c6d7e8f9/event/operate?enterprise_project_id=0'
   */
  url!: string;
  /** Headers; what proves the gateway's identity is masked. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { region: 'cn-north-4', 'Content-Type': 'application/json', 'X-Auth-Token': '***' },
  })
  headers!: Readonly<Record<string, string>>;
  /**
   * The body, as text: to the byte, with every number exact.
   * @example '{"operate_type":"mark_as_handled","operate_event_list":[]}'
   */
  body!: string;
}

@ApiSchema({
  name: 'DryRun',
  description: 'What would come of a request. Nothing was done and nothing was recorded.',
})
export class DryRunDto {
  /** Always `true`: a receipt has no such field. */
  @ApiProperty({ type: 'boolean', enum: [true], example: true })
  dryRun!: true;
  /** What would be done. */
  @ApiProperty({ enum: OPERATION_TYPE_NAMES, example: 'mark_as_handled' })
  operation!: OperationType;
  /** Where. */
  @ApiProperty()
  scope!: ReceiptScopeDto;
  /** Each alarm, in the order of the request. */
  @ApiProperty()
  alarms!: DryRunAlarmDto[];
  /** The requests that would be sent, in order. */
  @ApiProperty()
  requests!: DryRunRequestDto[];
}
