import type { Field } from './field.js';

/** Notes a value that was seen before; empty ones are placeholders of what was refused. */
export function noteRepeated(field: Field, value: string, seen: Set<string>, problem: string): void {
  if (value !== '' && seen.has(value)) field.note(problem);
  seen.add(value);
}
