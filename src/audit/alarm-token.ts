/** Ids that are one word of the index as they are; upstream's ids mostly are (contract 1.8). */
const PLAIN = /^[0-9a-z][0-9a-z-]*$/;

/** An event id as one word of the full-text index, in which letters of both cases are the same. */
export function alarmToken(eventId: string): string {
  return PLAIN.test(eventId) ? `p${eventId}` : `x${Buffer.from(eventId).toString('hex')}`;
}
