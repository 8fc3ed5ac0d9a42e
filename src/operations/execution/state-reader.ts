import { Inject, Injectable, Logger } from '@nestjs/common';

import { AlarmResolver } from '../../alarms/alarm-resolver.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import { isListOperation, OPERATIONS, type OperationName } from '../../domain/operation-type.js';
import type { Fault } from '../../domain/outcome.js';
import { faultFor } from '../../problems/catalogue.js';
import { faultOfProblem, Problem } from '../../problems/problem.js';
import {
  eventsOf,
  observedStates,
  type ActCall,
  type HssAct,
  type ObservedAlarm,
  trimmedCall,
} from '../../hss/index.js';
import { UpstreamClient } from '../../upstream/index.js';
import type { ChunkFacts, LookedUpChunk } from './chunk.js';
import type { Acquired } from './target-locks.js';

/** Reading upstream's state takes no more of the operation's time; what it did not say by then stays unknown. */
const MAX_READ_MS = 3_000;
/** Less time is not enough for one reading. */
export const MIN_READ_MS = 500;
/** Upstream's listings are given so long to catch up with what it did a moment before. */
const LISTING_LAG_MS = 2_000;
const READ_AGAIN_MS = 250;
/** What was read so lately is believed; upstream offers no way to act only on what is unchanged, so some moment remains anyhow. */
const BELIEVED_MS = 1_000;

/** What is known of the state of a chunk's alarms before it is sent. */
export interface StateBefore {
  readonly states: readonly ObservedAlarm[];
  /** Ids of those that were as wanted; absent: nothing was read. */
  readonly already?: readonly string[];
  /** Ids of those of which it could not be read. */
  readonly unread?: readonly string[];
  /** Ids of those of which it could not be read, and to which the same was done before, or may have been; absent: none. */
  readonly doubtful?: readonly string[];
}

/** Reads upstream's state around acts. */
@Injectable()
export class StateReader {
  readonly #logger = new Logger(StateReader.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly upstream: UpstreamClient,
    private readonly alarms: AlarmResolver,
    private readonly clock: Clock,
  ) {}

  /** How long upstream's listings may lag, as far as it is waited for. */
  get lagMs(): number {
    return Math.min(LISTING_LAG_MS, this.config.upstream.settleQuietMs);
  }

  /** Whether upstream's state is read for such operations. */
  checks(operation: OperationName): boolean {
    const { verify } = this.config.upstream;
    // One reading of a list shows all its items, and upstream refuses all of them where one is gone.
    if (isListOperation(operation)) return true;
    return verify === 'always' || (verify === 'destructive' && OPERATIONS[operation].destructive);
  }

  /** What is known of the state before a chunk is sent. @param lock others that acted a moment ago are a reason to read in any case */
  async before(
    call: ActCall,
    { verbatim, before, lookedUp }: ChunkFacts,
    lock: Acquired,
    context: CallContext,
  ): Promise<StateBefore> {
    const { waited, doneBefore } = lock;
    if (before) return { states: [], ...before };
    const isChecked = this.checks(call.operation);
    // It is sent as it is; what it says of its alarms is compared with the listing all the same.
    if (verbatim && isChecked && !waited) return { states: await this.read(call, context, 'matches') };
    if (waited || isChecked || (lookedUp && doneBefore.size > 0)) return this.#beforeOf(call, lock, context);
    if (verbatim || !lookedUp) return { states: [] };
    const { possiblyAlready } = lookedUp;
    // What the listing says of how it was handled is not enough: a list that the operation changes may say otherwise.
    const doubtful = possiblyAlready.size === 0 ? undefined : trimmedCall(call, possiblyAlready, 'only');
    // All alarms that this reading does not show are known not to have been as wanted.
    return stateBefore(doubtful ? await this.read(doubtful, context, 'matches') : []);
  }

  async read(act: HssAct, context: CallContext, wanted?: 'matches'): Promise<ObservedAlarm[]> {
    const deadlineAt = Math.min(context.deadlineAt, this.clock.monotonic() + MAX_READ_MS);
    try {
      return await observedStates(this.upstream, act, { ...context, deadlineAt }, wanted);
    } catch (error) {
      // What is known of the act itself must not be lost over it.
      this.#logger.warn({ err: error, requestId: context.requestId }, "upstream's state could not be read");
      return [];
    }
  }

  /**
   * Why some of a call's alarms must not be acted on: one of them is no longer as it was when it was looked up, or that cannot be
   * read. Undefined where all are the same, or were read a moment ago.
   *
   * @param except event ids of alarms that will not be acted on
   */
  async conflict(
    { project, scope, body }: HssAct,
    { digests, readAt = -Infinity }: LookedUpChunk,
    context: CallContext,
    except: readonly string[],
  ): Promise<Fault | undefined> {
    if (this.clock.monotonic() - readAt < BELIEVED_MS) return undefined;
    const seen = eventsOf(body)
      .map(({ event_id: eventId, occur_time: occurTime }, index) => ({
        eventId,
        occurTime,
        digest: digests[index] ?? '',
      }))
      .filter(({ eventId }) => !except.includes(eventId));
    try {
      const changed = await this.alarms.changed(seen, { project, scope }, context);
      return changed.length === 0 ? undefined : faultFor('alarm_changed', changed);
    } catch (error) {
      if (error instanceof Problem) return faultOfProblem(error);
      throw error;
    }
  }

  /** Where the trail says that the same was done before, a listing that shows otherwise is believed only once it could catch up. */
  async #beforeOf(
    call: ActCall,
    { doneBefore, overlapped = new Set() }: Acquired,
    context: CallContext,
  ): Promise<StateBefore> {
    const until = Math.min(this.clock.monotonic() + this.lagMs, context.deadlineAt - MIN_READ_MS);
    for (;;) {
      const states = await this.read(call, context, 'matches');
      const shown = idsOf(states, 'matches');
      const missing = [...doneBefore.keys()].filter((target) => !shown.includes(target));
      if (missing.length === 0 || this.clock.monotonic() >= until) {
        const clear = [...shown, ...idsOf(states, 'differs')];
        const doubtful = missing.filter((target) => !clear.includes(target));
        const unclear = [...overlapped].filter((target) => !shown.includes(target));
        return states.length === 0
          ? withDoubts({ states }, call, doubtful, unclear)
          : withDoubts(stateBefore(states), call, doubtful, unclear);
      }
      await this.clock.wait(Math.min(READ_AGAIN_MS, until - this.clock.monotonic()));
    }
  }
}

function idsOf(states: readonly ObservedAlarm[], wanted: ObservedAlarm['state']): string[] {
  return states.filter(({ state }) => state === wanted).map(({ eventId }) => eventId);
}

/** What a reading shows of the state before an act. */
function stateBefore(states: readonly ObservedAlarm[]): StateBefore {
  return { states, already: idsOf(states, 'matches'), unread: idsOf(states, 'unknown') };
}

/** An act that may be done twice is sent all the same, and nothing is claimed of the state before. */
function withDoubts(
  before: StateBefore,
  { operation }: HssAct,
  doubtful: readonly string[],
  unclear: readonly string[],
): StateBefore {
  const isHarmless = OPERATIONS[operation].isIdempotent;
  const unread = [...new Set([...(before.unread ?? []), ...unclear, ...(isHarmless ? doubtful : [])])];
  return {
    ...before,
    ...(before.unread && { unread }),
    ...(!isHarmless && doubtful.length > 0 && { doubtful }),
  };
}
