import { ATTACK_TAGS, HANDLE_STATUSES, SEVERITIES } from '../domain/upstream-words.js';
import { detailFrom, type AlarmDetail } from '../domain/detail-fields.js';
import { isOperationType, OPERATION_TYPE_NAMES, type OperationType } from '../domain/operation-type.js';
import type { Alarm, AlarmContainer, AlarmHandling, AlarmHost } from './alarm.js';
import { exactTime, list, object, oneOf, present, text, time, whole, type ListedRow } from '../hss/index.js';

/** An alarm of the listing, field by field; undefined for what has no id, which nobody could act on. */
export function alarmOf(listed: unknown): Alarm | undefined {
  const event = object(listed);
  const eventId = text(event['event_id']);
  if (eventId === undefined) return undefined;
  const resource = object(event['resource_info']);
  const container = containerOf(event, resource);
  return {
    eventId,
    ...present<Partial<Alarm>>({
      eventClassId: text(event['event_class_id']),
      eventType: whole(event['event_type']),
      occurTime: exactTime(event['occur_time']),
      occurredAt: time(event['occur_time']),
      name: text(event['event_name']),
      severity: oneOf(SEVERITIES, event['severity']),
      status: oneOf(HANDLE_STATUSES, event['handle_status']),
      handling: handlingOf(event),
    }),
    host: hostOf(event),
    ...present<Partial<Alarm>>({
      container,
      attackTag: oneOf(ATTACK_TAGS, event['attack_tag']),
      attackPhase: text(event['attack_phase']),
      summary: text(event['event_abstract']),
      description: text(event['description']),
      recommendation: text(event['recommendation']),
    }),
    tags: list(event['tag_list']).filter((tag): tag is string => typeof tag === 'string' && tag !== ''),
    ...present<Partial<Alarm>>({
      count: whole(event['event_count']),
      enterpriseProjectId: text(resource['enterprise_project_id']),
    }),
    ...present<Partial<Alarm>>({ accepts: acceptsOf(event['operate_accept_list']) }),
    details: list(event['operate_detail_list']).map((detail) => detailOf(object(detail), container)),
  };
}

/** Undefined where upstream does not say, which is not the same as none. Words that are only upstream's are left out. */
function acceptsOf(value: unknown): readonly OperationType[] | undefined {
  return Array.isArray(value) ? value.filter(isOperationType) : undefined;
}

function handlingOf(event: ListedRow): AlarmHandling | undefined {
  return present<AlarmHandling>({
    method: oneOf(OPERATION_TYPE_NAMES, event['handle_method']),
    at: time(event['handle_time']),
    remark: text(event['handler']),
  });
}

function hostOf(event: ListedRow): AlarmHost {
  return (
    present<AlarmHost>({
      id: text(event['host_id']),
      name: text(event['host_name']),
      privateIp: text(event['private_ip']),
      publicIp: text(event['public_ip']),
      osType: text(event['os_type']),
      status: text(event['host_status']),
      agentStatus: text(event['agent_status']),
      protectStatus: text(event['protect_status']),
      assetValue: text(event['asset_value']),
    }) ?? {}
  );
}

function containerOf(event: ListedRow, resource: ListedRow): AlarmContainer | undefined {
  return present<AlarmContainer>({
    id: text(resource['container_id']),
    name: text(event['container_name']),
    imageName: text(event['image_name']) ?? text(resource['image_name']),
  });
}

/** A detail to be sent back (contract 2.1, "From a listed event"): `is_parent` is the listing's own, a container the event's. */
function detailOf(detail: ListedRow, container: AlarmContainer | undefined): AlarmDetail {
  return detailFrom(({ wireName, kind }, name) => {
    if (name === 'containerId') return container?.id;
    if (name === 'containerName') return container?.name;
    const value = detail[wireName];
    if (kind === 'text') return text(value);
    return kind === 'integer' ? whole(value) : (text(value) ?? whole(value));
  });
}
