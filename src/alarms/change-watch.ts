import type { CallContext } from '../domain/caller.js';
import type { Clock } from '../domain/clock.js';
import type { Fault } from '../domain/outcome.js';
import { Problem } from '../http/problem.js';

/** What was read so lately is believed; upstream offers no way to act only on what is unchanged, so some moment remains anyhow. */
const BELIEVED_MS = 1_000;

/** Alarms that were read and are about to be acted on. */
export class ChangeWatch {
  constructor(
    private readonly clock: Clock,
    /** When they were read, by the monotonic clock. */
    private readonly readAt: number,
    /** Reads them again, and answers which are not as they were. */
    private readonly changed: (eventIds: readonly string[], context: CallContext) => Promise<string[]>,
  ) {}

  /**
   * Why some of the alarms must not be acted on: one of them is no longer as it was read, or that can't be told. Undefined where
   * all are the same, or were read a moment ago.
   */
  async objection(eventIds: readonly string[], context: CallContext): Promise<Fault | undefined> {
    if (this.clock.monotonic() - this.readAt < BELIEVED_MS) return undefined;
    try {
      const changed = await this.changed(eventIds, context);
      return changed.length === 0 ? undefined : alarmChanged(changed);
    } catch (error) {
      if (error instanceof Problem) return faultOf(error);
      throw error;
    }
  }
}

/** The fault of alarms that are not as they were read. */
export function alarmChanged([first, ...others]: readonly string[]): Fault {
  const which = others.length === 0 ? `Alarm ${first}` : `Alarm ${first} and ${others.length} more`;
  return {
    code: 'alarm_changed',
    status: 409,
    detail: `${which} changed between being looked up and being acted on, so this was not sent. Nothing was done for the alarms that would have gone with it; send the request again to have them looked up anew.`,
    retryable: true,
  };
}

function faultOf({ code, status, detail, extras }: Problem): Fault {
  const { retryable = false, retryAfter, upstream } = extras;
  return {
    ...{ code, status, detail, retryable },
    ...(retryAfter !== undefined && { retryAfter }),
    ...(upstream && { upstream }),
  };
}
