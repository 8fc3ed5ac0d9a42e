import { type IntentRecord, targetsOf } from '../../audit/index.js';
import { isListOperation, OPERATIONS } from '../../domain/operation-type.js';
import { CHUNK_SIZE, type AlarmOutcome, type ChunkOutcome, type Fault } from '../../domain/outcome.js';
import {
  CHANGED_LIST,
  eventsOf,
  itemIdOf,
  itemsBody,
  itemsOf,
  operateBody,
  type ActCall,
  type HssAct,
  type HssBody,
  type ObservedAlarm,
  type WireItemsBody,
  type WireOperateBody,
} from '../../hss/index.js';
import type { FoundAlarm } from '../settlement/settlement.service.js';

/** What was listed of a chunk's alarms when they were looked up by their ids. */
export interface LookedUpChunk {
  /** In the order of the call. */
  readonly digests: readonly string[];
  /** When that was, by the monotonic clock; absent: long ago, or in another process. */
  readonly readAt?: number;
  /** Those that were not clearly listed as otherwise than the operation wants them. */
  readonly possiblyAlready: ReadonlySet<string>;
}

/** What is known of a chunk besides its call. */
export interface ChunkFacts {
  readonly intent: Pick<IntentRecord, 'operationId' | 'operation' | 'at'>;
  /** Event ids, or ids of items. */
  readonly targets: readonly string[];
  /** Milliseconds that it waits at most for its targets; absent: until its deadline. */
  readonly patienceMs?: number;
  /** Its place in the operation, from 0. */
  readonly index: number;
  /** How many alarms it is for. */
  readonly alarms: number;
  /** It is sent exactly as it is: upstream's state does not change what is sent. */
  readonly verbatim?: boolean;
  /** Absent: its alarms were named in full. */
  readonly lookedUp?: LookedUpChunk;
  /** It may have been sent before: only what was read of the state before that counts, and nothing is read again. */
  readonly before?: Pick<ChunkOutcome, 'already' | 'unread'>;
}

/**
 * What an operation's intent says of one of its chunks: the same in the foreground, in the background, and after a restart.
 *
 * @param readAt when its alarms were looked up, by the monotonic clock; absent: long ago, or in another process
 */
export function chunkFacts(
  intent: IntentRecord,
  index: number,
  readAt?: number,
): Pick<ChunkFacts, 'intent' | 'targets' | 'index' | 'lookedUp'> {
  const { lookedUp } = intent;
  const [from, to] = [index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE];
  const facts = { intent, index, targets: targetsOf(intent).slice(from, to) };
  if (!lookedUp) return facts;
  return {
    ...facts,
    lookedUp: {
      digests: lookedUp.digests.slice(from, to),
      possiblyAlready: new Set(lookedUp.possiblyAlready),
      ...(readAt !== undefined && { readAt }),
    },
  };
}

/** What came of one chunk. */
export interface ChunkResult {
  readonly chunk: ChunkOutcome;
  /** Whether the next one may fare better. */
  readonly goOn: boolean;
  /** What upstream answered. */
  readonly answer?: string;
}

/**
 * What sending a chunk came to.
 *
 * - `stopped`: it was not sent, nor will be what comes after it, and why
 * - `halted`: it was not sent, or its outcome is not known; the operation continues from here at the next start
 */
export type SendResult = ChunkResult | { readonly stopped: Fault } | 'halted';

/** Sends one chunk of so many alarms. @param index of the chunk, from 0 */
export type SendChunk = (call: ActCall, alarms: number, index: number) => Promise<SendResult>;

/** A chunk that was not sent, and why; the next one may be. */
export function notSent(alarms: number, fault: Fault): ChunkResult {
  return { chunk: { alarms, outcome: 'not_attempted', fault }, goOn: true };
}

/**
 * A call without some of its alarms or items, or with only them; undefined when none is left. One that carries whitelist rules stays
 * whole: they are wanted regardless of the alarms' state.
 */
export function trimmedCall<Call extends ActCall>(
  call: Call,
  ids: ReadonlySet<string>,
  how: 'without' | 'only' = 'without',
): Call | undefined {
  if (ids.size === 0) return call;
  const keeps = (id: string) => ids.has(id) === (how === 'only');
  const body = trimmedBody(call, keeps);
  if (body === call.body) return call;
  return body && { ...call, body };
}

function trimmedBody({ operation, body }: HssAct, keeps: (id: string) => boolean): HssBody | undefined {
  if (isListOperation(operation)) {
    const left = itemsOf(body).filter((item) => keeps(itemIdOf(CHANGED_LIST[operation], item)));
    return left.length === 0 ? undefined : itemsBody({ ...(body.wire as WireItemsBody), data_list: left });
  }
  const { event_white_rule_list: rules = [] } = body.wire as WireOperateBody;
  if (rules.length > 0) return body;
  const left = eventsOf(body).filter(({ event_id }) => keeps(event_id));
  if (left.length === 0) return undefined;
  return operateBody({ ...(body.wire as WireOperateBody), operate_event_list: left });
}

type Seen = Pick<ObservedAlarm, 'eventId' | 'mismatch'>;

/** The alarms of which a call says something that upstream lists otherwise. A reversal is never held up by it. */
export function mismatchesIn({ operation }: Pick<HssAct, 'operation'>, seen: readonly Seen[]): Seen[] {
  return OPERATIONS[operation].isReversal ? [] : seen.filter(({ mismatch }) => mismatch !== undefined);
}

/** Whether a call asks for more than one thing, so that upstream may have done some of them before it refused the call. */
export function mayBePartial({ operation, body }: HssAct): boolean {
  if (isListOperation(operation)) return itemsOf(body).length > 1;
  const { operate_event_list: events, event_white_rule_list: rules = [] } = body.wire as WireOperateBody;
  const details = OPERATIONS[operation].requiredDetails.length === 0 ? 0 : detailsIn(events);
  return events.length > 1 || details > 1 || rules.length > 0;
}

function detailsIn(events: WireOperateBody['operate_event_list']): number {
  return events.reduce((sum, { operate_detail_list: list }) => sum + (list ?? []).length, 0);
}

/** A chunk that upstream refused, with a separate outcome for each alarm that was found to have another one. */
export function apartIn(chunk: ChunkOutcome, found: readonly FoundAlarm[]): ChunkOutcome {
  const common: AlarmOutcome = found.some(({ outcome }) => outcome === 'unknown') ? 'unknown' : 'rejected';
  const apart = found.filter(({ outcome }) => outcome !== common);
  const underWay = apart.filter((alarm) => alarm.underWay).map(({ eventId }) => eventId);
  return {
    ...chunk,
    outcome: common,
    // Each one's state was read.
    ...(common === 'rejected' && { verified: true as const }),
    ...(apart.length > 0 && { apart: apart.map(({ eventId, outcome }) => ({ eventId, outcome })) }),
    ...(underWay.length > 0 && { underWay }),
  };
}
