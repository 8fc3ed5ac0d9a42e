import type { Severity } from '../domain/upstream-words.js';
import { windowOf, type AskedWindow } from '../lists/time-window.js';
import type { AlarmFilter } from './alarm-filter.js';
import type { AlarmFilterDto } from './alarm-filter.dto.js';

/** The filters that may have several words, however they travelled. */
export interface AskedKinds {
  readonly severity?: readonly string[] | undefined;
  readonly eventType?: readonly (string | number)[] | undefined;
  readonly eventClassId?: readonly string[] | undefined;
}

/** The alarms that valid filters mean, within a window of time. */
export function askedFilter(
  asked: AlarmFilterDto,
  { severity, eventType, eventClassId }: AskedKinds,
  window: Pick<AlarmFilter, 'from' | 'to'>,
): AlarmFilter {
  const { category, status, hostName, hostId, privateIp, publicIp, containerName, name } = asked;
  const { attackTag, attCk } = asked;
  return {
    ...(category && { category }),
    ...(severity && { severities: severity as Severity[] }),
    ...(status && { status }),
    ...(hostName !== undefined && { hostName }),
    ...(hostId !== undefined && { hostId }),
    ...(privateIp !== undefined && { privateIp }),
    ...(publicIp !== undefined && { publicIp }),
    ...(containerName !== undefined && { containerName }),
    ...(name !== undefined && { name }),
    ...(eventType && { eventTypes: eventType.map(Number) }),
    ...(eventClassId && { eventClassIds: eventClassId }),
    ...(attackTag && { attackTag }),
    ...(attCk && { attCk }),
    ...window,
  };
}

/** Newer alarms would move the pages, so a window without an end ends now. @param now epoch milliseconds */
export function endedWindow(asked: AskedWindow, now: number): Pick<AlarmFilter, 'from' | 'to'> {
  const { from, to = Math.max(now, from ?? 0) } = windowOf(asked, now);
  return { ...(from !== undefined && { from }), to };
}
