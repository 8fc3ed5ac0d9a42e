import { Inject, Injectable, Logger } from '@nestjs/common';

import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import { isListOperation, OPERATIONS, type OperationName } from '../../domain/operation-name.js';
import type { ChunkOutcome } from '../../domain/outcome.js';
import {
  faultOfItems,
  UpstreamClient,
  type AlarmStanding,
  type UpstreamCall,
  type UpstreamResult,
} from '../../upstream/index.js';
import { trimmedCall } from './trimmed-call.js';

/** A look at upstream's state takes no more of the operation's time; what it did not tell by then stays untold. */
const MOST_LOOK_MS = 3_000;

/** What came of one chunk. */
export interface Told {
  readonly chunk: ChunkOutcome;
  /** Whether the next one may fare better. */
  readonly goOn: boolean;
  /** What upstream answered. */
  readonly answer?: string;
}

/**
 * Sends a chunk and, for the operations that the configuration names, reads upstream's state before and after: what was so before
 * is left alone, and what was sent is seen to be done, or to be under way.
 */
@Injectable()
export class CheckedSender {
  readonly #logger = new Logger(CheckedSender.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly upstream: UpstreamClient,
    private readonly clock: Clock,
  ) {}

  /** Whether upstream's state is read for such operations. */
  checks(operation: OperationName): boolean {
    const { verify } = this.config.upstream;
    // One look at a list tells of all its items, and upstream refuses all of them where one is gone.
    if (isListOperation(operation)) return true;
    return verify === 'always' || (verify === 'destructive' && OPERATIONS[operation].destructive);
  }

  /** @param alarms how many the call is for @param verbatim whether it must travel as it is */
  async send(call: UpstreamCall, alarms: number, context: CallContext, verbatim = false): Promise<Told> {
    if (verbatim || !call.readBack || !this.checks(call.readBack.operation)) {
      return toldBy(await this.upstream.send(call, context), { alarms });
    }
    const { operation } = call.readBack;
    const seen = await this.#look(call, context, 'as_wanted');
    const before = seen.filter(({ standing }) => standing === 'as_wanted');
    const already = before.map(({ eventId }) => eventId);
    const left = trimmedCall(call, new Set(already));
    if (!left) return allAlready(alarms, before);
    const told = left !== call || tellsAll(operation, seen);
    const result = inWordsOf(operation, await this.upstream.send(left, context));
    const outcome = toldBy(result, { alarms, ...(told && { already }) });
    if (outcome.chunk.outcome !== 'applied') return outcome;
    return { ...outcome, chunk: { ...outcome.chunk, ...seenIn(await this.#look(left, context)) } };
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
}

/** Whether a look told of every item whether it was so before. */
function tellsAll(operation: OperationName, seen: readonly AlarmStanding[]): boolean {
  return (
    isListOperation(operation) && seen.length > 0 && seen.every(({ standing }) => standing !== 'unclear')
  );
}

function inWordsOf(operation: OperationName, result: UpstreamResult): UpstreamResult {
  if (!('fault' in result) || !isListOperation(operation)) return result;
  return { ...result, fault: faultOfItems(result.fault) };
}

function toldBy(result: UpstreamResult, chunk: Pick<ChunkOutcome, 'alarms' | 'already'>): Told {
  const { outcome, exchange } = result;
  if ('fault' in result)
    return { chunk: { ...chunk, outcome, exchange, fault: result.fault }, goOn: result.goOn };
  const verified = result.verified && { verified: true as const };
  return { chunk: { ...chunk, outcome, exchange, ...verified }, goOn: true, answer: result.body };
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
