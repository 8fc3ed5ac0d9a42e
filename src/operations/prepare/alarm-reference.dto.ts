import { parseOccurTime } from '../../domain/occur-time.js';
import { RequestSchema, Checked, Text } from '../../http/validation/fields.js';

@RequestSchema('AlarmReference', 'An alarm by its id, with the time that makes it quick to find.')
export class AlarmReferenceDto {
  /**
   * Event id; not always a UUID.
   * @example '2a71e1e2-60f4-4d56-b314-2038fdc39de6'
   */
  @Text(1, 64)
  eventId!: string;

  /**
   * Time of occurrence, exact, as in an alarm that is named in full. With it the alarm is found however old it is.
   * @example 1672046760353
   */
  @Checked(
    'occur_time',
    (value) => parseOccurTime(value) !== undefined,
    'must be epoch milliseconds from 0 to 9223372036854775807, as a whole number or its digits in a string, or an RFC 3339 time with at most milliseconds',
    {
      oneOf: [
        { type: 'integer', format: 'int64', minimum: 0 },
        { type: 'string', pattern: '^\\d{1,19}$' },
        { type: 'string', format: 'date-time' },
      ],
    },
    { optional: true },
  )
  occurTime?: number | bigint | string;
}
