import type { Alarm } from '../../alarms/alarm.js';
import { eligibilityOf, type Ineligible } from '../../alarms/eligibility.js';
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

const EXAMPLE_IDS = ['2a71e1e2-60f4-4d56-b314-2038fdc39de6', '1a9df0c4-2c1e-4a4d-8f52-d9a3b8e4c702'];
const LISTED: Alarm = {
  ...{ eventId: '', eventClassId: 'login_1002', eventType: 4004, occurTime: 1786883120455 },
  ...{ status: 'unhandled', host: {}, tags: [], accepts: ['mark_as_handled', 'ignore'], details: [] },
};

/** What a request that names alarms by their ids can be refused with, for the document. */
export const BY_ID_PROBLEMS: readonly Problem[] = [[], [LISTED]].map((listed) => {
  const verdict = eligibilityOf('isolate_and_kill', listed, { cutShort: true, takesPart: true });
  if (!('unfit' in verdict)) throw new Error('the example can be handled');
  const references = EXAMPLE_IDS.map((eventId) => ({ eventId }));
  return unfitAlarms(references, [{ index: 1, why: verdict.unfit }]);
});
