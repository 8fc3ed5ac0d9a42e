import { alarmDetailOf } from '../domain/detail-fields.js';
import { stringifyExact } from '../domain/exact-json.js';
import type { OperationType } from '../domain/operation-type.js';
import type { CommandAlarm, OperationCommand } from '../operations/operation-command.js';
import { commandRuleOf } from '../operations/prepare/operation.translator.js';
import { canonicalJson } from './canonical-json.js';
import type { ChangeContext } from './change.translator.js';
import type { OperateBodyDto, WireEventDto } from './operate-body.dto.js';
import { alarmOutcomes } from '../audit/index.js';
import { isInDoubt } from '../domain/outcome.js';
import { faultFor } from '../problems/catalogue.js';
import { RelayedProblem } from '../problems/problem.js';
import type { OperationResult } from '../operations/operation-result.js';

/** A valid operate call as the command that it is: what is sent is what came, member by member. */
export function commandOf(
  body: OperateBodyDto,
  { route, scope, deduplication }: ChangeContext,
): OperationCommand {
  const { operate_type, handler, operate_event_list, event_white_rule_list } = body;
  return {
    route,
    operation: operate_type as OperationType,
    alarms: operate_event_list.map(alarmOf),
    scope,
    // Written anew: of two members of one name, which readers treat differently, only the one that was checked is sent.
    bodies: [{ wire: body, text: stringifyExact(body) }],
    canonical: canonicalJson(body),
    verbatim: true,
    ...(handler !== undefined && { remark: handler }),
    ...(event_white_rule_list && {
      whitelistRules: event_white_rule_list.map(commandRuleOf),
    }),
    ...deduplication,
  };
}

function alarmOf({ event_id, event_class_id, event_type, operate_detail_list }: WireEventDto): CommandAlarm {
  return {
    eventId: event_id,
    eventClassId: event_class_id,
    eventType: event_type,
    ...(operate_detail_list && { details: operate_detail_list.map(alarmDetailOf) }),
  };
}

/** Upstream answers a success with nothing; a client that reads JSON is given an empty object. */
const NOTHING = '{}';

/**
 * The body of the answer to an operate call, as JSON: upstream's own, where it had one.
 *
 * @throws RelayedProblem when not all of it is done: upstream's contract knows no other answer
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

function problemOf({ trail, fault = faultFor('outcome_unknown') }: OperationResult): RelayedProblem {
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
  const theirs = trail.chunks.at(-1)?.exchange?.status;
  return new RelayedProblem([status, code, detail, extras], theirs === undefined ? {} : { status: theirs });
}
