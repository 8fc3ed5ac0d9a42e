import type { Caller } from '../domain/caller.js';
import { accessDenialOf } from '../domain/grants.js';
import type { Scope } from '../domain/scope.js';
import type { Alarm } from './alarm.js';

/** Whether a caller may read an alarm: grants may be limited to event types and severities. */
export function mayRead(
  caller: Caller,
  { project, enterpriseProjectId }: Pick<Scope, 'project' | 'enterpriseProjectId'>,
  { eventType, severity }: Pick<Alarm, 'eventType' | 'severity'>,
): boolean {
  const facts = { ...(eventType !== undefined && { eventType }), ...(severity && { severity }) };
  return (
    accessDenialOf(caller, { right: 'read', project, enterpriseProjectId, alarms: [facts] }) === undefined
  );
}
