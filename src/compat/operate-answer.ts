import { alarmOutcomes } from '../audit/index.js';
import { isInDoubt } from '../domain/outcome.js';
import { faultFor } from '../problems/catalogue.js';
import { OperateProblem } from '../problems/problem.js';
import type { OperationResult } from '../operations/operation-result.js';

/** Upstream answers a success with nothing; a client that reads JSON is given an empty object. */
const NOTHING = '{}';

/**
 * The body of the answer to an operate call, as JSON: upstream's own, where it had one.
 *
 * @throws OperateProblem when not all of it is done: upstream's contract knows no other answer
 */
export function operateAnswer(handled: OperationResult): string {
  const outcomes = alarmOutcomes(handled.trail).map(({ outcome }) => outcome);
  if (!outcomes.every((outcome) => outcome === 'applied' || outcome === 'already')) throw problemOf(handled);
  const { answer = '' } = handled;
  return isJsonObject(answer) ? answer : NOTHING;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function problemOf({ trail, fault = faultFor('outcome_unknown') }: OperationResult): OperateProblem {
  const { code, detail, retryable, retryAfter, upstream } = fault;
  // To a client of upstream, an outcome in doubt is a gateway that got no answer.
  const status = alarmOutcomes(trail).some(({ outcome }) => isInDoubt(outcome)) ? 504 : fault.status;
  const extras = {
    operationId: trail.intent.operationId,
    outcome: trail.outcome?.status ?? ('unknown' as const),
    retryable,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(upstream && { upstream }),
  };
  return new OperateProblem([status, code, detail, extras], trail.chunks.at(-1)?.exchange?.status);
}
