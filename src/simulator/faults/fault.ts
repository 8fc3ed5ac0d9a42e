import { integer, object, oneOf, optional, problemsOf, required, text, type Check } from '../shape.js';
import type { JsonObject } from '../json.js';

/** What the request did, whatever the answer says; `first`: only what it asks for its first alarm. */
export type EffectChoice = 'applied' | 'first' | 'none';

interface Common {
  /** Wait this long after the effect (or its absence) and before the first byte of the answer. */
  readonly delayMs?: number;
  readonly effect?: EffectChoice;
  /** The effect comes this long after the answer was decided on: upstream's back end goes on after its front end gave up. */
  readonly effectAfterMs?: number;
}

/** Another answer than the true one. */
export interface StatusFault extends Common {
  readonly kind: 'status';
  readonly status: number;
  /** Makes the body in the shape that goes with the code: `HSS.*`, `APIGW.*`/`APIG.*`, `IAM.*`, or HSS's short form. */
  readonly errorCode?: string;
  readonly errorMsg?: string;
  /** Raw body, instead of one made from the code. */
  readonly body?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ResetFault extends Common {
  readonly kind: 'reset';
  /** `before_body`: the request body is never read; `before_effect`: read, nothing done; `after_effect`: all done, not a byte answered. */
  readonly when: 'before_body' | 'before_effect' | 'after_effect';
}

/**
 * What becomes of the true answer of a listing: something else altogether, or the same with one thing wrong.
 *
 * - `empty`: no rows, under the true total
 * - `total_too_high`: the true rows, under a total that they never reach
 */
export const LISTING_SHAPES = [
  'nothing',
  'null',
  'array',
  'text',
  'no_list',
  'null_list',
  'list_as_object',
  'null_row',
  'text_row',
  'array_row',
  'total_as_text',
  'total_below_zero',
  'no_total',
  'empty',
  'total_too_high',
] as const;
export type ListingShape = (typeof LISTING_SHAPES)[number];

export type Fault =
  | StatusFault
  | ResetFault
  | (Common & { readonly kind: 'throttle'; readonly retryAfter?: string })
  | (Common & { readonly kind: 'html'; readonly status?: number })
  | (Common & { readonly kind: 'error_in_200'; readonly errorCode?: string })
  | (Common & { readonly kind: 'listing'; readonly shape: ListingShape })
  | (Common & { readonly kind: 'delay'; readonly delayMs: number })
  /** `content-length` promises more than is sent, then the connection closes. */
  | (Common & { readonly kind: 'truncate' })
  /** The answer, status line included, in slices. */
  | (Common & { readonly kind: 'slow'; readonly sliceBytes: number; readonly everyMs: number })
  | (Common & { readonly kind: 'hang' })
  /** A body that ends with the connection, and the connection ends late. */
  | (Common & { readonly kind: 'slow_close'; readonly closeAfterMs: number })
  | (Common & { readonly kind: 'endless' })
  | (Common & { readonly kind: 'large_headers'; readonly bytes?: number });

const MILLISECONDS = integer(0n, 3_600_000n);
const COMMON = {
  kind: required(text(1, 32)),
  delayMs: optional(MILLISECONDS),
  effect: optional(oneOf(['applied', 'first', 'none'])),
  effectAfterMs: optional(MILLISECONDS),
};

const textValues: Check = (value, at, problems) => {
  if (
    typeof value !== 'object' ||
    value === null ||
    Object.values(value).some((each) => typeof each !== 'string')
  ) {
    problems.push(`${at} is not an object of strings`);
  }
};

const STATUS = integer(200n, 599n);
const KINDS: Readonly<Record<Fault['kind'], Parameters<typeof object>[0]>> = {
  status: {
    ...COMMON,
    status: required(STATUS),
    errorCode: optional(text(1, 64)),
    errorMsg: optional(text(0, 4096)),
    body: optional(text(0, 1 << 24)),
    contentType: optional(text(1, 256)),
    headers: optional(textValues),
  },
  reset: { ...COMMON, when: required(oneOf(['before_body', 'before_effect', 'after_effect'])) },
  throttle: { ...COMMON, retryAfter: optional(text(0, 256)) },
  html: { ...COMMON, status: optional(STATUS) },
  error_in_200: { ...COMMON, errorCode: optional(text(1, 64)) },
  listing: { ...COMMON, shape: required(oneOf(LISTING_SHAPES)) },
  delay: { ...COMMON, delayMs: required(MILLISECONDS) },
  truncate: COMMON,
  slow: { ...COMMON, sliceBytes: required(integer(1n, 1n << 20n)), everyMs: required(MILLISECONDS) },
  hang: COMMON,
  slow_close: { ...COMMON, closeAfterMs: required(MILLISECONDS) },
  endless: COMMON,
  large_headers: { ...COMMON, bytes: optional(integer(1n, 1n << 20n)) },
};

/** What is wrong with a fault as a control request states it. A misspelt name is wrong: a fault that never acts hides. */
export function faultProblems(fault: JsonObject): string[] {
  const kind = fault['kind'];
  if (typeof kind !== 'string' || !Object.hasOwn(KINDS, kind))
    return [`kind is none of ${Object.keys(KINDS).join(', ')}`];
  const fields = KINDS[kind as Fault['kind']];
  const unknown = Object.keys(fault).filter((name) => !Object.hasOwn(fields, name));
  const idle = EFFECTS.filter((name) => Object.hasOwn(fault, name) && isEffectless(fault));
  return [
    ...unknown.map((name) => `${kind} has no ${name}`),
    ...idle.map((name) => `a reset ${String(fault['when'])} has no effect, so no ${name}`),
    ...problemsOf(object(fields), fault),
  ];
}

const EFFECTS = ['effect', 'effectAfterMs'] as const;

function isEffectless({ kind, when }: JsonObject): boolean {
  return kind === 'reset' && when !== 'after_effect';
}

/** Answers that say "refused" have no effect and answers that only travel badly have one, unless a rule says otherwise. */
export function effectOf(fault: Fault | undefined): EffectChoice {
  if (fault === undefined) return 'applied';
  if (fault.kind === 'reset') return fault.when === 'after_effect' ? (fault.effect ?? 'applied') : 'none';
  const refuses = ['status', 'throttle', 'html', 'error_in_200', 'hang'].includes(fault.kind);
  return fault.effect ?? (refuses && fault.effectAfterMs === undefined ? 'none' : 'applied');
}
