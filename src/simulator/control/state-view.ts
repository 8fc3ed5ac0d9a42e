import { handleStatus, type Alarm } from '../hss/alarm.js';
import { interceptStatus, isolationStatus } from '../hss/list-entries.js';
import type { RecordedRequest, SimulatorState } from '../state.js';

function showAlarm(alarm: Alarm): object {
  const { handling } = alarm;
  return {
    eventId: alarm.eventId,
    projectId: alarm.projectId,
    enterpriseProjects: alarm.enterpriseProjects,
    eventClassId: alarm.eventClassId,
    eventType: alarm.eventType,
    occurTime: alarm.occurTime,
    handleStatus: handleStatus(alarm),
    ...(handling && { handleMethod: handling.method, handleTime: handling.at }),
    ...(handling?.remark !== undefined && { handler: handling.remark }),
    effects: alarm.effects,
  };
}

/**
 * Everything that calls have changed. `eventId` (repeatable) and `touched=true` (only alarms with effects) narrow the
 * alarms down; the lists are always whole.
 */
export function showState(state: SimulatorState, query: URLSearchParams): object {
  const ids = query.getAll('eventId');
  const touched = query.get('touched') === 'true';
  const alarms = [...state.alarms.all()].filter(
    (alarm) => (ids.length === 0 || ids.includes(alarm.eventId)) && (!touched || alarm.effects.length > 0),
  );
  const { isolationDelayMs } = state.settings;
  return {
    alarms: alarms.map(showAlarm),
    alarmWhitelist: state.alarmWhitelist.list(),
    loginWhitelist: state.loginWhitelist.list(),
    isolatedFiles: state.isolatedFiles.list().map(({ alarm, goal, ...file }) => ({
      ...file,
      hostId: alarm.host.id,
      eventId: alarm.eventId,
      status: isolationStatus({ goal, since: file.since }, state.now(), isolationDelayMs),
    })),
    blockedIps: state.blockedIps.map(({ host, ...entry }) => ({
      ...entry,
      hostId: host.id,
      status: interceptStatus(entry, state.now(), isolationDelayMs),
    })),
    agents: Object.fromEntries(state.agents),
    tokensIssued: state.tokens.issued,
  };
}

/** The JSON form; the body as base64 is exact, the text is for reading. */
export function showRequest(entry: RecordedRequest): object {
  const { body, ...rest } = entry;
  return { ...rest, bodyBase64: body.toString('base64'), bodyText: body.toString('utf8') };
}
