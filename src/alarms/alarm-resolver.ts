import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/clock.js';
import type { OperationType } from '../domain/operation-type.js';
import type { Place } from '../lists/readers.js';
import type { Alarm } from './alarm.js';
import { AlarmReader } from './alarm-reader.js';
import { ChangeWatch } from './change-watch.js';
import { verdictOf, type ReadyAlarm, type Unfit, type Verdict } from './fitness.js';
import type { AlarmReference } from './search-windows.js';

/** Alarms as they were read, so that it can be told whether they are still the same. */
export interface Resolved {
  /** One for each reference, in their order. */
  readonly verdicts: readonly Verdict[];
  /** What was listed of each that was found, by event id. */
  readonly listed: ReadonlyMap<string, Alarm>;
  /** When it was read, by the monotonic clock: of the moment before. */
  readonly readAt: number;
}

/** Makes of the ids of alarms what an operation on them needs, by reading upstream's listing. */
@Injectable()
export class AlarmResolver {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly reader: AlarmReader,
    private readonly clock: Clock,
  ) {}

  /**
   * @param place where the operation will act: whether its caller may is for who asks to decide
   * @throws Problem when upstream can't be read; nothing was done
   */
  async resolve(
    operation: OperationType,
    references: readonly AlarmReference[],
    place: Place,
    context: CallContext,
  ): Promise<Resolved> {
    const readAt = this.clock.monotonic();
    const found = await this.reader.find(place, references, context);
    const leavesAlone = this.config.upstream.verify !== 'never';
    const circumstances = { cutShort: found.cutShort, leavesAlone };
    const listed = new Map(
      [...found.alarms].flatMap(([id, [alarm]]) => (alarm ? [[id, alarm] as const] : [])),
    );
    return {
      verdicts: references.map(({ eventId }) =>
        verdictOf(operation, found.alarms.get(eventId) ?? [], circumstances),
      ),
      listed,
      readAt,
    };
  }

  /** Tells of alarms that were read whether they are still the same when they are acted on. */
  watch(resolved: Resolved, place: Place): ChangeWatch {
    return new ChangeWatch(this.clock, resolved.readAt, (eventIds, context) =>
      this.#changed(eventIds, resolved, place, context),
    );
  }

  /** Those of the alarms that are no longer as they were read, or no longer there. @throws Problem when upstream can't be read */
  async #changed(
    eventIds: readonly string[],
    { listed }: Pick<Resolved, 'listed'>,
    place: Place,
    context: CallContext,
  ): Promise<string[]> {
    const before = eventIds.flatMap((eventId) => listed.get(eventId) ?? []);
    const references = before.map(referenceOf);
    const now = await this.reader.find(place, references, context);
    return before
      .filter((alarm) => {
        const [found, ...others] = now.alarms.get(alarm.eventId) ?? [];
        return !found || others.length > 0 || essenceOf(found) !== essenceOf(alarm);
      })
      .map(({ eventId }) => eventId);
  }
}

/** The alarms of a resolution, where all of them can be handled; what stands in the way otherwise, by place. */
export function readyOf({ verdicts }: Resolved): {
  readonly alarms: readonly ReadyAlarm[];
  readonly unfit: readonly { readonly index: number; readonly why: Unfit }[];
} {
  return {
    alarms: verdicts.flatMap((verdict) => ('alarm' in verdict ? [verdict.alarm] : [])),
    unfit: verdicts.flatMap((verdict, index) => ('unfit' in verdict ? [{ index, why: verdict.unfit }] : [])),
  };
}

function referenceOf({ eventId, occurTime }: Alarm): AlarmReference {
  return { eventId, ...(occurTime !== undefined && { occurTime: exact(occurTime) }) };
}

const exact = (time: number | string): number | bigint => (typeof time === 'number' ? time : BigInt(time));

/** What an operation on an alarm was decided by. */
function essenceOf(alarm: Alarm): string {
  const { eventClassId, eventType, occurTime, severity, status, handling, accepts, details } = alarm;
  return JSON.stringify([eventClassId, eventType, occurTime, severity, status, handling, accepts, details]);
}
