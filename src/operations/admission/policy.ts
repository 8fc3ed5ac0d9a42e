import type { Config, ProjectConfig } from '../../config/config.js';
import type { Caller } from '../../domain/caller.js';
import type { AlarmFacts } from '../../domain/grants.js';
import type { OperationName } from '../../domain/operation-name.js';
import type { Scope } from '../../domain/scope.js';
import { authorise as authoriseDeed, type RequestedScope } from '../../http/access.js';
import type { OperationCommand } from '../operation-command.js';

/**
 * Where an operation will act, if its caller may act there, but for the project's id.
 *
 * @throws Problem 400 when no project is meant, 403 naming what is denied or not granted
 */
export function authorise(
  operation: OperationName,
  wish: RequestedScope = {},
  caller: Caller,
  projects: Config['projects'],
  alarms: readonly AlarmFacts[] = [],
): { scope: Omit<Scope, 'projectId'>; project: ProjectConfig } {
  return authoriseDeed({ right: 'act', operation, alarms }, wish, caller, projects);
}

/** What grants may be limited by, of all that an order touches: a whitelist rule reaches its event type's alarms to come. */
export function touchedBy({
  alarms,
  items = [],
  whitelistRules = [],
  byId,
  plan,
  undoes,
}: Pick<OperationCommand, 'alarms' | 'items' | 'whitelistRules' | 'byId' | 'plan' | 'undoes'>): AlarmFacts[] {
  // A plan's were listed, and what is taken back was allowed when it was done.
  const described = !byId && plan === undefined && !undoes && { described: true as const };
  const severe = alarms.map(({ eventType, severity }) => ({
    eventType,
    ...(severity && { severity }),
    ...described,
  }));
  const others = [...items, ...whitelistRules].map(({ eventType }) =>
    eventType === undefined ? {} : { eventType },
  );
  return [...severe, ...others];
}
