/** Codes of alarms and of upstream's lists. */
export const ALARM_PROBLEMS = {} as const;
