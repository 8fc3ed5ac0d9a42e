import type { IntentRecord } from '../../audit/audit-record.js';
import type { Config } from '../../config/config.js';
import type { Caller } from '../../domain/caller.js';
import { OPERATIONS } from '../../domain/operation-type.js';
import type { Fault } from '../../domain/outcome.js';
import { faultOfProblem, Problem } from '../../problems/problem.js';
import { enforceGuardRails } from '../admission/guard-rails/guard-rails.js';
import type { GuardRails } from '../admission/guard-rails/rails.js';
import { braked } from '../admission/limits.js';
import { authorise, touchedBy } from '../admission/policy.js';
import type { RecordedCommand } from './recorded-order.js';

/** What holds now. */
export interface Present {
  /** Whose operation it is, as configured; undefined: there is no such caller any more. */
  readonly caller: Caller | undefined;
  readonly projects: Config['projects'];
  readonly rails: GuardRails;
  /** Callers whose brakes are engaged. */
  readonly braked: ReadonlySet<string>;
}

/**
 * Why an operation that was interrupted may not go on now, although it was accepted; undefined when it may. What takes back an act
 * whose time is over was decided with that act: it is done whatever its caller may by now.
 */
export function denialNow(intent: IntentRecord, order: RecordedCommand, present: Present): Fault | undefined {
  if (intent.expired) return undefined;
  const { caller, projects, rails } = present;
  try {
    if (!caller) throw callerGone(intent.caller);
    authorise(intent.operation, intent.scope, caller, projects, touchedBy(order));
    enforceGuardRails(order, rails);
    const { destructive, hidesAlarms } = OPERATIONS[intent.operation];
    if ((destructive || hidesAlarms) && present.braked.has(caller.id)) throw braked(caller.id, 'is engaged');
    return undefined;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { detail, ...fault } = faultOfProblem(error);
    return { ...fault, detail: `It was asked again before this went on after an interruption. ${detail}` };
  }
}

function callerGone(id: string): Problem {
  return new Problem(403, 'not_granted', `Caller ${id} is not configured any more. Nothing was done.`);
}
