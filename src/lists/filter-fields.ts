import type { ApiPropertyOptions } from '@nestjs/swagger';

import { DAY_MS, FIRST_MOMENT, LAST_MOMENT, parseDuration, parseMoment } from '../domain/times.js';
import { nearest } from '../domain/nearest.js';
import { SEVERITIES } from '../domain/upstream-words.js';
import { Checked, isText, type FieldOptions } from '../validation/fields.js';
import type { Violation } from '../problems/violation.js';

/**
 * What the filters of all lists have in common, in a query string and in a JSON body alike. A list of words stands in
 * a query string as a parameter that is repeated, or whose words have commas between them, and in a body as an array.
 */

export const DEFAULT_LIMIT = 50;
const MAX_LISTED = 500;
/** Upstream takes no longer lists of event types (contract 2.1, older pages). */
const MAX_WORDS = 500;
const MAX_DAYS = 3_650;

type Schema = Extract<ApiPropertyOptions, { type?: unknown }>['items'] & object;

/** What one word of a filter may be. */
export interface WordRule {
  /** In plain words. */
  readonly form: string;
  readonly schema: Schema;
  /** As it stands in a query string. */
  readonly isText: (text: string) => boolean;
  /** As it stands in a body; left out: a string, as in a query string. */
  readonly isValue?: (value: unknown) => boolean;
  /** All there are, where they are counted. */
  readonly words?: readonly string[];
}

/** One of a closed set. */
export function wordOf(words: readonly string[]): WordRule {
  const known: ReadonlySet<unknown> = new Set(words);
  return {
    form: `of: ${words.join(', ')}`,
    schema: { type: 'string', enum: [...words] },
    isText: (text) => known.has(text),
    words,
  };
}

export const SEVERITY = wordOf(SEVERITIES);

export const EVENT_CLASS: WordRule = {
  form: 'of words of 1 to 64 characters',
  schema: { type: 'string', minLength: 1, maxLength: 64 },
  isText: (text) => isText(text, 1, 64),
};

const isEventTypeCode = (value: unknown): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 1_000 && (value as number) <= 30_000;

export const EVENT_TYPE: WordRule = {
  form: 'of whole numbers from 1000 to 30000',
  schema: { type: 'integer', minimum: 1_000, maximum: 30_000 },
  isText: (text) => /^\d{4,5}$/.test(text) && isEventTypeCode(Number(text)),
  isValue: isEventTypeCode,
};

/** Several words of a query string, of which any may fit. */
export function Words(rule: WordRule, options: FieldOptions = {}): PropertyDecorator {
  const test = (value: unknown) => {
    const words = wordsOf(value);
    return words !== undefined && words.length <= MAX_WORDS && words.every((word) => rule.isText(word));
  };
  const message = `must be one or more ${rule.form}; repeat the parameter, or put commas between`;
  const schema = { type: 'array', items: rule.schema } as const;
  return Checked('words', test, message, schema, { ...options, optional: true, hint: hintOf(rule, wordsOf) });
}

/** Several words of a body, of which any may fit. */
export function WordList(rule: WordRule, options: FieldOptions = {}): PropertyDecorator {
  const isOne = rule.isValue ?? ((value: unknown) => typeof value === 'string' && rule.isText(value));
  const test = (value: unknown) =>
    Array.isArray(value) && value.length > 0 && value.length <= MAX_WORDS && value.every(isOne);
  const items = { type: 'array', minItems: 1, maxItems: MAX_WORDS, items: rule.schema } as const;
  const hint = hintOf(rule, (value) => (Array.isArray(value) ? value : undefined));
  return Checked('words', test, `must be a list ${rule.form}`, items, { ...options, optional: true, hint });
}

/** What the first wrong word was meant to be. */
function hintOf(
  { words = [], isText: isOne }: WordRule,
  read: (value: unknown) => readonly unknown[] | undefined,
): FieldOptions['hint'] {
  return (value) => {
    const wrong = read(value)?.find((word) => typeof word !== 'string' || !isOne(word));
    return typeof wrong === 'string' ? nearest(wrong, words) : undefined;
  };
}

/** The words of a parameter; undefined for what a query string can't hold. */
export function wordsOf(value: unknown): string[] | undefined {
  const parts: unknown[] = Array.isArray(value) ? value : [value];
  if (!parts.every((part) => typeof part === 'string')) return undefined;
  return parts.flatMap((part) => part.split(','));
}

