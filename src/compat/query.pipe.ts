import { ENTERPRISE_PROJECT } from '../domain/scope.js';
import { queryPairs } from '../http/identity/signatures.js';
import { refuse } from '../problems/catalogue.js';
import type { Violation } from '../problems/violation.js';
import { isText } from '../validation/fields.js';
import { MAX_PARAMETER } from '../validation/report.js';
import type { QueryParameter } from './calls.js';

/** What the query of a call says. */
export interface FamilyQuery {
  /** Absent: it names none, or an empty one, which says nothing. */
  readonly enterpriseProjectId?: string;
  /** The other parameters as they came, in their order. */
  readonly pairs: readonly (readonly [name: string, value: string])[];
}

/** What a call takes. */
interface QueryRules {
  readonly query: readonly QueryParameter[];
  /** Whether it is about one enterprise project. */
  readonly isScoped?: boolean;
}

/** Every call of the family takes it (contract 2.0). */
const ENTERPRISE_PROJECT_ID = 'enterprise_project_id';
const MAX_VALUE = 1_024;

const KINDS: Readonly<
  Record<QueryParameter['kind'], readonly [test: (value: string) => boolean, form: string]>
> = {
  text: [
    (value) => isText(value, 0, MAX_VALUE),
    `a text of at most ${MAX_VALUE} characters without control characters`,
  ],
  whole: [(value) => /^-?\d{1,19}$/.test(value), 'a whole number'],
  flag: [(value) => value === 'true' || value === 'false', 'true or false'],
};

/**
 * The query of a call, as far as the gateway answers for it: upstream's own parameters, each of its kind and as often as it may come.
 * Whether a word or a number is one that upstream takes is upstream's to say, whose lists change.
 *
 * @throws Problem 400 with everything that is wrong
 */
export function familyQueryOf({ query: known, isScoped = true }: QueryRules, url: string): FamilyQuery {
  const violations: Violation[] = [];
  const add = (parameter: string, rule: string, message: string) =>
    violations.push({ parameter: parameter.slice(0, MAX_PARAMETER), rule, message });
  const seen = new Set<string>();
  const pairs: (readonly [string, string])[] = [];
  let enterpriseProjectId: string | undefined;
  for (const [name, value] of pairsOf(url)) {
    const parameter = known.find((each) => each.name === name);
    const isScope = isScoped && name === ENTERPRISE_PROJECT_ID;
    if (!parameter && !isScope) add(name, 'unknown_field', 'is not a parameter of this call');
    else if (seen.has(name) && !parameter?.list) add(name, 'distinct', 'must be given once');
    else if (isScope) {
      if (value === '' || ENTERPRISE_PROJECT.test(value)) enterpriseProjectId = value;
      else add(name, 'form', 'must be 0, a UUID, or all_granted_eps');
    } else if (parameter) {
      const [test, form] = KINDS[parameter.kind];
      if (test(value)) pairs.push([name, value]);
      else add(name, 'form', `must be ${form}`);
    }
    seen.add(name);
  }
  for (const { name, required } of known) {
    if (required && !seen.has(name)) add(name, 'required', 'is required');
  }
  if (violations.length > 0) throw refuse('invalid_request', violations);
  return { ...(enterpriseProjectId && { enterpriseProjectId }), pairs };
}

function pairsOf(url: string): ReturnType<typeof queryPairs> {
  try {
    // As forms write a blank, and as upstream reads it.
    return queryPairs(url.replaceAll('+', '%20'));
  } catch {
    throw refuse('invalid_request', [
      { parameter: '', rule: 'form', message: 'the query is not validly encoded' },
    ]);
  }
}
