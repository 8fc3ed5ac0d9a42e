import type { AuditAppend } from '../../src/audit/audit.engine.js';
import type { AuditRecord } from '../../src/audit/audit-record.js';
import type { AlarmOutcome } from '../../src/domain/outcome.js';
import type { SeenAlarm } from '../../src/domain/seen-alarm.js';
import { SEVERITIES } from '../../src/domain/upstream-words.js';

/** A record and what an auditor may know it by, noted as it was made and not read from it. */
export interface MadeRecord {
  readonly record: AuditRecord;
  readonly append: AuditAppend;
  readonly at: number;
  readonly caller: readonly string[];
  readonly onBehalfOf: readonly string[];
  readonly operation: readonly string[];
  readonly severity: readonly string[];
  readonly outcome: readonly string[];
  readonly code: readonly string[];
  readonly alarm: readonly string[];
  readonly host: readonly string[];
  readonly agentId: readonly string[];
  /** What the outcome of the operation adds, where it is known. */
  readonly later?: { readonly severity: readonly string[]; readonly host: readonly string[] };
  readonly operationId?: string;
  readonly scope?: { readonly project: string; readonly enterpriseProjectId: string };
}

export const START = Date.parse('2026-08-16T09:05:22.701Z');
export const MINUTE_MS = 60_000;
export const HISTORY = {
  callers: ['bot', 'portal', 'night'],
  humans: ['jane.doe@example.com', 'Doe, John'],
  types: ['ignore', 'isolate_and_kill', 'unhandle'],
  projects: ['prod', 'staging'],
  enterpriseProjects: ['0', 'all_granted_eps'],
  codes: ['not_granted', 'invalid_key', 'HSS'],
  hosts: 40,
} as const;

const hostOf = (index: number) => ({
  id: `Host-${index}`,
  name: `Web "${index}"`,
  privateIp: `10.0.0.${index}`,
});
const namesOf = (index: number): string[] => Object.values(hostOf(index));

/** Pseudo-random, the same each time. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % sides;
  };
}

type Draft = Omit<MadeRecord, 'at' | 'append' | 'record'> & {
  readonly record: Record<string, unknown> & { readonly kind: string };
  readonly operationRow?: AuditAppend['operation'];
};

const NOBODY = { caller: [], onBehalfOf: [], operation: [], severity: [], outcome: [], code: [] };
const NOTHING = { ...NOBODY, alarm: [], host: [], agentId: [] };

/** A trail of so many records, some of whose times are not in order, as `at` in minutes after the start. */
export function makeHistory(count: number): MadeRecord[] {
  const roll = dice(7);
  const pick = <T>(all: readonly T[]): T => all[roll(all.length)]!;
  const waiting: Draft[][] = [];
  const made: MadeRecord[] = [];
  while (made.length < count) {
    if (waiting.length < 5)
      waiting.push(roll(10) < 7 ? operation(made.length, roll, pick) : [other(roll, pick)]);
    const stream = pick(waiting);
    const draft = stream.shift();
    if (stream.length === 0) waiting.splice(waiting.indexOf(stream), 1);
    if (!draft) continue;
    const { record, operationRow, ...known } = draft;
    const at = START + (made.length - (roll(5) === 0 ? roll(50) : 0)) * MINUTE_MS;
    const body = JSON.stringify({ ...record, at: new Date(at).toISOString() });
    const requests = record['requests'] as unknown[] | undefined;
    made.push({
      ...known,
      at,
      record: record as unknown as AuditRecord,
      append: {
        kind: record.kind,
        at,
        operationId: known.operationId ?? null,
        body: requests ? withRequestsLast(body, requests) : body,
        ...(operationRow && { operation: operationRow }),
      },
    });
  }
  return made;
}

/** As the trail writes an intent: its requests stand behind all else. */
function withRequestsLast(body: string, requests: readonly unknown[]): string {
  const { requests: _, ...head } = JSON.parse(body) as Record<string, unknown>;
  return `${JSON.stringify(head).slice(0, -1)},"requests":${JSON.stringify(requests)}}`;
}

function other(roll: (sides: number) => number, pick: <T>(all: readonly T[]) => T): Draft {
  const [caller, human, code] = [pick(HISTORY.callers), pick(HISTORY.humans), pick(HISTORY.codes)];
  switch (roll(4)) {
    case 0:
      return {
        ...NOTHING,
        record: { kind: 'refusal', caller, onBehalfOf: human, code, status: 403 },
        ...{ caller: [caller], onBehalfOf: [human], code: [code] },
      };
    case 1:
      return { ...NOTHING, record: { kind: 'refusal', code, status: 401 }, code: [code] };
    case 2:
      return {
        ...NOTHING,
        record: { kind: 'refusal_summary', counts: { [code]: 3, overloaded: 1 } },
        code: [code, 'overloaded'],
      };
    default:
      return {
        ...NOTHING,
        record: { kind: 'brake', caller, by: 'releaser', engaged: false },
        caller: [caller, 'releaser'],
      };
  }
}

