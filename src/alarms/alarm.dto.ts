import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { answerClass, shownAll } from '../lists/list.dto.js';
import { ALARM_FIELDS, type Alarm } from './alarm.js';

export type ListedAlarmDto = Alarm;
export const ListedAlarmDto = answerClass(
  [
    'ListedAlarm',
    'An alarm as upstream lists it now. Upstream promises nothing but the id; what it leaves empty is absent.',
  ],
  shownAll(ALARM_FIELDS),
);

@ApiSchema({
  name: 'AlarmPage',
  description: 'One page of alarms, in the order of upstream, which documents none.',
})
export class AlarmPageDto {
  /** The alarms; fewer than asked for, or none, does not mean that there are no more. */
  @ApiProperty({ type: [ListedAlarmDto] })
  items!: readonly Alarm[];
  /**
   * Pass it as `cursor` for the next page, with all else as it was; absent at the end.
   * @example 'WyJGOUhad3A2a2V3QTYiLDUwLCIyYTcxZTFlMi02MGY0LTRkNTYtYjMxNC0yMDM4ZmRjMzlkZTYiLDEyMCwiaG9zdCIsbnVsbCwxNzg2OTEwMDAwMDAwXQ'
   */
  nextCursor?: string;
  /** Upstream's listing changed since the page before: alarms may come again, and where only its order changed, be missing. */
  windowMoved?: true;
}
