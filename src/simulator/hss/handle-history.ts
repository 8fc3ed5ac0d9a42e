import type { SimulatorRequest } from '../exchange.js';
import type { World } from '../world.js';
import { enterpriseProjectsOf, isVisible, type Access } from './access.js';
import { ASSET_VALUES, ATTACK_TAGS, SEVERITIES } from './event-filter.js';
import type { HistoryEntry } from './history-entry.js';
import { QueryReader, pageOf, paged } from './query.js';

function historyFilter(query: QueryReader): (entry: HistoryEntry) => boolean {
  const severity = query.choice('severity', SEVERITIES);
  const attackTag = query.choice('attack_tag', ATTACK_TAGS);
  const assetValue = query.choice('asset_value', ASSET_VALUES);
  const classes = query.texts('event_class_ids');
  const eventName = query.text('event_name') ?? '';
  const eventType = query.integer('event_type', 1000, 30_000);
  const hostName = query.text('host_name') ?? '';
  const status = query.choice('handle_status', ['unhandled', 'handled']);
  const [hostIp, publicIp, privateIp] = ['host_ip', 'public_ip', 'private_ip'].map((name) =>
    query.text(name),
  );
  return ({ alarm, statusAfter }) =>
    (severity === undefined || alarm.severity === severity) &&
    (attackTag === undefined || alarm.attackTag === attackTag) &&
    (assetValue === undefined || alarm.host.assetValue === assetValue) &&
    (classes.length === 0 || classes.includes(alarm.eventClassId)) &&
    alarm.eventName.includes(eventName) &&
    (eventType === undefined || alarm.eventType === eventType) &&
    alarm.host.name.includes(hostName) &&
    (status === undefined || statusAfter === status) &&
    (hostIp === undefined || [alarm.host.privateIp, alarm.host.publicIp].includes(hostIp)) &&
    (publicIp === undefined || alarm.host.publicIp === publicIp) &&
    (privateIp === undefined || alarm.host.privateIp === privateIp);
}

function showEntry({ alarm, operateType, userName, notes, at, statusAfter }: HistoryEntry): object {
  return {
    event_type: alarm.eventType,
    host_name: alarm.host.name,
    event_abstract: `${alarm.eventName} on ${alarm.host.name}`,
    attack_tag: alarm.attackTag,
    private_ip: alarm.host.privateIp,
    public_ip: alarm.host.publicIp,
    asset_value: alarm.host.assetValue,
    occur_time: alarm.occurTime,
    handle_status: statusAfter,
    notes,
    event_class_id: alarm.eventClassId,
    event_name: alarm.eventName,
    handle_time: at,
    operate_type: operateType,
    severity: alarm.severity,
    user_name: userName,
  };
}

/** `GET /v5/{project_id}/event/handle-history`: newest first unless asked otherwise. Rows carry no event id. */
export function listHandleHistory(world: World, request: SimulatorRequest, access: Access): object {
  const query = new QueryReader(request.query);
  const page = pageOf(query, { least: 10, most: 200, required: true });
  const scope = enterpriseProjectsOf(request, access.identity);
  query.choice('sort_key', ['handle_time']);
  const ascending = query.choice('sort_dir', ['asc', 'desc']) === 'asc';
  const rows = world.history
    .filter(({ alarm }) => alarm.projectId === access.project.id && isVisible(alarm, scope))
    .filter(historyFilter(query));
  return paged(ascending ? rows : rows.reverse(), page, showEntry);
}
