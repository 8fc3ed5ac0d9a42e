import { Injectable, Logger } from '@nestjs/common';

import { OperationStore, SentMarks, TrailState, type IntentRecord, targetsOf } from '../../audit/index.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import { isFilterOperation, isOperationType, OPERATIONS } from '../../domain/operation-type.js';
import {
  type AlarmOutcome,
  type ChunkOutcome,
  CHUNK_SIZE,
  type ExchangeTrace,
  type Fault,
} from '../../domain/outcome.js';
import { faultFor } from '../../problems/catalogue.js';
import {
  faultOfItems,
  type ActCall,
  type ObservedAlarm,
  type HssAct,
  mayBePartial,
  trimmedCall,
} from '../../hss/index.js';
import { printableMessage, UpstreamClient, type UpstreamResult } from '../../upstream/index.js';
import { SettlementService, type FoundAlarm } from '../settlement/settlement.service.js';
import { MIN_READ_MS, StateReader, type StateBefore } from './state-reader.js';
import { SeenAlarms } from './seen-alarms.js';
import { TargetLocks } from './target-locks.js';
import type { ChunkFacts, ChunkResult } from './chunk.js';

/**
 * Sends a chunk. For the operations that the configuration names it reads upstream's state before and after: alarms that were as
 * wanted before are left alone, and what was sent is verified to be done, or to be under way. What was read when the alarms were
 * looked up by their ids counts as read before.
 */
@Injectable()
export class ChunkSender {
  readonly #logger = new Logger(ChunkSender.name);

  constructor(
    private readonly upstream: UpstreamClient,
    private readonly state: StateReader,
    private readonly settlement: SettlementService,
    private readonly store: OperationStore,
    private readonly marks: SentMarks,
    private readonly trail: TrailState,
    private readonly locks: TargetLocks,
    private readonly clock: Clock,
  ) {}

  async send(call: ActCall, facts: ChunkFacts, context: CallContext): Promise<ChunkResult> {
    return facts.seen.addedTo(await this.#send(call, facts, context));
  }

  async #send(call: ActCall, facts: ChunkFacts, context: CallContext): Promise<ChunkResult> {
    const { alarms, intent, index, seen } = facts;
    if (this.trail.broken) return { ...notSent(alarms, faultFor('audit_broken')), goOn: false };
    const lock = await this.locks.acquire(facts, context);
    if ('refused' in lock) return { ...notSent(alarms, lock.refused), goOn: false };
    const conflict = lock.waited ? undefined : await this.#conflict(call, facts, context);
    if (conflict && conflict.code !== 'alarm_changed') return notSent(alarms, conflict);
    // Where others acted on an alarm meanwhile, and it is as wanted by now, that change is no conflict.
    const waited = lock.waited || conflict !== undefined;
    const before = await this.state.before(call, facts, { ...lock, waited }, context);
    seen.add(before.states);
    const mismatches = mismatchesIn(call, before.states);
    if (mismatches.length > 0) return notSent(alarms, faultFor('alarm_mismatch', mismatches));
    const { already, doubtful = [] } = before;
    if (doubtful.length > 0) {
      return { ...notSent(alarms, faultFor('state_unread', doubtful, { retryAfter: 5 })), goOn: false };
    }
    const left = trimmedCall(call, new Set(already));
    if (!left) return allAlready(alarms, before.states);
    const changed = waited ? await this.#conflict(call, facts, context, already) : undefined;
    if (changed) return notSent(alarms, changed);
    const mark = () => this.marks.mark(intent.operationId, index);
    const result = itemResult(call, await this.upstream.send(left, context, mark));
    const outcome = outcomeOf(left, result, alarms, before);
    if (isPartial(left, result)) return this.#apart(left, outcome, facts, context);
    if (outcome.chunk.outcome !== 'applied' || facts.verbatim || !this.state.checks(call.operation))
      return outcome;
    const after = await this.state.read(left, context);
    seen.add(after);
    return { ...outcome, chunk: { ...outcome.chunk, ...shownIn(after, outcome.chunk.underWay) } };
  }

