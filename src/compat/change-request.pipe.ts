import type { ListChange, ListDescriptor } from '../lists/list-descriptor.js';
import type { Violation } from '../problems/violation.js';
import { isPlainObject } from '../validation/fields.js';
import { pointer } from '../validation/report.js';
import { bodyReader } from './body.pipe.js';
import { BatchBodyDto, changeBodyClass, MAX_ITEMS } from './change-body.dto.js';
import { LISTED_ROWS } from './listed-members.js';

/** The body of a call that changes a list, valid by the rules of upstream and of the gateway. */
export type ChangeBody = Readonly<Record<string, unknown>> & {
  /** Absent: all there is is meant. */
  readonly data_list?: readonly Readonly<Record<string, unknown>>[];
};

type ChangeReader = (body: unknown, passUnknown: boolean) => ChangeBody;

/** @param mayBeAll whether upstream knows a form of the call that means all there is */
export function changeReader(
  descriptor: ListDescriptor,
  change: ListChange,
  mayBeAll: boolean,
): ChangeReader {
  const type = changeBodyClass(descriptor, change, mayBeAll);
  const between = (body: unknown) => ofRules(descriptor, body, mayBeAll);
  return bodyReader({ type, listed: LISTED_ROWS, between }) as ChangeReader;
}

export const readBatch = bodyReader({
  type: BatchBodyDto,
  listed: { drop: new Set() },
  between: () => [],
}) as (body: unknown, passUnknown: boolean) => BatchBodyDto;

function* ofRules(descriptor: ListDescriptor, body: unknown, mayBeAll: boolean): Generator<Violation> {
  if (!isPlainObject(body)) return;
  if (mayBeAll) yield* listOrAll(body);
  yield* repeatedItems(descriptor, body['data_list']);
}

/** Either entries are named, or all there is is meant. */
function* listOrAll({
  data_list: list,
  delete_all: all,
  event_type: eventType,
}: Readonly<Record<string, unknown>>): Generator<Violation> {
  if (all === true) {
    if (list === undefined) return;
    const message = 'data_list must be absent where delete_all is true';
    yield { pointer: pointer('data_list'), rule: 'excludes', message };
    return;
  }
  if (list === undefined) {
    yield { pointer: pointer('data_list'), rule: 'required', message: 'data_list is required' };
  }
  if (eventType !== undefined) {
    yield { pointer: pointer('event_type'), rule: 'only_for', message: 'event_type is only for delete_all' };
  }
}

/** The gateway answers for each item once. */
function* repeatedItems({ list: { key } }: ListDescriptor, list: unknown): Generator<Violation> {
  if (!Array.isArray(list) || list.length > MAX_ITEMS) return;
  const seen = new Set<string>();
  for (const [index, item] of (list as unknown[]).entries()) {
    if (!isPlainObject(item)) continue;
    const name = JSON.stringify(key.map((field) => [typeof item[field], String(item[field])]));
    if (seen.has(name)) {
      yield {
        pointer: pointer('data_list', index),
        rule: 'distinct',
        message: 'this is an earlier one again',
      };
    }
    seen.add(name);
  }
}
