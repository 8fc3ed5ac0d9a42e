import { ALARM_WHITELIST as LIST } from '../hss/index.js';
import {
  AT,
  ENTERPRISE_PROJECT_NAME,
  EVENT_TYPE_CODE,
  field,
  HASH,
  TEXT,
  text,
  TIME,
  type ListDescriptor,
} from './list-descriptor.js';
import { factsOf } from './readers.js';

/** Contract 2.5. */
export const ALARM_WHITELIST: ListDescriptor = {
  list: LIST,
  path: 'alarm-whitelist',
  operationId: 'listAlarmWhitelist',
  summary: 'List the alarm whitelist.',
  remarks: 'What no alarm is raised for any more. `target` is what removal takes.',
  plural: 'entries',
  entry: ['AlarmWhitelistEntry', 'One entry of the alarm whitelist.'],
  page: ['AlarmWhitelistPage', 'One page of the alarm whitelist.'],
  filters: {
    eventType: field('event_type', EVENT_TYPE_CODE, 'Only entries for this event type, by its code.', 1010),
    hash: field('hash', text(1, 64), 'Only entries of this hash.', HASH),
  },
  target: {
    schema: 'AlarmWhitelistTarget',
    takenBy: 'removal takes',
    noun: 'entry',
    fields: {
      eventType: field('event_type', EVENT_TYPE_CODE, 'Code of the event type.', 1010),
      hash: field('hash', text(1, 64), "The entry's hash. Copy it: it cannot be computed.", HASH),
      // It may be empty (contract 2.5.1).
      description: field('description', text(0, 64), "The entry's description.", 'file_path=/usr/test'),
    },
  },
  fields: {
    fieldKey: field('white_field', TEXT, 'The field that it looks at.', 'file_path'),
    fieldValue: field('field_value', TEXT, 'What it looks for there.', '/usr/test'),
    judgeType: field('judge_type', TEXT, 'How it compares.', 'equal'),
    updatedAt: field('update_time', TIME, 'When it was last changed.', AT),
    enterpriseProjectName: ENTERPRISE_PROJECT_NAME,
  },
  facts: factsOf,
  changes: [
    {
      operation: 'remove_alarm_whitelist_entries',
      path: 'removals',
      operationId: 'removeAlarmWhitelistEntries',
      summary: 'Remove entries of the alarm whitelist.',
      remarks:
        'An entry that is no longer on the list is `already`. Alarms that it suppressed are raised again from then on. It cannot be undone: upstream adds entries only with an alarm.',
      request: ['AlarmWhitelistRemoval', 'Entries to remove from the alarm whitelist.'],
      item: ['AlarmWhitelistRemovalItem', 'One entry of the alarm whitelist.'],
      itemFlags: {
        deleteRule: {
          wire: 'delete_white_rule',
          description:
            'Whether its rule goes too, where it is one of a rule; upstream keeps such an entry otherwise.',
        },
      },
      requestFlags: {
        restoreAlarms: {
          wire: 'restore_alarm',
          description: 'Whether the alarms that were handled by adding the entries are open again.',
        },
      },
    },
  ],
};
