import type { LookedUp } from '../domain/outcome.js';
import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/ports.js';
import type { OperationType } from '../domain/operation-type.js';

import type { Place } from '../lists/readers.js';
import type { Alarm } from './alarm.js';
import { AlarmReader } from './alarm-reader.js';
import {
  eligibilityOf,
  observedStateOf,
  type EligibleAlarm,
  type Eligibility,
  type Ineligible,
} from './eligibility.js';
import type { AlarmReference } from './search-windows.js';

/** Alarms as they were read, to find out later whether they are still the same. */
export interface Resolved {
  /** One for each reference, in their order. */
  readonly verdicts: readonly Eligibility[];
  /** What was listed of each that was found, by event id. */
  readonly listed: ReadonlyMap<string, Alarm>;
  /** When it was read, by the monotonic clock: of the moment before. */
  readonly readAt: number;
}

/** Makes of the ids of alarms what an operation on them needs, by reading upstream's listing. */
@Injectable()
export class AlarmResolver {
  constructor(
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
    const circumstances = { cutShort: found.cutShort, takesPart: true };
    const listed = new Map(
      [...found.alarms].flatMap(([id, [alarm]]) => (alarm ? [[id, alarm] as const] : [])),
    );
    return {
      verdicts: references.map(({ eventId }) =>
        eligibilityOf(operation, found.alarms.get(eventId) ?? [], circumstances),
      ),
      listed,
      readAt,
    };
  }

  /**
   * Those of some alarms that are no longer as they were read, or no longer there.
   *
   * @param seen of each alarm what it is found by, and the digest of what was listed of it
   * @throws Problem when upstream can't be read
   */
  async changed(
    seen: readonly (AlarmReference & { readonly digest: string })[],
    place: Place,
    context: CallContext,
  ): Promise<string[]> {
    const { alarms } = await this.reader.find(place, seen, context);
    return seen
      .filter(({ eventId, digest }) => {
        const [found, ...others] = alarms.get(eventId) ?? [];
        return !found || others.length > 0 || digestOf(found) !== digest;
      })
      .map(({ eventId }) => eventId);
  }
}

/** The alarms of a resolution, where all of them can be handled; what stands in the way otherwise, by place. */
export function readyOf({ verdicts }: Resolved): {
  readonly alarms: readonly EligibleAlarm[];
  readonly unfit: readonly { readonly index: number; readonly why: Ineligible }[];
} {
  return {
    alarms: verdicts.flatMap((verdict) => ('alarm' in verdict ? [verdict.alarm] : [])),
    unfit: verdicts.flatMap((verdict, index) => ('unfit' in verdict ? [{ index, why: verdict.unfit }] : [])),
  };
}

/** What was listed of the alarms that an operation acts on, for its record. */
export function lookedUpOf(
  operation: OperationType,
  { listed }: Resolved,
  eventIds: readonly string[],
): LookedUp {
  const alarms = eventIds.flatMap((eventId) => listed.get(eventId) ?? []);
  const possiblyAlready = alarms.filter((alarm) => observedStateOf(operation, alarm) !== 'differs');
  return {
    digests: alarms.map(digestOf),
    ...(possiblyAlready.length > 0 && { possiblyAlready: possiblyAlready.map(({ eventId }) => eventId) }),
  };
}

/** Characters of a digest in base64url: 96 bits, so that no two alarms meet by chance. */
const DIGEST_LENGTH = 16;

/** Of everything that an operation on an alarm was decided by. */
function digestOf(alarm: Alarm): string {
  const { eventClassId, eventType, occurTime, severity, status, handling, accepts, details } = alarm;
  const essence = [eventClassId, eventType, occurTime, severity, status, handling, accepts, details];
  return createHash('sha256').update(JSON.stringify(essence)).digest('base64url').slice(0, DIGEST_LENGTH);
}
