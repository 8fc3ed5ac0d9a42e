import { Inject, Injectable, Logger } from '@nestjs/common';

import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import { isListOperation, OPERATIONS, type OperationName } from '../../domain/operation-name.js';
import { observedStates, type ActCall, type HssAct, type ObservedAlarm } from '../../hss/index.js';
import { UpstreamClient } from '../../upstream/index.js';
import type { Taken } from '../admission/turns/turns.js';
import type { ChunkFacts } from './chunk-facts.js';
import { stateBefore, type StateBefore } from './state-before.js';
import { trimmedCall } from './trimmed-call.js';

/** A look at upstream's state takes no more of the operation's time; what it did not say by then stays unknown. */
const MAX_LOOK_MS = 3_000;
/** Less time is not enough for one. */
export const MIN_LOOK_MS = 500;
/** Upstream's listings are given so long to catch up with what it did a moment before. */
const LISTING_LAG_MS = 2_000;
const LOOK_AGAIN_MS = 250;

/** Reads upstream's state around acts. */
@Injectable()
export class StateReader {
  readonly #logger = new Logger(StateReader.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly upstream: UpstreamClient,
    private readonly clock: Clock,
  ) {}

  /** How long upstream's listings may lag, as far as it is waited for. */
  get lagMs(): number {
    return Math.min(LISTING_LAG_MS, this.config.upstream.settleQuietMs);
  }

  /** Whether upstream's state is read for such operations. */
  checks(operation: OperationName): boolean {
    const { verify } = this.config.upstream;
    // One look at a list shows all its items, and upstream refuses all of them where one is gone.
    if (isListOperation(operation)) return true;
    return verify === 'always' || (verify === 'destructive' && OPERATIONS[operation].destructive);
  }

  /** What is known of the state before a chunk is sent. @param turn others that acted a moment ago are a reason to read in any case */
  async before(
    call: ActCall,
    { verbatim, before, lookedUp }: ChunkFacts,
    turn: Taken,
    context: CallContext,
  ): Promise<StateBefore> {
    const { waited, doneBefore } = turn;
    if (before) return { standings: [], ...before };
    const isChecked = this.checks(call.operation);
    // It travels as it is; what it says of its alarms is held against the listing all the same.
    if (verbatim && isChecked && !waited) return { standings: await this.look(call, context, 'matches') };
    if (waited || isChecked || (lookedUp && doneBefore.size > 0)) return this.#beforeOf(call, turn, context);
    if (verbatim || !lookedUp) return stateBefore([]);
    const { possiblyAlready } = lookedUp;
    // What the listing says of how it was handled is not enough: a list that the operation changes may say otherwise.
    const doubtful = possiblyAlready.size === 0 ? undefined : trimmedCall(call, possiblyAlready, 'only');
    return stateBefore(doubtful ? await this.look(doubtful, context, 'matches') : [], 'others_read');
  }

  async look(act: HssAct, context: CallContext, wanted?: 'matches'): Promise<ObservedAlarm[]> {
    const deadlineAt = Math.min(context.deadlineAt, this.clock.monotonic() + MAX_LOOK_MS);
    try {
      return await observedStates(this.upstream, act, { ...context, deadlineAt }, wanted);
    } catch (error) {
      // What is known of the act itself must not be lost over it.
      this.#logger.warn({ err: error, requestId: context.requestId }, "upstream's state could not be read");
      return [];
    }
  }

  /**
   * Of what the trail says was done before, a listing that shows otherwise is believed only after it had time to catch up.
   */
  async #beforeOf(
    call: ActCall,
    { doneBefore, overlapped = new Set() }: Taken,
    context: CallContext,
  ): Promise<StateBefore> {
    const until = Math.min(this.clock.monotonic() + this.lagMs, context.deadlineAt - MIN_LOOK_MS);
    for (;;) {
      const standings = await this.look(call, context, 'matches');
      const shown = standings.filter(({ state }) => state === 'matches').map(({ eventId }) => eventId);
      const missing = [...doneBefore.keys()].filter((target) => !shown.includes(target));
      if (missing.length === 0 || this.clock.monotonic() >= until) {
        const clear = new Set(
          standings.filter(({ state }) => state !== 'unknown').map(({ eventId }) => eventId),
        );
        const doubtful = missing.filter((target) => !clear.has(target));
        const unclear = [...overlapped].filter((target) => !shown.includes(target));
        return withDoubts(stateBefore(standings), call, doubtful, unclear);
      }
      await this.clock.wait(Math.min(LOOK_AGAIN_MS, until - this.clock.monotonic()));
    }
  }
}

/** What twice does no harm is sent all the same, and nothing is claimed of the state before. */
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
