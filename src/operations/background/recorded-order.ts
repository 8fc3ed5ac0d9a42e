import type { IntentRecord } from '../../audit/audit-record.js';
import { isListOperation } from '../../domain/operation-name.js';
import type { HssBody, WireOperateBody } from '../../hss/index.js';
import type { OperationCommand, CommandAlarm } from '../operation-command.js';
import { commandAlarmOf, commandRuleOf } from '../command-alarm.js';

/** What is decided by, of an order that is known by its record alone. */
export type RecordedCommand = Pick<
  OperationCommand,
  'operation' | 'alarms' | 'items' | 'whitelistRules' | 'byId' | 'plan' | 'undoes'
>;

/** @param bodies that were to be sent */
export function recordedCommand(intent: IntentRecord, bodies: readonly HssBody[]): RecordedCommand {
  const { operation, items = [], severities = [], lookedUp, plan, undoes } = intent;
  if (isListOperation(operation)) {
    return {
      operation,
      alarms: [],
      items: items.map((item) => ({ ...item.target, ...item })),
    };
  }
  const sent = bodies.map(({ wire }) => wire as WireOperateBody);
  const alarms = sent.flatMap((body) =>
    body.operate_event_list.map((event) =>
      commandAlarmOf({ ...event, operate_detail_list: event.operate_detail_list ?? [] }),
    ),
  );
  return {
    operation,
    alarms: alarms.map((alarm, index): CommandAlarm => {
      const severity = severities[index];
      return severity ? { ...alarm, severity } : alarm;
    }),
    whitelistRules: sent.flatMap(({ event_white_rule_list: rules = [] }) => rules.map(commandRuleOf)),
    ...(lookedUp && { byId: true }),
    ...(plan !== undefined && { plan }),
    ...(undoes !== undefined && { undoes: { operationId: undoes, round: 0, leaves: [], assumes: [] } }),
  };
}
