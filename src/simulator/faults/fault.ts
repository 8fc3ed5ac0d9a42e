import { problemsOf } from '../contract/contract.js';
import { integer, oneOf, text, type Schema } from '../contract/schema.js';
import { dig, isObject, parseExact, type JsonObject } from '../json.js';

/** What the request did, independent of its answer; `first`: only what it asks for its first alarm. */
export type EffectChoice = 'applied' | 'first' | 'none';

interface Common {
  /** Wait this long after the effect (or its absence) and before the first byte of the answer. */
  readonly delayMs?: number;
  readonly effect?: EffectChoice;
  /** The effect comes this long after the answer was decided on: upstream's back end continues after its front end gave up. */
  readonly effectAfterMs?: number;
}

/** Another answer than the real one. */
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
 * What becomes of the real answer of a listing: something else altogether, or the same with one thing wrong.
 *
 * - `empty`: no rows, under the real total
 * - `total_too_high`: the real rows, under a total that they never reach
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

const MILLISECONDS = integer(0, 3_600_000);
const STATUS = integer(200, 599);
const COMMON = {
  kind: text(1, 32),
  delayMs: MILLISECONDS,
  effect: oneOf('applied', 'first', 'none'),
  effectAfterMs: MILLISECONDS,
};

const members = (properties: Readonly<Record<string, Schema>>, ...required: string[]) => ({
  properties: { ...COMMON, ...properties },
  required,
});

const KINDS: Readonly<Record<Fault['kind'], ReturnType<typeof members>>> = {
  status: members(
    {
      status: STATUS,
      errorCode: text(1, 64),
      errorMsg: text(0, 4096),
      body: text(0, 1 << 24),
      contentType: text(1, 256),
      headers: { type: 'object', additionalProperties: { type: 'string' } },
    },
    'status',
  ),
  reset: members({ when: oneOf('before_body', 'before_effect', 'after_effect') }, 'when'),
  throttle: members({ retryAfter: text(0, 256) }),
  html: members({ status: STATUS }),
  error_in_200: members({ errorCode: text(1, 64) }),
  listing: members({ shape: oneOf(...LISTING_SHAPES) }, 'shape'),
  delay: members({}, 'delayMs'),
  truncate: members({}),
  slow: members({ sliceBytes: integer(1, 1 << 20), everyMs: MILLISECONDS }, 'sliceBytes', 'everyMs'),
  hang: members({}),
  slow_close: members({ closeAfterMs: MILLISECONDS }, 'closeAfterMs'),
  endless: members({}),
  large_headers: members({ bytes: integer(1, 1 << 20) }),
};

const EFFECTS = ['effect', 'effectAfterMs'];

/** What is wrong with a fault as a control request states it. A misspelt name is wrong: a fault that never acts hides. */
function faultProblems(fault: JsonObject): string[] {
  const { kind, when } = fault;
  if (typeof kind !== 'string' || !Object.hasOwn(KINDS, kind))
    return [`kind is none of ${Object.keys(KINDS).join(', ')}`];
  const schema = KINDS[kind as Fault['kind']];
  const unknown = Object.keys(fault).filter((name) => !Object.hasOwn(schema.properties, name));
  const isEffectless = kind === 'reset' && when !== 'after_effect';
  const idle = EFFECTS.filter((name) => isEffectless && Object.hasOwn(fault, name));
  return [
    ...unknown.map((name) => `${kind} has no ${name}`),
    ...idle.map((name) => `a reset ${String(when)} has no effect, so no ${name}`),
    ...problemsOf(schema, fault),
  ];
}

/** Answers that say "refused" have no effect and answers that only travel badly have one, unless a rule says otherwise. */
export function effectOf(fault: Fault | undefined): EffectChoice {
  if (fault === undefined) return 'applied';
  if (fault.kind === 'reset') return fault.when === 'after_effect' ? (fault.effect ?? 'applied') : 'none';
  const refuses = ['status', 'throttle', 'html', 'error_in_200', 'hang'].includes(fault.kind);
  return fault.effect ?? (refuses && fault.effectAfterMs === undefined ? 'none' : 'applied');
}

