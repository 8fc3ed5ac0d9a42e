import { ApiProperty, ApiSchema, OmitType } from '@nestjs/swagger';

import { OutcomeCountsDto, ReceiptAlarmDto, ReceiptDto, ReceiptItemDto } from './receipt.dto.js';

@ApiSchema({
  name: 'ReceiptSummary',
  description: 'A receipt without its alarms, items and exchanges: how many came to which outcome.',
})
export class ReceiptSummaryDto extends OmitType(ReceiptDto, [
  'alarms',
  'items',
  'total',
  'outcomes',
  'nextCursor',
  'recorded',
  'upstream',
] as const) {
  /**
   * How many alarms, or items, it is about.
   * @example 10000
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  total!: number;
  /** How many of them came to which outcome. */
  @ApiProperty()
  outcomes!: OutcomeCountsDto;
}

@ApiSchema({ name: 'ReceiptPage', description: 'One page of receipts, newest first.' })
export class ReceiptPageDto {
  /** The receipts: summaries, or with `view=full` as they are found alone. */
  items!: (ReceiptSummaryDto | ReceiptDto)[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'AZjF8nwlfUGMO15venub-A'
   */
  nextCursor?: string;
}

@ApiSchema({ name: 'ReceiptAlarmPage', description: 'Alarms of one receipt, in the order of the request.' })
export class ReceiptAlarmPageDto {
  /** The alarms. */
  items!: ReceiptAlarmDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'MTAwMA'
   */
  nextCursor?: string;
}

@ApiSchema({ name: 'ReceiptItemPage', description: 'Items of one receipt, in the order of the request.' })
export class ReceiptItemPageDto {
  /** The items. */
  items!: ReceiptItemDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'MTAwMA'
   */
  nextCursor?: string;
}
