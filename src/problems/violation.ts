/** A field of what a command acts on. Where it is in a request, and how it is spelled there, the edge of each API says. */
export interface CommandField {
  readonly list: 'alarms' | 'alarmIds' | 'items' | 'whitelistRules';
  /** Of the entry, from 0. */
  readonly index: number;
  /** Of the detail object of an alarm, from 0. */
  readonly detail?: number;
  readonly field?: string;
}

/** One thing wrong with a request. */
export interface Violation {
  /** Where it was found, if that was in the command that was made of the request. */
  readonly subject?: CommandField;
  /** JSON Pointer into the body; a missing field's pointer names the field. */
  readonly pointer?: string;
  /** Name of the query parameter, where it was not the body. */
  readonly parameter?: string;
  readonly rule: string;
  readonly message: string;
  readonly allowed?: unknown;
}

/** A report names at most this many violations; the request is refused all the same. */
export const MAX_VIOLATIONS = 200;

/** The JSON pointer of a violation into a request of the gateway's own API. An alarm that is named by its id has no fields there. */
export function pointerOf({ pointer, subject }: Violation): string | undefined {
  if (!subject) return pointer;
  const { list, index, detail, field } = subject;
  const path = list === 'alarmIds' ? [] : [...(detail === undefined ? [] : ['details', detail]), field ?? []];
  return ['', list, index, ...path.flat()].join('/');
}
