import { Formed, Text } from '../http/validation/fields.js';
import { ENTERPRISE_PROJECT } from '../domain/scope.js';
import { Limit } from './filter-fields.js';

/** Where to read. As it travels in a query string: every value is a string. */
export class ScopeQueryDto {
  /**
   * Project name as the gateway is configured. May be left out where you are granted only one.
   * @example 'demo'
   */
  @Text(1, 64, { optional: true })
  project?: string;

  /**
   * Enterprise project: `0` is the default one; `all_granted_eps`, every one, takes a grant of its own. Left out: the
   * project's configured one.
   * @example '0'
   */
  @Formed(ENTERPRISE_PROJECT, '0, a UUID, or all_granted_eps', { optional: true })
  enterpriseProjectId?: string;
}

/** Where to read, and how much at once. */
export class ListQueryDto extends ScopeQueryDto {
  /**
   * How many to list at most.
   * @example 20
   */
  @Limit()
  limit?: string;

  /** `nextCursor` of the page before, with all else as it was. */
  @Text(1, 1024, {
    optional: true,
    schema: { example: 'WyJTSEExIiwiaG9zdCIsNTAsMTIwLCIyYTcxZTFlMiJd' },
  })
  cursor?: string;
}
