import { ApiSchema } from '@nestjs/swagger';

import { detailFrom, type AlarmDetail } from '../domain/detail-fields.js';
import { isOperationType, OPERATION_TYPE_NAMES, type OperationType } from '../domain/operation-type.js';
import { ATTACK_TAGS, HANDLE_STATUSES, SEVERITIES } from '../domain/upstream-words.js';
import { eventIdOf, exactTime, list, object, text, whole, type ListedRow } from '../hss/index.js';
import {
  AT,
  field,
  TEXT,
  TIME,
  WHOLE,
  word,
  type EntryFields,
  type MembersOf,
} from '../lists/list-descriptor.js';
import { membersReader } from '../lists/readers.js';
import { ListedDetailFields } from '../validation/detail-dto.js';

@ApiSchema({
  name: 'ListedAlarmDetail',
  description: 'What upstream knows of the process, file or login behind an alarm, ready to be sent back.',
})
@ListedDetailFields()
class ListedAlarmDetailDto {}

/** The fields of a listed alarm: its type, its reader and its schemas are made from this table. */
export const ALARM_FIELDS = {
  eventId: {
    ...field('event_id', TEXT, 'Event id; not always a UUID.', '2a71e1e2-60f4-4d56-b314-2038fdc39de6'),
    always: true,
  },
  eventClassId: field('event_class_id', TEXT, 'Event class.', 'rootkit_0001'),
  eventType: field('event_type', WHOLE, 'Event type code.', 1010),
  occurTime: {
    description:
      'Time of occurrence, exact, in epoch milliseconds: digits in a string where the number is beyond the safe integers.',
    schema: {
      oneOf: [
        { type: 'integer', format: 'int64' },
        { type: 'string', pattern: '^\\d{16,19}$' },
      ],
      example: 1672046760353,
    },
    read: ({ occur_time }: ListedRow) => exactTime(occur_time),
  },
  occurredAt: field(
    'occur_time',
    TIME,
    'The same for people, where it is a time between 2001 and 2286: anything else is none.',
    '2022-12-26T09:26:00.353Z',
  ),
  name: field('event_name', TEXT, "What happened, in upstream's words.", 'Rootkit'),
  severity: field('severity', word(SEVERITIES), 'Threat level.', 'High'),
  status: field('handle_status', word(HANDLE_STATUSES), 'Whether it is handled.', 'unhandled'),
  handling: {
    schema: 'AlarmHandling',
    about: 'How an alarm was handled last.',
    description: 'How, where it is.',
    fields: {
      // One of the five forward types; a word of upstream's own that is none of them is left out.
      method: field('handle_method', word(OPERATION_TYPE_NAMES), 'The operation type.', 'ignore'),
      at: field('handle_time', TIME, 'When.', AT),
      remark: field('handler', TEXT, 'The remark that was given.', 'SEC-1234'),
    },
  },
  host: {
    schema: 'AlarmHost',
    about: 'The host of an alarm, in words of upstream.',
    description: 'Where it happened.',
    always: true,
    fields: {
      id: field('host_id', TEXT, 'Host id.', '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e'),
      name: field('host_name', TEXT, 'Name.', 'app-server-15'),
      privateIp: field('private_ip', TEXT, 'Private IP address.', '10.20.1.15'),
      publicIp: field('public_ip', TEXT, 'Public IP address.', '198.51.100.15'),
      osType: field('os_type', TEXT, 'Operating system.', 'Linux'),
      status: field('host_status', TEXT, 'State of the server.', 'ACTIVE'),
      agentStatus: field(
        'agent_status',
        TEXT,
        'State of the HSS agent; isolation needs one that is online.',
        'online',
      ),
      protectStatus: field('protect_status', TEXT, 'Whether the host is protected.', 'opened'),
      assetValue: field('asset_value', TEXT, 'How much it matters.', 'important'),
    },
  },
  container: {
    schema: 'AlarmContainer',
    about: 'The container of an alarm.',
    description: 'And in which container, for alarms of containers.',
    fields: {
      id: field(
        'resource_info.container_id',
        TEXT,
        'Container id.',
        '652c3ab8cd533edaf50c5cf58e292d5d260caf95bf9ab93320491b51e310cd4c',
      ),
      name: field('container_name', TEXT, 'Instance name.', 'k8s_redis_redis-6c9f_prod_0'),
      imageName: {
        description: 'Name of its image.',
        schema: { type: 'string', example: 'redis:7.2' },
        read: ({ image_name, resource_info }: ListedRow) =>
          text(image_name) ?? text(object(resource_info)['image_name']),
      },
    },
  },
  attackTag: field('attack_tag', word(ATTACK_TAGS), 'How it is marked.', 'attack_success'),
  attackPhase: field('attack_phase', TEXT, 'Phase of the kill chain.', 'exploit'),
  summary: field('event_abstract', TEXT, 'In one line.', 'Rootkit on rootkit-host'),
  description: field('description', TEXT, 'In more words.', 'A kernel module hides processes.'),
  recommendation: field(
    'recommendation',
    TEXT,
    'What upstream advises.',
    'Check whether the behaviour is expected; isolate the file if it is not.',
  ),
  tags: {
    description: "Upstream's tags.",
    schema: { type: [String] },
    read: ({ tag_list }: ListedRow): readonly string[] => list(tag_list).flatMap((tag) => text(tag) ?? []),
    always: true,
  },
  count: field('event_count', WHOLE, 'How often it occurred.', 1),
  enterpriseProjectId: field(
    'resource_info.enterprise_project_id',
    TEXT,
    'Enterprise project that it belongs to.',
    '0',
  ),
  accepts: {
    description: 'The operation types that it takes now; empty: none. Absent: upstream does not say.',
    schema: { enum: [...OPERATION_TYPE_NAMES], isArray: true, example: ['mark_as_handled', 'ignore'] },
    // Words that are only upstream's are left out.
    read: ({ operate_accept_list: words }: ListedRow): readonly OperationType[] | undefined =>
      Array.isArray(words) ? words.filter(isOperationType) : undefined,
  },
  details: {
    description: 'Details as an operation takes them.',
    schema: { type: [ListedAlarmDetailDto] },
    read: (row: ListedRow): readonly AlarmDetail[] =>
      list(row['operate_detail_list']).map((detail) => detailOf(object(detail), row)),
    always: true,
  },
} as const satisfies EntryFields;

/**
 * One alarm as upstream lists it (contract 2.1), made of named fields only. Upstream promises none of them but the id, and what
 * is empty there is absent here. Nothing of its processes, users, files and forensics is in it beyond `details`: those hold
 * passwords, command lines and contents of files.
 */
export type Alarm = MembersOf<typeof ALARM_FIELDS>;

const read = membersReader(ALARM_FIELDS);

/** An alarm of the listing, field by field; undefined for what has no id, which nobody could act on. */
export function alarmOf(row: ListedRow): Alarm | undefined {
  return eventIdOf(row) === undefined ? undefined : (read(row) as Alarm);
}

/** A detail to be sent back (contract 2.1, "From a listed event"): `is_parent` is the listing's own, a container the event's. */
function detailOf(detail: ListedRow, event: ListedRow): AlarmDetail {
  return detailFrom(({ wireName, kind }, name) => {
    if (name === 'containerId') return text(object(event['resource_info'])['container_id']);
    if (name === 'containerName') return text(event['container_name']);
    const value = detail[wireName];
    if (kind === 'text') return text(value);
    return kind === 'integer' ? whole(value) : (text(value) ?? whole(value));
  });
}
