import { Injectable } from '@nestjs/common';

import { AlarmResolver } from '../../alarms/alarm-resolver.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import type { Fault } from '../../domain/outcome.js';
import { faultOfProblem, Problem } from '../../problems/problem.js';
import { eventsOf, type HssAct } from '../../hss/index.js';

/** What was read so lately is believed; upstream offers no way to act only on what is unchanged, so some moment remains anyhow. */
const BELIEVED_MS = 1_000;

/** What was listed of a chunk's alarms when they were looked up. */
export interface LookedUpChunk {
  /** In the order of the call. */
  readonly digests: readonly string[];
  /** When that was, by the monotonic clock; absent: long ago, or in another process. */
  readonly readAt?: number;
}

/** Tells whether alarms that were looked up are still as they were when they are about to be acted on. */
@Injectable()
export class StalenessCheck {
  constructor(
    private readonly resolver: AlarmResolver,
    private readonly clock: Clock,
  ) {}

  /**
   * Why some of a call's alarms must not be acted on: one of them is no longer as it was read, or that can't be told. Undefined
   * where all are the same, or were read a moment ago.
   *
   * @param except event ids of alarms that won't be acted on
   */
  async conflict(
    { project, scope, body }: HssAct,
    { digests, readAt = -Infinity }: LookedUpChunk,
    context: CallContext,
    except: readonly string[] = [],
  ): Promise<Fault | undefined> {
    if (this.clock.monotonic() - readAt < BELIEVED_MS) return undefined;
    const all = eventsOf(body).map(({ event_id: eventId, occur_time: occurTime }, index) => ({
      eventId,
      occurTime,
      digest: digests[index] ?? '',
    }));
    const seen = all.filter(({ eventId }) => !except.includes(eventId));
    try {
      const changed = await this.resolver.changed(seen, { project, scope }, context);
      return changed.length === 0 ? undefined : alarmChanged(changed);
    } catch (error) {
      if (error instanceof Problem) return faultOfProblem(error);
      throw error;
    }
  }
}

/** Code of the fault. */
export const ALARM_CHANGED = 'alarm_changed';

/** The fault of alarms that are not as they were read. */
export function alarmChanged([first, ...others]: readonly string[]): Fault {
  const which = others.length === 0 ? `Alarm ${first}` : `Alarm ${first} and ${others.length} more`;
  return {
    code: ALARM_CHANGED,
    status: 409,
    detail: `${which} changed between being looked up and being acted on, so this was not sent. Nothing was done for the alarms that would have gone with it; send the request again to have them looked up anew.`,
    retryable: true,
  };
}