/** All records of one operation; what was seen of its alarms stands in the intent, in the outcome, or nowhere. */
function operation(
  index: number,
  roll: (sides: number) => number,
  pick: <T>(all: readonly T[]) => T,
): Draft[] {
  const operationId = `0198c5f2-7c25-7d41-8c3b-${index.toString(16).padStart(12, '0')}`;
  const caller = pick(HISTORY.callers);
  const human = roll(3) === 0 ? pick(HISTORY.humans) : undefined;
  const type = pick(HISTORY.types);
  const scope = { project: pick(HISTORY.projects), enterpriseProjectId: pick(HISTORY.enterpriseProjects) };
  const severity = pick(SEVERITIES);
  const seenIn = pick(['intent', 'chunks', 'nowhere', 'items'] as const);
  const size = roll(25) === 0 ? 130 : 1 + roll(3);
  const alarms = Array.from(
    { length: size },
    (_, place) => `${seenIn === 'items' ? 'I' : 'e'}-${index}-${place}`,
  );
  const hosts = alarms.map(() => roll(HISTORY.hosts));
  const isSeen = seenIn === 'intent' || seenIn === 'chunks';
  const seenOf = (place: number): SeenAlarm => ({
    name: 'x',
    severity,
    host: hostOf(hosts[place]!),
    agentId: `agent-${hosts[place]!}`,
  });
  const [outcome, second] = [pick(['applied', 'unknown', 'rejected'] as const), 'already' as const];
  const fault = outcome === 'rejected' ? { fault: { code: 'HSS' } } : {};
  const chunkOf = (first: number): Record<string, unknown> => {
    const places = alarms.slice(first, first + 100).map((_, place) => first + place);
    return {
      ...{ alarms: places.length, outcome, ...fault, ...(places.length > 1 && { already: [alarms[first]] }) },
      ...(seenIn === 'chunks' && {
        seen: places.map((place) => ({ eventId: alarms[place], ...seenOf(place) })),
      }),
    };
  };
  const chunks = size > 100 ? [chunkOf(0), chunkOf(100)] : [chunkOf(0)];
  const [status, code] = [
    pick(['applied', 'partially_applied', 'unknown']),
    outcome === 'rejected' ? ['HSS'] : [],
  ];
  const outcomes: AlarmOutcome[] = [outcome, ...(size > 1 ? [second] : [])];
  const seen = { severity: [severity], host: hosts.flatMap(namesOf) };
  const inItems = seenIn === 'items' ? hosts.flatMap((host) => [`Host-${host}`, `Web "${host}"`]) : [];
  const common = {
    ...{
      caller: [caller],
      onBehalfOf: human === undefined ? [] : [human],
      operation: [type],
      outcome: [],
      code: [],
    },
    ...{ severity: seenIn === 'intent' ? [severity] : [], operationId, scope, alarm: alarms },
    host: seenIn === 'intent' ? seen.host : inItems,
    agentId: seenIn === 'items' ? [] : hosts.map((host) => `agent-${host}`),
  };
  const ofPart = (first: number, end: number) => ({
    alarm: alarms.slice(first, end),
    host: isSeen ? hosts.slice(first, end).flatMap(namesOf) : inItems.slice(first * 2, end * 2),
    agentId: common.agentId.slice(first, end),
    ...(isSeen && { severity: [severity] }),
  });
  const wires = alarms.map((event_id, place) => ({
    ...{ event_id, occur_time: 1 },
    operate_detail_list: [{ agent_id: `agent-${hosts[place]!}` }],
  }));
  const intent = {
    ...{
      kind: 'intent',
      operationId,
      caller,
      ...(human !== undefined && { onBehalfOf: human }),
      operation: type,
    },
    ...{ scope: { ...scope, region: 'r', projectId: 'p' } },
    ...(seenIn === 'items'
      ? {
          alarms: [],
          items: alarms.map((id, place) => ({ id, target: { hostId: `Host-${hosts[place]!}` } })),
          requests: inChunks(hosts.map((host) => ({ host_name: `Web "${host}"` }))).map((data_list) => ({
            data_list,
          })),
        }
      : { alarms, requests: inChunks(wires).map((operate_event_list) => ({ operate_event_list })) }),
    ...(seenIn === 'intent' && {
      severities: alarms.map(() => severity),
      seen: alarms.map((_, place) => seenOf(place)),
    }),
  };
  const operationRow: AuditAppend['operation'] = {
    ...{ caller, type, project: scope.project, enterpriseProjectId: scope.enterpriseProjectId },
    ...{ asked: '{}', eventIds: alarms },
  };
  const later = seenIn === 'chunks' ? { later: seen } : {};
  const drafts: Draft[] = [{ ...common, ...later, record: intent, operationRow }];
  if (seenIn !== 'chunks' && roll(5) === 0) {
    const by = { caller: 'canceller', onBehalfOf: 'Someone Else' };
    drafts.push({
      ...common,
      ...{ caller: [caller, by.caller], onBehalfOf: [...common.onBehalfOf, by.onBehalfOf] },
      record: { kind: 'cancellation', operationId, ...by },
    });
  }
  if (size > 100) {
    const record = { kind: 'chunk', operationId, index: 0, chunk: chunks[0] };
    drafts.push({ ...common, ...ofPart(0, 100), outcome: outcomes, code, record });
  }
  if (roll(10) === 0) return drafts;
  drafts.push({
    ...{ ...common, ...ofPart(0, size), outcome: [...outcomes, status], code },
    record: { kind: 'outcome', operationId, status, chunks },
  });
  if (outcome !== 'unknown') return drafts;
  const settled = { eventId: alarms[0], outcome: 'not_attempted' };
  drafts.push({
    ...{ ...common, ...ofPart(0, 1), outcome: ['not_attempted', 'applied'] },
    record: { kind: 'settlement', operationId, status: 'applied', settled: true, alarms: [settled] },
  });
  return drafts;
}

function inChunks<T>(all: readonly T[]): T[][] {
  return [all.slice(0, 100), all.slice(100)].filter((some) => some.length > 0);
}
