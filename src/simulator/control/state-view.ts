import { handleStatus, type Alarm } from '../hss/alarm.js';
import { interceptStatus } from '../hss/blocked-ip.js';
import { isolationStatus } from '../hss/isolation.js';
import type { World } from '../world.js';

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
export function showState(world: World, query: URLSearchParams): object {
  const ids = query.getAll('eventId');
  const touched = query.get('touched') === 'true';
  const alarms = [...world.alarms.all()].filter(
    (alarm) => (ids.length === 0 || ids.includes(alarm.eventId)) && (!touched || alarm.effects.length > 0),
  );
  const { isolationDelayMs } = world.settings;
  return {
    alarms: alarms.map(showAlarm),
    alarmWhitelist: world.alarmWhitelist.list(),
    loginWhitelist: world.loginWhitelist.list(),
    isolatedFiles: world.isolatedFiles.list().map(({ alarm, goal: _goal, ...file }) => ({
      ...file,
      hostId: alarm.host.id,
      eventId: alarm.eventId,
      status: isolationStatus({ alarm, goal: _goal, ...file }, world.now(), isolationDelayMs),
    })),
    blockedIps: world.blockedIps.map(({ host, ...entry }) => ({
      ...entry,
      hostId: host.id,
      status: interceptStatus({ host, ...entry }, world.now(), isolationDelayMs),
    })),
    agents: Object.fromEntries(world.agents),
    tokensIssued: world.tokens.issued,
  };
}
