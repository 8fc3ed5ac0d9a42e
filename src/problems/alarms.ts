import { fixed, withFacts } from './define.js';

/** Of a search for an alarm that was not found: what helps depends on whether everything was looked through. */
export interface AlarmSearchFacts {
  readonly project: string;
  readonly enterpriseProjectId: string;
  readonly lookedThrough: number;
  readonly cutShort: boolean;
}

/** The text of `alarm_not_found` for an alarm that the gateway looked for. */
export function searchedInVain({
  project,
  enterpriseProjectId,
  lookedThrough,
  cutShort,
}: AlarmSearchFacts): string {
  const where = `in enterprise project ${enterpriseProjectId} of project ${project}`;
  return cutShort
    ? `The alarm is not among the ${lookedThrough} newest ${where}: upstream has no lookup by id. Name its occurTime, and it is found however old it is.`
    : `Upstream lists no such alarm ${where} for you, where ${lookedThrough} were looked through. Check the id, its occurTime where you gave one, and the enterprise project.`;
}

/** Codes of alarms, of upstream's lists and of brakes. */
export const ALARM_PROBLEMS = {
  listing_too_long: fixed(
    400,
    'Upstream lists no further than 2,000,000 rows. Narrow the filter, such as by a window of time.',
  ),
  alarm_ambiguous: withFacts({
    status: 409,
    detail: ({ count }: { readonly count: number }) =>
      `Upstream lists ${count} alarms of this id. Name occurTime and eventType of the one that is meant.`,
    example: { count: 2 },
  }),
  own_brake: fixed(
    403,
    'Callers do not release their own brake: another caller with the right approve must.',
  ),
  no_brake: fixed(404, 'The brake of this caller is not engaged.'),
} as const;