const TIMES = `${new Date(FIRST_MOMENT).toISOString()} to ${new Date(LAST_MOMENT).toISOString()}`;

/** A moment, as a text; in a body it may be a number too. */
export function Moment({
  inBody = false,
  ...options
}: FieldOptions & { readonly inBody?: boolean } = {}): PropertyDecorator {
  const message = `must be an RFC 3339 time or epoch milliseconds, from ${TIMES}`;
  const texts = [
    { type: 'string', format: 'date-time' },
    { type: 'string', pattern: '^\\d{13}$' },
  ];
  const number = { type: 'integer', format: 'int64', minimum: FIRST_MOMENT, maximum: LAST_MOMENT };
  const schema = { oneOf: [...texts, ...(inBody ? [number] : [])] };
  const isMoment = (value: unknown) => parseMoment(value) !== undefined;
  return Checked('time', isMoment, message, schema, { ...options, optional: true });
}

/** How long before now. @param wholeDaysUpTo so many days at most, and no part of one; left out: any length up to ten years */
export function Last({
  wholeDaysUpTo,
  ...options
}: FieldOptions & { readonly wholeDaysUpTo?: number } = {}): PropertyDecorator {
  const most = wholeDaysUpTo ?? MAX_DAYS;
  const unit = wholeDaysUpTo === undefined ? 1 : DAY_MS;
  const test = (value: unknown) => {
    const length = typeof value === 'string' ? parseDuration(value) : undefined;
    return length !== undefined && length <= most * DAY_MS && length % unit === 0;
  };
  const message =
    wholeDaysUpTo === undefined
      ? `must be a duration such as 30m, 24h, 7d or PT24H, of at most ${most} days`
      : `must be a duration of whole days such as 24h, 7d or P7D, of at most ${most} days`;
  return Checked('duration', test, message, { type: 'string' }, { ...options, optional: true });
}

/** A whole number of a query string. */
export function WholeParameter(least: number, most: number, options: FieldOptions = {}): PropertyDecorator {
  const test = (value: unknown) =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most;
  const schema = { type: 'integer', minimum: least, maximum: most } as const;
  const message = `must be a whole number from ${least} to ${most}`;
  return Checked(
    'integer',
    test,
    message,
    { ...schema, ...options.schema },
    {
      ...options,
      optional: true,
    },
  );
}

/** How many to list at most. */
export function Limit(): PropertyDecorator {
  return WholeParameter(1, MAX_LISTED, { schema: { default: DEFAULT_LIMIT } as ApiPropertyOptions });
}

export function limitOf({ limit }: { readonly limit?: string }): number {
  return limit === undefined ? DEFAULT_LIMIT : Number(limit);
}

/** `nextCursor` of the page before, where the text alone shows whether it can be one. */
export function PageCursor(isCursor: (value: unknown) => boolean): PropertyDecorator {
  const message = 'must be the nextCursor of an earlier page';
  return Checked('cursor', isCursor, message, { type: 'string' }, { optional: true });
}

/** A window of time as a filter names it: from one moment to another, both included, or so long before now. */
export interface AskedWindow {
  readonly from?: unknown;
  readonly to?: unknown;
  readonly last?: unknown;
}

/** In epoch milliseconds, both included. */
export interface TimeWindow {
  readonly from?: number;
  readonly to?: number;
}

/** What is wrong between the parts of a window. @param place where a part stands: the parameter, or its pointer in a body */
export function windowViolations(
  { from, to, last }: AskedWindow,
  place: (name: string) => Pick<Violation, 'parameter' | 'pointer'> = (parameter) => ({ parameter }),
): Violation[] {
  if (last !== undefined && (from !== undefined || to !== undefined)) {
    const message = 'last stands for from and to: give it without them';
    return [{ ...place('last'), rule: 'excludes', message }];
  }
  const [start, end] = [parseMoment(from), parseMoment(to)];
  if (start === undefined || end === undefined || start <= end) return [];
  return [{ ...place('from'), rule: 'order', message: 'from must not be later than to' }];
}

/** @param now epoch milliseconds */
export function windowOf({ from, to, last }: AskedWindow, now: number): TimeWindow {
  const length = typeof last === 'string' ? parseDuration(last) : undefined;
  if (length !== undefined) return { from: now - length, to: now };
  const [start, end] = [parseMoment(from), parseMoment(to)];
  return { ...(start !== undefined && { from: start }), ...(end !== undefined && { to: end }) };
}