  /** Whether its alarms are still as they were looked up; of one that may have been sent that says nothing any more. */
  async #conflict(
    call: ActCall,
    { lookedUp, before }: ChunkFacts,
    context: CallContext,
    except: readonly string[] = [],
  ): Promise<Fault | undefined> {
    return lookedUp && !before ? this.state.conflict(call, lookedUp, context, except) : undefined;
  }

  /**
   * Of a call that was refused, and that may have been carried out in part: the outcome of each of its alarms. What cannot be
   * distinguished in the operation's time is found out later.
   */
  async #apart(
    { project, body }: ActCall,
    refused: ChunkResult,
    { intent, seen }: ChunkFacts,
    { requestId, deadlineAt }: CallContext,
  ): Promise<ChunkResult> {
    const since = this.clock.monotonic();
    const chunk = { ...refused.chunk, refused: true as const };
    const unknown: ChunkResult = { ...refused, chunk: { ...chunk, outcome: 'unknown' } };
    const { lagMs: quietMs } = this.state;
    if (deadlineAt - since < quietMs + MIN_READ_MS) return unknown;
    try {
      await this.clock.wait(quietMs);
      const own = await this.store.find(intent.operationId);
      if (!own) return unknown;
      const found = await this.settlement.lookAt(own, project, body, since, { quietMs, refused: true });
      seen.add(found);
      return { ...refused, chunk: apartIn(chunk, found) };
    } catch (error) {
      this.#logger.warn({ err: error, requestId }, "upstream's state could not be read after a refusal");
      return unknown;
    }
  }
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
): Pick<ChunkFacts, 'intent' | 'targets' | 'index' | 'lookedUp' | 'seen'> {
  const { lookedUp } = intent;
  const [from, to] = [index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE];
  const targets = targetsOf(intent).slice(from, to);
  const known = intent.seen && new Set(targets.filter((_, place) => intent.seen?.[from + place]));
  const facts = { intent, index, targets, seen: new SeenAlarms(known) };
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

/** A chunk that was not sent, and why; the next one may be. */
export function notSent(alarms: number, fault: Fault): ChunkResult {
  return { chunk: { alarms, outcome: 'not_attempted', fault }, goOn: true };
}

type Seen = Pick<ObservedAlarm, 'eventId' | 'mismatch'>;

/** The alarms of which a call says something that upstream lists otherwise. A reversal is never held up by it. */
export function mismatchesIn({ operation }: Pick<HssAct, 'operation'>, seen: readonly Seen[]): Seen[] {
  return OPERATIONS[operation].isReversal ? [] : seen.filter(({ mismatch }) => mismatch !== undefined);
}

/** A chunk that upstream refused, with a separate outcome for each alarm that was found to have another one. */
function apartIn(chunk: ChunkOutcome, found: readonly FoundAlarm[]): ChunkOutcome {
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

function isPartial(call: ActCall, result: UpstreamResult): boolean {
  return 'fault' in result && result.outcome === 'rejected' && result.ofOne === true && mayBePartial(call);
}

function itemResult({ operation }: ActCall, result: UpstreamResult): UpstreamResult {
  if (!('fault' in result) || isOperationType(operation)) return result;
  return { ...result, fault: faultOfItems(result.fault) };
}

function outcomeOf(
  { operation }: ActCall,
  result: UpstreamResult,
  alarms: number,
  before: StateBefore,
): ChunkResult {
  const { already, unread } = before;
  const { outcome } = result;
  const exchange = isFilterOperation(operation) ? withWhatItSaid(result) : result.exchange;
  const chunk = {
    alarms,
    outcome,
    ...(already && { already }),
    ...(unread && unread.length > 0 && { unread }),
    ...(already && already.length > 0 && underWayIn(before.states)),
    exchange,
  };
  if ('fault' in result) return { chunk: { ...chunk, fault: result.fault }, goOn: result.goOn };
  return { chunk, goOn: true, answer: result.body };
}

/** Nothing else says what upstream did of what nobody named. */
function withWhatItSaid(result: UpstreamResult): ExchangeTrace {
  const said = 'fault' in result ? undefined : printableMessage(result.body.replace(/^\s*\{\s*\}\s*$/, ''));
  return said === undefined ? result.exchange : { ...result.exchange, said };
}

function allAlready(alarms: number, before: readonly ObservedAlarm[]): ChunkResult {
  return {
    chunk: { alarms, outcome: 'already', verified: true, ...underWayIn(before) },
    goOn: true,
    answer: '',
  };
}

/** @param others ids of alarms that were left alone while upstream is at work on them */
function shownIn(
  after: readonly ObservedAlarm[],
  others: readonly string[] = [],
): Pick<ChunkOutcome, 'verified' | 'underWay'> {
  const done = after.filter(({ state, underWay }) => state === 'matches' && !underWay);
  const verified = done.length === after.length ? true : done.map(({ eventId }) => eventId);
  const { underWay = [] } = underWayIn(after);
  const all = [...others, ...underWay];
  return { ...(done.length > 0 && { verified }), ...(all.length > 0 && { underWay: all }) };
}

function underWayIn(states: readonly ObservedAlarm[]): Pick<ChunkOutcome, 'underWay'> {
  const underWay = states.filter((each) => each.underWay && each.state === 'matches');
  return underWay.length === 0 ? {} : { underWay: underWay.map(({ eventId }) => eventId) };
}
