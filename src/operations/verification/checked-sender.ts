import { Inject, Injectable, Logger } from '@nestjs/common';

import { OperationStore } from '../../audit/operation.store.js';
import { SentMarks } from '../../audit/sent-marks.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import { isListOperation, OPERATIONS, type OperationName } from '../../domain/operation-name.js';
import type { ChunkOutcome, Fault } from '../../domain/outcome.js';
import { Settler } from '../../settlement/settler.js';
import {
  faultOfItems,
  UpstreamClient,
  type AlarmStanding,
  type UpstreamCall,
  type UpstreamResult,
} from '../../upstream/index.js';
import { Turns } from '../turns/turns.js';
import type { ChunkFacts } from './chunk-facts.js';
import { alarmMismatch, mismatchesIn } from './mismatch.js';
import { apartIn, mayBePartial } from './partial-refusal.js';
import { stateBefore, type StateBefore } from './state-before.js';
import { StalenessCheck } from './staleness.js';
import { trimmedCall } from './trimmed-call.js';

/** A look at upstream's state takes no more of the operation's time; what it did not say by then stays unknown. */
const MOST_LOOK_MS = 3_000;
/** Less time is not enough for one. */
const LEAST_LOOK_MS = 500;
/** After a refusal upstream's listings are given so long to catch up with what it may have done before. */
const LISTING_LAG_MS = 2_000;

/** What came of one chunk. */
export interface Told {
  readonly chunk: ChunkOutcome;
  /** Whether the next one may fare better. */
  readonly goOn: boolean;
  /** What upstream answered. */
  readonly answer?: string;
}

/**
 * Sends a chunk. For the operations that the configuration names it reads upstream's state before and after: what was so before is
 * left alone, and what was sent is seen to be done, or to be under way. What was read when the alarms were looked up by their ids
 * counts as read before.
 */
