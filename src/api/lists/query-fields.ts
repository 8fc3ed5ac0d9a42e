import { parseOccurTime } from '../../domain/occur-time.js';
import { Checked } from '../../http/validation/fields.js';

/** Parameters of a query string: every value is a string. */

const isWhole = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most;

/** A whole number within bounds. */
export function WholeParameter(least: number, most: number): PropertyDecorator {
  const schema = { type: 'integer', minimum: least, maximum: most } as const;
  const message = `must be a whole number from ${least} to ${most}`;
  return Checked('integer', (value) => isWhole(value, least, most), message, schema, { optional: true });
}

/** Epoch milliseconds of an RFC 3339 time; undefined for what is none. */
export function timeOf(value: unknown): number | undefined {
  return typeof value === 'string' && /[Tt]/.test(value) ? Number(parseOccurTime(value) ?? NaN) : undefined;
}

export function TimeParameter(): PropertyDecorator {
  const isTime = (value: unknown) => Number.isSafeInteger(timeOf(value));
  const schema = { type: 'string', format: 'date-time' } as const;
  return Checked('time', isTime, 'must be an RFC 3339 time', schema, { optional: true });
}
