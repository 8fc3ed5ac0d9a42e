import { Inject, Injectable } from '@nestjs/common';

import { BrakeStore, type IntentRecord } from '../../audit/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import { Callers, type Caller } from '../../domain/caller.js';
import { isOperationType, OPERATIONS } from '../../domain/operation-type.js';
import type { Fault } from '../../domain/outcome.js';
import { refuse } from '../../problems/catalogue.js';
import { faultOfProblem, Problem } from '../../problems/problem.js';
import type { HssBody, WireOperateBody } from '../../hss/index.js';
import { enforceGuardRails } from '../admission/guard-rails/guard-rails.js';
import { readGuardRails, type GuardRails } from '../admission/guard-rails/rails.js';
import { authorise } from '../../access/grants.js';
import { touchedBy } from '../admission/intent.js';
import { commandAlarmOf, commandRuleOf } from '../prepare/operation.translator.js';
import type { CommandAlarm, OperationCommand } from '../operation-command.js';

/** What decisions are made of, of a command that is known by its record alone. */
type RecordedCommand = Pick<
  OperationCommand,
  'operation' | 'alarms' | 'items' | 'whitelistRules' | 'byId' | 'plan' | 'undoes'
>;

/** @param bodies that were to be sent */
export function recordedCommand(intent: IntentRecord, bodies: readonly HssBody[]): RecordedCommand {
  const { operation, items = [], severities = [], lookedUp, plan, undoes } = intent;
  if (!isOperationType(operation)) {
    return { operation, alarms: [], items: items.map((item) => ({ ...item.target, ...item })) };
  }
  const sent = bodies.map(({ wire }) => wire as WireOperateBody);
  const events = sent.flatMap(({ operate_event_list: list }) => list);
  return {
    operation,
    alarms: events.map((event, index): CommandAlarm => {
      const alarm = commandAlarmOf(event);
      const severity = severities[index];
      return severity ? { ...alarm, severity } : alarm;
    }),
    whitelistRules: sent.flatMap(({ event_white_rule_list: rules = [] }) => rules.map(commandRuleOf)),
    ...(lookedUp && { byId: true }),
    ...(plan !== undefined && { plan }),
    ...(undoes !== undefined && { undoes: { operationId: undoes, round: 0, leaves: [], assumes: [] } }),
  };
}

/** What is in force now. */
export interface CurrentRules {
  /** The caller of the operation, as configured; undefined: there is no such caller any more. */
  readonly caller: Caller | undefined;
  readonly projects: Config['projects'];
  readonly rails: GuardRails;
  /** Callers whose brakes are engaged. */
  readonly braked: ReadonlySet<string>;
}

/**
 * Why an operation that was interrupted may not continue now, although it was accepted; undefined when it may. Undoing an act whose
 * time is over was decided with that act: it is done regardless of what its caller may do by now.
 */
export function denialNow(
  intent: IntentRecord,
  command: RecordedCommand,
  { caller, projects, rails, braked }: CurrentRules,
): Fault | undefined {
  if (intent.expired) return undefined;
  try {
    if (!caller)
      throw refuse('not_granted', { caller: intent.caller, what: 'anything: it is no longer configured' });
    const { operation, scope } = intent;
    authorise({ right: 'act', operation, alarms: touchedBy(command) }, scope, caller, projects);
    enforceGuardRails(command, rails);
    const { destructive, hidesAlarms } = OPERATIONS[operation];
    if ((destructive || hidesAlarms) && braked.has(caller.id))
      throw refuse('brake_engaged', { caller: caller.id });
    return undefined;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { detail, ...fault } = faultOfProblem(error);
    return { ...fault, detail: `It was checked again before it continued after an interruption. ${detail}` };
  }
}

/** Applies grants, guard rails and the brake again to an operation that another process accepted, or an earlier run of this one. */
@Injectable()
export class AdmissionRecheck {
  readonly #rails: GuardRails;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly callers: Callers,
    private readonly brakes: BrakeStore,
  ) {
    this.#rails = readGuardRails(config.guardRails);
  }

  /** Why it may not continue; undefined when it may. @throws AuditUnavailable when that cannot be decided now */
  async denialOf(intent: IntentRecord, bodies: readonly HssBody[]): Promise<Fault | undefined> {
    const engaged = await this.brakes.engaged();
    return denialNow(intent, recordedCommand(intent, bodies), {
      caller: this.callers.find(intent.caller),
      projects: this.config.projects,
      rails: this.#rails,
      braked: new Set(engaged.map(({ caller }) => caller)),
    });
  }
}
