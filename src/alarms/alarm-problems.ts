import type { Found } from './alarm-search.js';
import type { Scope } from '../domain/scope.js';
import { Problem } from '../problems/problem.js';

/** An alarm that a search did not find; what can be done about it depends on whether everything was looked through. */
export function alarmNotFound(
  { project, enterpriseProjectId }: Pick<Scope, 'project' | 'enterpriseProjectId'>,
  { lookedThrough, cutShort }: Pick<Found, 'lookedThrough' | 'cutShort'>,
): Problem {
  const where = `in enterprise project ${enterpriseProjectId} of project ${project}`;
  const words = cutShort
    ? `The alarm is not among the ${lookedThrough} newest ${where}: upstream has no lookup by id. Tell its occurTime, and it is found however old it is.`
    : `Upstream lists no such alarm ${where} for you, where ${lookedThrough} were looked through. Check the id, its occurTime where you told one, and the enterprise project.`;
  return new Problem(404, 'alarm_not_found', words);
}

export function ambiguousAlarm(count: number): Problem {
  const words = `Upstream lists ${count} alarms of this id. Tell occurTime and eventType of the one that is meant.`;
  return new Problem(409, 'alarm_ambiguous', words);
}
