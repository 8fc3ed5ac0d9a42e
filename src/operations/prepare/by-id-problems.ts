import type { Ineligible } from '../../alarms/eligibility.js';
import type { AlarmReference } from '../../alarms/search-windows.js';
import { Problem } from '../../problems/problem.js';
import { pointer } from '../../http/validation/report.js';
import { MAX_VIOLATIONS } from '../../problems/violation.js';

/** The answer to a request that names alarms by their ids, of which some can't be handled so: a reason for each of these. */
export function unfitAlarms(
  references: readonly AlarmReference[],
  unfit: readonly { readonly index: number; readonly why: Ineligible }[],
): Problem {
  const violations = unfit.slice(0, MAX_VIOLATIONS).map(({ index, why: { rule, message, allowed } }) => ({
    pointer: pointer('alarmIds', index),
    rule,
    message: `${references[index]?.eventId} ${message}`,
    ...(allowed && { allowed }),
  }));
  const notFound = unfit.every(({ why }) => why.rule === 'not_found');
  const many = `${unfit.length} of the ${references.length} alarms`;
  const [status, code, words] = notFound
    ? ([404, 'alarm_not_found', `${many} were not found`] as const)
    : ([409, 'alarm_unfit', `${many} cannot be handled so`] as const);
  return new Problem(status, code, `${words}; see violations. Nothing was done.`, { violations });
}
