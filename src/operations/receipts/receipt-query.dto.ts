import { ENTERPRISE_PROJECT } from '../../domain/scope.js';
import { OPERATION_NAMES } from '../../domain/operation-type.js';
import { KNOWN_OUTCOMES, OPERATION_STATUSES } from '../../domain/outcome.js';
import { Formed, OneOf, Text } from '../../validation/fields.js';
import { Last, Limit, Moment, PageCursor, Words, wordOf } from '../../lists/filter-fields.js';
import { readCursor, readPlace } from './receipt-page.js';

/** `summary`: what was asked and how many alarms came to which outcome; `full`: with the alarms, as one receipt alone has them. */
export const VIEWS = ['summary', 'full'] as const;
export type View = (typeof VIEWS)[number];

/** Which receipts to list; every part narrows, a list means any of its words. As it travels: values are strings. */
export class OperationQueryDto {
  /**
   * Operations of this caller, or of every one with `*`, where you have the right to audit; your own id is always allowed. Left out:
   * of every one where you have that right, else your own.
   * @example 'chat-bot'
   */
  @Text(1, 64, { optional: true })
  caller?: string;

  /**
   * Only these operations.
   * @example ['isolate_and_kill']
   */
  @Words(wordOf(OPERATION_NAMES))
  operation?: string | string[];

  /**
   * Only these statuses.
   * @example ['unknown', 'pending']
   */
  @Words(wordOf(OPERATION_STATUSES))
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
   * Only operations on this alarm (event id), or on the item of this id.
   * @example '2a71e1e2-60f4-4d56-b314-2038fdc39de6'
   */
  @Text(1, 64, { optional: true })
  alarm?: string;

  /**
   * Requested at this time or later.
   * @example '2026-08-16T00:00:00Z'
   */
  @Moment()
  from?: string;

  /**
   * Requested at this time or earlier.
   * @example '2026-08-16T23:59:59.999Z'
   */
  @Moment()
  to?: string;

  /**
   * Requested within this long before now, instead of `from` and `to`: `30m`, `24h`, `7d`, or ISO 8601 such as `PT24H`.
   * @example '24h'
   */
  @Last()
  last?: string;

  /**
   * `summary`, also when left out: how many alarms came to which outcome; `full`: the receipts as they are found alone. A page of
   * these ends early when it grows beyond 1 MiB.
   * @example 'summary'
   */
  @OneOf(VIEWS, { optional: true })
  view?: View;

  /**
   * How many to list at most.
   * @example 20
   */
  @Limit()
  limit?: string;

  /**
   * `nextCursor` of the page before.
   * @example 'AZjF8nwlfUGMO15venub-A'
   */
  @PageCursor((value) => readCursor(value) !== undefined)
  cursor?: string;
}

/** Which alarms, or items, of one receipt to list. As it travels: values are strings. */
export class OutcomesQueryDto {
  /**
   * Only those that came to these outcomes.
   * @example ['unknown', 'rejected']
   */
  @Words(wordOf(KNOWN_OUTCOMES))
  outcome?: string | string[];

  /**
   * How many to list at most.
   * @example 100
   */
  @Limit()
  limit?: string;

  /**
   * `nextCursor` of the page before, or of the receipt.
   * @example 'MTAwMA'
   */
  @PageCursor((value) => readPlace(value) !== undefined)
  cursor?: string;
}
