import { OPERATIONS } from '../domain/operation-name.js';
import { isolatedFileState } from './isolation-state.js';
import type { ListedRow } from './listing.js';
import { ALARM_WHITELIST, ISOLATED_FILES, LOGIN_WHITELIST, type UpstreamList } from './lists.js';
import { readWhole } from './read-whole.js';
import type { ListedEvent } from './read-events.js';
import type { ObservedState } from './observed-state.js';
import type { Read, ExpectedEffect } from '../upstream/upstream-call.js';
import type { WireDetail, WireEvent } from '../upstream/wire.js';

/** How the lists that an operation changes stand, compared with what it wants; `not_listed_anywhere` for types that change none. */
export type ListStanding = ObservedState | 'not_listed_anywhere';

interface Lookup {
  readonly list: UpstreamList;
  /** Fields by which an entry is a detail's, of those that the list can be narrowed by. */
  readonly fields: readonly (keyof WireDetail)[];
  /** Whether the entry says that the operation's forward type has been done; undefined where it does not say. */
  readonly stands: (entry: ListedRow) => boolean | undefined;
  /** Whether the agent on the host has yet to do it. */
  readonly isUnderWay?: (entry: ListedRow) => boolean;
}

const there = () => true;

/** An entry is found by its hash. */
const WHITELISTED: Lookup = { list: ALARM_WHITELIST, fields: ['hash'], stands: there };
const LOGIN: Lookup = {
  list: LOGIN_WHITELIST,
  fields: ['private_ip', 'login_ip', 'login_user_name'],
  stands: there,
};
const ISOLATED: Lookup = {
  list: ISOLATED_FILES,
  fields: ['file_hash', 'file_path'],
  stands: (entry) => isolatedFileState(entry)?.isolated,
  isUnderWay: (entry) => isolatedFileState(entry)?.underWay ?? false,
};

const LOOKUPS: Readonly<Record<string, Lookup>> = {
  add_to_alarm_whitelist: WHITELISTED,
  remove_from_alarm_whitelist: WHITELISTED,
  add_to_login_whitelist: LOGIN,
  remove_from_login_whitelist: LOGIN,
  isolate_and_kill: ISOLATED,
  do_not_isolate_or_kill: ISOLATED,
};

/** How the lists that an operation changes stand for one alarm. */
export interface Listed {
  readonly standing: ListStanding;
  readonly underWay?: true;
}

/** Reads the list that the operation changes, for every detail of one alarm. */
export async function standsInLists(
  readBack: ExpectedEffect,
  event: WireEvent,
  found: ListedEvent,
  read: Read,
): Promise<Listed> {
  const lookup = LOOKUPS[readBack.operation];
  if (!lookup) return { standing: 'not_listed_anywhere' };
  const wanted = !OPERATIONS[readBack.operation].isReversal;
  const standings = new Set<ObservedState>();
  let underWay = false;
  for (const detail of event.operate_detail_list) {
    const entries = await entriesOf(lookup, readBack, detail, found, read);
    const done = entries && isDone(lookup, entries);
    standings.add(done === undefined ? 'unclear' : done === wanted ? 'as_wanted' : 'otherwise');
    underWay ||= entries?.some(({ row }) => lookup.isUnderWay?.(row)) ?? false;
  }
  const [only] = standings;
  // Some are and some are not: nothing can be said of the alarm as a whole.
  if (standings.size !== 1 || only === undefined) return { standing: 'unclear' };
  return { standing: only, ...(underWay && { underWay }) };
}

interface Entry {
  readonly row: ListedRow;
  /** Whether it is the detail's for sure; otherwise it may be. */
  readonly isSame: boolean;
}

/** The entries that are a detail's, or may be; undefined when the list can't be read. */
async function entriesOf(
  { list, fields }: Lookup,
  readBack: ExpectedEffect,
  detail: WireDetail,
  { host_id: host }: ListedEvent,
  read: Read,
): Promise<Entry[] | undefined> {
  const filter = fields.map((name): [string, string] => [name, String(detail[name] ?? '')]);
  const rows = await readWhole(list, filter, readBack, read);
  return rows?.flatMap((row) => {
    const told = fields.map((name) => isEqual(row[name], detail[name]));
    // The same file may be on several hosts.
    if (list === ISOLATED_FILES) told.push(isEqual(row['host_id'], host));
    return told.includes(false) ? [] : [{ row, isSame: !told.includes(undefined) }];
  });
}

/** Undefined where one of them is no text, and so says nothing. */
function isEqual(listed: unknown, wanted: unknown): boolean | undefined {
  const isText = (value: unknown) => typeof value === 'string' && value !== '';
  return isText(listed) && isText(wanted) ? listed === wanted : undefined;
}

/** Whether the entries say that it was done; undefined where they do not, or only one that may be another's does. */
function isDone({ stands }: Lookup, entries: readonly Entry[]): boolean | undefined {
  const said = entries.map(({ row, isSame }) => ({ stands: stands(row), isSame }));
  if (said.some((each) => each.isSame && each.stands === true)) return true;
  return said.every((each) => each.stands === false) ? false : undefined;
}
