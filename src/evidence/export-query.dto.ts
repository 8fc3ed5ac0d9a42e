import { Moment, WholeParameter } from '../lists/filter-fields.js';
import { OneOf } from '../validation/fields.js';

export const EXPORT_FORMATS = ['ndjson', 'csv', 'ocsf'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const MAX_SEQUENCE = 999_999_999;

/** Which part of the trail to export, and how; every part narrows. As it travels: values are strings. */
export class ExportQueryDto {
  /**
   * `ndjson`: records as they are stored, with what it takes to verify them; `csv`: one line for each record; `ocsf`: events of OCSF
   * 1.6, one on each line.
   * @example 'ndjson'
   */
  @OneOf(EXPORT_FORMATS, { optional: true })
  format?: ExportFormat;

  /**
   * The first record, by its place in the trail. Left out: the first that is not in an archive.
   * @example 4001
   */
  @WholeParameter(1, MAX_SEQUENCE)
  first?: string;

  /**
   * The last record, by its place in the trail. Left out: the last that there is when the export begins.
   * @example 5000
   */
  @WholeParameter(1, MAX_SEQUENCE)
  last?: string;

  /**
   * Recorded at this time or later.
   * @example '2026-08-16T00:00:00Z'
   */
  @Moment()
  from?: string;

  /**
   * Recorded at this time or earlier.
   * @example '2026-08-16T23:59:59.999Z'
   */
  @Moment()
  to?: string;
}
