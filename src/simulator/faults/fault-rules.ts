import { theContract } from '../contract/contract.js';
import { integer, oneOf, text, type Schema } from '../contract/schema.js';
import { dig, isObject, namesBeyond, parseExact, type JsonObject } from '../json.js';
import { faultProblems, type Fault } from './fault.js';

const MATCH = {
  method: text(1, 16),
  /** Part of the raw request target, query included. */
  path: text(1, 2048),
  /** `operate_type` of the JSON body. */
  operateType: text(1, 64),
};

/** Which requests a rule is for; a member that is left out matches everything. */
export type FaultMatch = { readonly [Name in keyof typeof MATCH]?: string };

interface FaultRule {
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
interface FaultQuestion {
  readonly method: string;
  readonly url: string;
  readonly body?: Buffer;
}

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
    ...namesBeyond(MATCH, match).map((name) => `match has no ${name}`),
    ...theContract().problemsOf({ properties: RULE }, { match, times: times ?? 1, skip: skip ?? 0 }),
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
