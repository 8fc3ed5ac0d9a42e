import type { SeenAlarm, SeenHost } from '../domain/seen-alarm.js';
import { present, type ListedRow } from '../hss/index.js';
import { printableMessage } from '../upstream/index.js';
import { alarmOf, type Alarm } from './alarm.js';

/** Ids of agents are longer than what may be a secret; such a one has other characters too. */
const LONG_ID = /^[\da-f]{1,64}$/i;

/** What the records keep of a listed alarm; undefined where upstream lists nothing of it. */
export function seenOf({ name, severity, host, details }: Alarm): SeenAlarm | undefined {
  const agentIds = new Set(details.flatMap(({ agentId }) => agentId ?? []));
  const [agentId = ''] = agentIds.size === 1 ? agentIds : [];
  return present<SeenAlarm>({
    name: printableMessage(name),
    severity,
    host: present<SeenHost>({
      id: printableMessage(host.id),
      name: printableMessage(host.name),
      privateIp: printableMessage(host.privateIp),
      publicIp: printableMessage(host.publicIp),
    }),
    agentId: LONG_ID.test(agentId) ? agentId : printableMessage(agentId),
  });
}

/** The same of an alarm's row in the listing. */
export function seenIn(row: ListedRow): SeenAlarm | undefined {
  const alarm = alarmOf(row);
  return alarm && seenOf(alarm);
}
