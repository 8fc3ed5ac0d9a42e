import type { AlarmFacts } from '../domain/grants.js';
import { SEVERITIES } from '../domain/upstream-words.js';
import { oneOf, whole, type Listed } from './listed-value.js';

/** What grants may be limited by, of a line or of the alarm in it; what it does not tell is not known. */
export function kindOf(line: Listed): AlarmFacts {
  const eventType = whole(line['event_type']);
  const severity = oneOf(SEVERITIES, line['severity']);
  return { ...(eventType !== undefined && { eventType }), ...(severity && { severity }) };
}
