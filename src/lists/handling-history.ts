import { ASSET_VALUES, ATTACK_TAGS, HANDLE_STATUSES, SEVERITIES } from '../domain/upstream-words.js';
import { OPERATION_TYPE_NAMES } from '../domain/operation-type.js';
import { HANDLING_HISTORY as LIST } from '../hss/index.js';
import { EVENT_CLASS } from './filter-fields.js';
import {
  AT,
  EVENT_TYPE_CODE,
  field,
  TEXT,
  text,
  TIME,
  WHOLE,
  word,
  words,
  type ListDescriptor,
} from './list-descriptor.js';
import { factsOf } from './readers.js';

/** Contract 2.3. Upstream has no filter by time here. */
export const HANDLING_HISTORY: ListDescriptor = {
  list: LIST,
  path: 'handling-history',
  operationId: 'listHandlingHistory',
  summary: 'List what was done with alarms.',
  remarks:
    'Every handling that upstream knows of, by any of its users, newest first; every parameter narrows. What the gateway did is in its receipts too, with more.',
  plural: 'handlings',
  entry: [
    'Handling',
    'One handling of an alarm, by any user of upstream. Upstream does not say which alarm: it gives no event id here.',
  ],
  page: ['HandlingPage', 'One page of the handling history.'],
  filters: {
    severity: field('severity', word(SEVERITIES), 'Only alarms of this severity.', 'High'),
    status: field('handle_status', word(HANDLE_STATUSES), 'Only alarms that ended so.', 'handled'),
    eventType: field('event_type', EVENT_TYPE_CODE, 'Only alarms of this event type, by its code.', 1010),
    eventClassId: field('event_class_ids', words(EVENT_CLASS), 'Only alarms of these event classes.', [
      'rootkit_0001',
    ]),
    name: field('event_name', text(1, 256), 'Only alarms of this name.', 'Rootkit'),
    attackTag: field('attack_tag', word(ATTACK_TAGS), 'Only alarms marked so.', 'attack_success'),
    hostName: field('host_name', text(1, 256), 'Only hosts of this name.', 'rootkit-host'),
    hostIp: field('host_ip', text(1, 256), 'Only the host of this address, private or public.', '127.0.0.2'),
    privateIp: field('private_ip', text(1, 128), 'Only the host of this private address.', '127.0.0.2'),
    publicIp: field('public_ip', text(7, 39), 'Only the host of this public address.', '198.51.100.15'),
    assetValue: field('asset_value', word(ASSET_VALUES), 'Only hosts of this importance.', 'important'),
    order: {
      type: word(['newest_first', 'oldest_first']),
      description: 'By the time of handling. New handlings move pages of the newest first.',
      example: 'oldest_first',
    },
  },
  more: ({ order }) => [
    ['sort_key', 'handle_time'],
    ['sort_dir', order === 'oldest_first' ? 'asc' : 'desc'],
  ],
  fields: {
    operation: field(
      'operate_type',
      word(OPERATION_TYPE_NAMES),
      'What was done; only this list shows what was undone.',
      'mark_as_handled',
    ),
    handledAt: field('handle_time', TIME, 'When.', AT),
    handledBy: field(
      'user_name',
      TEXT,
      'Who did it, as upstream knows them: for everything that the gateway did, its own account.',
      'hss-gateway',
    ),
    remark: field('notes', TEXT, 'Why, in the words of the person who did it.', 'SEC-1234'),
    status: field('handle_status', word(HANDLE_STATUSES), 'State of the alarm after it.', 'handled'),
    eventType: field('event_type', WHOLE, "Code of the alarm's event type.", 1010),
    eventClassId: field('event_class_id', TEXT, "The alarm's event class.", 'rootkit_0001'),
    name: field('event_name', TEXT, "The alarm's name.", 'Rootkit'),
    summary: field('event_abstract', TEXT, 'The alarm in a line.', 'Rootkit on rootkit-host'),
    severity: field('severity', word(SEVERITIES), "The alarm's severity.", 'High'),
    attackTag: field('attack_tag', word(ATTACK_TAGS), 'How the attack is marked.', 'abnormal_behavior'),
    occurredAt: field('occur_time', TIME, 'When the alarm occurred.', '2022-12-26T09:26:00.353Z'),
    host: {
      schema: 'HandledHost',
      about: 'The host of an alarm that was handled.',
      description: 'Where.',
      always: true,
      fields: {
        name: field('host_name', TEXT, 'Its name.', 'rootkit-host'),
        privateIp: field('private_ip', TEXT, 'Private address.', '127.0.0.2'),
        publicIp: field('public_ip', TEXT, 'Public address.', '198.51.100.15'),
        assetValue: field('asset_value', word(ASSET_VALUES), 'How important it is.', 'common'),
      },
    },
  },
  facts: factsOf,
  changes: [],
};
