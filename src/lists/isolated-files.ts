import { ASSET_VALUES, ISOLATION_STATUSES, SEVERITIES } from '../domain/upstream-words.js';
import { ISOLATED_FILES as LIST, object } from '../hss/index.js';
import {
  AT,
  field,
  HASH,
  TEXT,
  text,
  TIME,
  WHOLE,
  word,
  type ListChange,
  type ListDescriptor,
} from './list-descriptor.js';
import { factsOf } from './readers.js';
import { windowOf } from './filter-fields.js';

const RESTORATION: ListChange = {
  operation: 'restore_isolated_files',
  path: 'restorations',
  operationId: 'restoreIsolatedFiles',
  summary: 'Put isolated files back.',
  remarks:
    'The files return to where they were as the agents on the hosts get to it, which `activity` says; those that are back already are `already`.',
  request: ['IsolatedFileRestoration', 'Files to put back on their hosts.'],
  item: ['IsolatedFileItem', 'A file in quarantine.'],
};

const DELETION: ListChange = {
  operation: 'delete_isolated_files',
  path: 'deletions',
  operationId: 'deleteIsolatedFiles',
  summary: 'Delete isolated files.',
  remarks:
    'The files are gone for good, so it counts as destructive, for the daily cap and for the brake, and guard rails keep files of the system from it. Those that are gone already are `already`.',
  request: ['IsolatedFileDeletion', 'Files to delete for good.'],
  item: ['IsolatedFileDeletionItem', 'A file in quarantine, named by all that upstream asks for.'],
  requires: ['fileAttr'],
};

/** Contract 2.8. Of the alarm only what it is: its processes, users and files are upstream's to show. */
export const ISOLATED_FILES: ListDescriptor = {
  list: LIST,
  path: 'isolated-files',
  operationId: 'listIsolatedFiles',
  summary: 'List isolated files.',
  remarks:
    'Files that were taken away from their hosts, or are on their way there or back. `target` is what restoring and deleting take.',
  plural: 'files',
  entry: ['IsolatedFile', 'A file in quarantine, or on its way there or back.'],
  page: ['IsolatedFilePage', 'One page of the isolated files.'],
  filters: {
    status: field('isolation_status', word(ISOLATION_STATUSES), 'Only files in this state.', 'isolated'),
    filePath: field('file_path', text(1, 256), 'Only files of this path.', '/usr/test'),
    fileHash: field('file_hash', text(1, 256), 'Only files of this hash (SHA-256).', HASH),
    hostName: field('host_name', text(1, 256), 'Only hosts of this name.', 'rootkit-host'),
    privateIp: field('private_ip', text(1, 128), 'Only the host of this private address.', '127.0.0.2'),
    publicIp: field('public_ip', text(1, 256), 'Only the host of this public address.', '198.51.100.15'),
    assetValue: field('asset_value', word(ASSET_VALUES), 'Only hosts of this importance.', 'important'),
    from: {
      type: { kind: 'moment' },
      description: 'Only what changed at this time or later.',
      example: '2026-08-16T00:00:00Z',
    },
    to: {
      type: { kind: 'moment' },
      description: 'Only what changed at this time or earlier.',
      example: '2026-08-17T00:00:00Z',
    },
    last: {
      type: { kind: 'last' },
      description:
        'Only what changed within this long before now, instead of `from` and `to`: `30m`, `24h`, `7d`, or ISO 8601 such as `PT24H`.',
      example: '24h',
    },
  },
  more: (query, now) => {
    const { from, to } = windowOf(query, now);
    return [
      ['begin_time', from?.toString()],
      ['end_time', to?.toString()],
    ];
  },
  target: {
    schema: 'IsolatedFileTarget',
    takenBy: 'restoring and deleting take',
    noun: 'file',
    fields: {
      hostId: field(
        'host_id',
        text(1, 64),
        "Upstream's id of the host.",
        '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e',
      ),
      fileHash: field('file_hash', text(1, 256), 'Hash of the file (SHA-256).', HASH),
      filePath: field('file_path', text(1, 256), 'Where it was.', '/usr/test'),
      // Documented as a text, and shown as a number in examples (contract 2.1).
      fileAttr: {
        ...field('file_attr', { ...text(1, 256), shownAsNumber: true }, 'Its attributes.', '33261'),
        optional: true,
      },
    },
  },
  fields: {
    status: field(
      'isolation_status',
      word(ISOLATION_STATUSES),
      "Its state now; the host's agent takes its time to change it.",
      'isolated',
    ),
    updatedAt: field('update_time', TIME, 'When that last changed.', AT),
    source: field('isolate_source', TEXT, 'What had it isolated: an alarm, or the antivirus.', 'event'),
    malwareName: field(
      'antivirus_result_info.malware_name',
      TEXT,
      'Name of the malware, where the antivirus found it.',
      'Backdoor.Linux.Mirai',
    ),
    host: {
      schema: 'IsolatedFileHost',
      about: 'The host that a file was taken away from.',
      description: 'The host.',
      always: true,
      fields: {
        name: field('host_name', TEXT, 'Its name.', 'rootkit-host'),
        privateIp: field('private_ip', TEXT, 'Private address.', '127.0.0.2'),
        publicIp: field('public_ip', TEXT, 'Public address.', '198.51.100.15'),
        osType: field('os_type', TEXT, 'Operating system.', 'Linux'),
        assetValue: field('asset_value', word(ASSET_VALUES), 'How important it is.', 'common'),
      },
    },
    alarm: {
      schema: 'IsolatedFileAlarm',
      about: 'The alarm behind an isolation.',
      description: 'The alarm, where there is one.',
      fields: {
        eventId: field(
          'agent_event_info.event_id',
          TEXT,
          'Event id.',
          '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
        ),
        eventClassId: field('agent_event_info.event_class_id', TEXT, 'Event class.', 'rootkit_0001'),
        eventType: field('agent_event_info.event_type', WHOLE, 'Code of the event type.', 1010),
        name: field('agent_event_info.event_name', TEXT, 'Name.', 'Rootkit'),
        severity: field('agent_event_info.severity', word(SEVERITIES), 'Severity.', 'High'),
        occurredAt: field(
          'agent_event_info.occur_time',
          TIME,
          'When it occurred.',
          '2022-12-26T09:26:00.353Z',
        ),
      },
    },
  },
  facts: (row) => factsOf(object(row['agent_event_info'])),
  changes: [RESTORATION, DELETION],
};
