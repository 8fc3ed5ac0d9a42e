import { ENTERPRISE_PROJECT } from '../../upstream/index.js';
import { Formed, Text } from '../../http/validation/fields.js';
import { Limit, PageCursor, Words, wordOf } from '../../lists/filter-fields.js';
import { readCursor } from './expiration-cursor.js';
import { EXPIRATION_STATUSES } from './expiration.dto.js';

/** Which expirations to list; every part narrows, a list means any of its words. As it travels: values are strings. */
export class ExpirationQueryDto {
  /**
   * Only these statuses.
   * @example ['scheduled']
   */
  @Words(wordOf(EXPIRATION_STATUSES), { formerly: ['state'] })
  status?: string | string[];

  /**
   * Only this project.
   * @example 'demo'
   */
  @Text(1, 64, { optional: true })
  project?: string;

  /**
   * Only this enterprise project.
   * @example '0'
   */
  @Formed(ENTERPRISE_PROJECT, '0, a UUID, or all_granted_eps', { optional: true })
  enterpriseProjectId?: string;

  /**
   * How many to list at most.
   * @example 20
   */
  @Limit()
  limit?: string;

  /**
   * `nextCursor` of the page before.
   * @example 'WzE4MDEzNTM2MDAwMDAsIjAxOThjNWYyIl0'
   */
  @PageCursor((value) => readCursor(value) !== undefined)
  cursor?: string;
}