/** Which requests a rule is for; a member that is left out matches everything. */
export interface FaultMatch {
  readonly method?: string;
  /** Part of the raw request target, query included. */
  readonly path?: string;
  /** `operate_type` of the JSON body. */
  readonly operateType?: string;
}

export interface FaultRule {
  readonly match: FaultMatch;
  /** How many requests it still acts on. */
  times: number;
  /** How many matching requests it still lets pass. */
  skip: number;
  /** How many requests it acted on. */
  hits: number;
  readonly fault: Fault;
}

/** What is known of a request when a rule is looked for; before the body is read there is no body. */
export interface FaultQuestion {
  readonly method: string;
  readonly url: string;
  readonly body?: Buffer;
}

const MATCH = { method: text(1, 16), path: text(1, 2048), operateType: text(1, 64) };
const RULE: Readonly<Record<string, Schema>> = {
  match: { type: 'object', properties: MATCH },
  times: { anyOf: [integer(1, 1_000_000), oneOf('always')] },
  skip: integer(0, 1_000_000),
};

function ruleProblems(rule: unknown): string[] {
  if (!isObject(rule)) return ['a rule is not an object'];
  const { match: stated, times, skip, fault, ...unknown } = rule;
  const match = stated ?? {};
  const isEarly = dig(fault, 'when') === 'before_body';
  return [
    ...Object.keys(unknown).map((name) => `a rule has no ${name}`),
    ...Object.keys(match)
      .filter((name) => !Object.hasOwn(MATCH, name))
      .map((name) => `match has no ${name}`),
    ...problemsOf({ properties: RULE }, { match, times: times ?? 1, skip: skip ?? 0 }),
    ...(isObject(fault) ? faultProblems(fault) : ['a rule has no fault']),
    ...(isEarly && dig(match, 'operateType') !== undefined
      ? ['before_body cannot be matched by operateType']
      : []),
  ];
}

function toRule(rule: JsonObject): FaultRule {
  const times = rule['times'] ?? 1;
  return {
    match: rule['match'] ?? {},
    times: times === 'always' ? Infinity : (times as number),
    skip: (rule['skip'] ?? 0) as number,
    hits: 0,
    fault: rule['fault'] as Fault,
  };
}

function isBeforeBody(fault: Fault): boolean {
  return fault.kind === 'reset' && fault.when === 'before_body';
}

function operateTypeOf(body: Buffer | undefined): unknown {
  try {
    return body && dig(parseExact(body.toString('utf8')), 'operate_type');
  } catch {
    return undefined;
  }
}

function matches(match: FaultMatch, question: FaultQuestion): boolean {
  return (
    (match.method === undefined || match.method === question.method) &&
    (match.path === undefined || question.url.includes(match.path)) &&
    (match.operateType === undefined || match.operateType === operateTypeOf(question.body))
  );
}

/** The faults that were asked for, in the order they were asked for. */
export class FaultRules {
  private rules: FaultRule[] = [];

  /** Adds all rules, or none and says why. */
  add(rules: readonly unknown[]): string[] {
    const problems = rules.flatMap((rule, index) =>
      ruleProblems(rule).map((problem) => `[${index}] ${problem}`),
    );
    if (problems.length === 0) this.rules.push(...rules.map((rule) => toRule(rule as JsonObject)));
    return problems;
  }

  clear(): void {
    this.rules = [];
  }

  list(): readonly FaultRule[] {
    return this.rules;
  }

  /** The fault for a request whose body was not read yet: only a reset can come that early. */
  takeBeforeBody(question: FaultQuestion): Fault | undefined {
    return this.take(question, isBeforeBody);
  }

  takeAfterBody(question: FaultQuestion): Fault | undefined {
    return this.take(question, (fault) => !isBeforeBody(fault));
  }

  /** The first rule that matches, has times left and is done skipping. */
  private take(question: FaultQuestion, eligible: (fault: Fault) => boolean): Fault | undefined {
    for (const rule of this.rules) {
      if (rule.times === 0 || !eligible(rule.fault) || !matches(rule.match, question)) continue;
      if (rule.skip > 0) {
        rule.skip -= 1;
        continue;
      }
      rule.times -= 1;
      rule.hits += 1;
      return rule.fault;
    }
    return undefined;
  }
}