@Injectable()
export class CheckedSender {
  readonly #logger = new Logger(CheckedSender.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly upstream: UpstreamClient,
    private readonly settler: Settler,
    private readonly store: OperationStore,
    private readonly staleness: StalenessCheck,
    private readonly marks: SentMarks,
    private readonly turns: Turns,
    private readonly clock: Clock,
  ) {}

  /** Whether upstream's state is read for such operations. */
  checks(operation: OperationName): boolean {
    const { verify } = this.config.upstream;
    // One look at a list shows all its items, and upstream refuses all of them where one is gone.
    if (isListOperation(operation)) return true;
    return verify === 'always' || (verify === 'destructive' && OPERATIONS[operation].destructive);
  }

  async send(call: UpstreamCall, facts: ChunkFacts, context: CallContext): Promise<Told> {
    const { alarms, intent, index } = facts;
    const turn = await this.turns.take(facts, context);
    if ('refused' in turn) return { ...notSent(alarms, turn.refused), goOn: false };
    const { waited } = turn;
    // Another operation did the same meanwhile, or may have: what is as wanted by now is no change that stands in the way.
    const conflict = waited ? undefined : await this.#conflict(call, facts, context);
    if (conflict) return notSent(alarms, conflict);
    const before = await this.#before(call, facts, context, waited);
    const mismatches = mismatchesIn(call, before.standings);
    if (mismatches.length > 0) return notSent(alarms, alarmMismatch(mismatches));
    const left = trimmedCall(call, new Set(before.already));
    if (!left) return allAlready(alarms, before.standings);
    const changed = waited ? await this.#conflict(call, facts, context, before.already) : undefined;
    if (changed) return notSent(alarms, changed);
    const mark = () => this.marks.mark(intent.operationId, index);
    const result = inWordsOf(call, await this.upstream.send(left, context, mark));
    const outcome = outcomeOf(result, alarms, before);
    if (isPartial(left, result)) return this.#apart(left, outcome, facts, context);
    if (outcome.chunk.outcome !== 'applied' || facts.verbatim || !this.#checks(call)) return outcome;
    return { ...outcome, chunk: { ...outcome.chunk, ...seenIn(await this.#look(left, context)) } };
  }

  #checks({ readBack }: UpstreamCall): boolean {
    return readBack !== undefined && this.checks(readBack.operation);
  }

  /** Whether its alarms are still as they were looked up; of one that may have been sent that says nothing any more. */
  async #conflict(
    call: UpstreamCall,
    { lookedUp, before }: ChunkFacts,
    context: CallContext,
    except: readonly string[] = [],
  ): Promise<Fault | undefined> {
    return lookedUp && !before ? this.staleness.conflict(call, lookedUp, context, except) : undefined;
  }

  /** @param waited others acted on its alarms a moment ago: then it is read in any case */
  async #before(
    call: UpstreamCall,
    facts: ChunkFacts,
    context: CallContext,
    waited: boolean,
  ): Promise<StateBefore> {
    const { verbatim, before, lookedUp } = facts;
    if (before) return { standings: [], ...before };
    if (waited) return stateBefore(await this.#look(call, context, 'as_wanted'));
    if (verbatim) return stateBefore([]);
    if (this.#checks(call)) return stateBefore(await this.#look(call, context, 'as_wanted'));
    if (!lookedUp) return stateBefore([]);
    const { possiblyAlready } = lookedUp;
    // What the listing says of how it was handled is not enough: a list that the operation changes may say otherwise.
    const doubtful = possiblyAlready.size === 0 ? undefined : trimmedCall(call, possiblyAlready, 'only');
    return stateBefore(doubtful ? await this.#look(doubtful, context, 'as_wanted') : [], 'others_read');
  }

  async #look(
    { readBack }: UpstreamCall,
    context: CallContext,
    asked?: 'as_wanted',
  ): Promise<AlarmStanding[]> {
    if (!readBack) return [];
    const deadlineAt = Math.min(context.deadlineAt, this.clock.monotonic() + MOST_LOOK_MS);
    try {
      return await this.upstream.standings(readBack, { ...context, deadlineAt }, asked);
    } catch (error) {
      // What is known of the act itself must not be lost over it.
      this.#logger.warn({ err: error, requestId: context.requestId }, "upstream's state could not be read");
      return [];
    }
  }

  /**
   * Of a call that was refused, and that may have been carried out in part: what each of its alarms came to. What can't be told
   * apart in the operation's time is found out later.
   */
  async #apart(
    { project, readBack }: UpstreamCall,
    told: Told,
    { intent }: ChunkFacts,
    { requestId, deadlineAt }: CallContext,
  ): Promise<Told> {
    const since = this.clock.monotonic();
    const chunk = { ...told.chunk, refused: true as const };
    const unknown: Told = { ...told, chunk: { ...chunk, outcome: 'unknown' } };
    const quietMs = Math.min(LISTING_LAG_MS, this.config.upstream.settleQuietMs);
    if (!readBack || deadlineAt - since < quietMs + LEAST_LOOK_MS) return unknown;
    try {
      await this.clock.wait(quietMs);
      const own = await this.store.find(intent.operationId);
      if (!own) return unknown;
      const found = await this.settler.lookAt(own, project, readBack.body, since, { quietMs, refused: true });
      return { ...told, chunk: apartIn(chunk, found) };
    } catch (error) {
      this.#logger.warn({ err: error, requestId }, "upstream's state could not be read after a refusal");
      return unknown;
    }
  }
}

function notSent(alarms: number, fault: Fault): Told {
  return { chunk: { alarms, outcome: 'not_attempted', fault }, goOn: true };
}

function isPartial(call: UpstreamCall, result: UpstreamResult): boolean {
  return 'fault' in result && result.outcome === 'rejected' && result.ofOne === true && mayBePartial(call);
}

function inWordsOf({ readBack }: UpstreamCall, result: UpstreamResult): UpstreamResult {
  if (!('fault' in result) || !readBack || !isListOperation(readBack.operation)) return result;
  return { ...result, fault: faultOfItems(result.fault) };
}

function outcomeOf(result: UpstreamResult, alarms: number, { already, unread }: StateBefore): Told {
  const { outcome, exchange } = result;
  const chunk = {
    alarms,
    outcome,
    ...(already && { already }),
    ...(unread && unread.length > 0 && { unread }),
    exchange,
  };
  if ('fault' in result) return { chunk: { ...chunk, fault: result.fault }, goOn: result.goOn };
  return { chunk, goOn: true, answer: result.body };
}

function allAlready(alarms: number, before: readonly AlarmStanding[]): Told {
  return {
    chunk: { alarms, outcome: 'already', verified: true, ...underWayIn(before) },
    goOn: true,
    answer: '',
  };
}

function seenIn(after: readonly AlarmStanding[]): Pick<ChunkOutcome, 'verified' | 'underWay'> {
  const done = after.filter(({ standing, underWay }) => standing === 'as_wanted' && !underWay);
  const verified = done.length === after.length ? true : done.map(({ eventId }) => eventId);
  return { ...(done.length > 0 && { verified }), ...underWayIn(after) };
}

function underWayIn(standings: readonly AlarmStanding[]): Pick<ChunkOutcome, 'underWay'> {
  const underWay = standings.filter((each) => each.underWay && each.standing === 'as_wanted');
  return underWay.length === 0 ? {} : { underWay: underWay.map(({ eventId }) => eventId) };
}
