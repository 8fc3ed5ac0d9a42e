import { ASSET_VALUES, ISOLATION_STATUSES, SEVERITIES } from '../domain/upstream-words.js';
import { windowOf } from './time-window.js';
import { object, oneOf, present, text, time, whole, type Listed } from './listed-value.js';
import { ISOLATED_FILES as LIST, itemIdOf } from '../hss/index.js';
import {
  IsolatedFilesQueryDto,
  type IsolatedFileAlarmDto,
  type IsolatedFileDto,
  type IsolatedFileHostDto,
  type IsolatedFileTargetDto,
} from './isolated-files.dto.js';
import { kindOf } from './line-facts.js';
import type { ListedResource } from './listed-resource.js';

/** Contract 2.8.1. */
export const ISOLATED_FILES: ListedResource<IsolatedFileDto, IsolatedFilesQueryDto> = {
  list: LIST,
  query: IsolatedFilesQueryDto,
  filters: (query, now) => [
    ['isolation_status', query.status],
    ['file_path', query.filePath],
    ['file_hash', query.fileHash],
    ['host_name', query.hostName],
    ['private_ip', query.privateIp],
    ['public_ip', query.publicIp],
    ['asset_value', query.assetValue],
    ['begin_time', windowOf(query, now).from?.toString()],
    ['end_time', windowOf(query, now).to?.toString()],
  ],
  item: fileOf,
  facts: (line) => kindOf(object(line['agent_event_info'])),
};

/** Of the alarm only what it is: its processes, users and files are upstream's to show. */
function fileOf(line: Listed): IsolatedFileDto {
  return {
    id: itemIdOf(LIST, line),
    ...present<Partial<IsolatedFileDto>>({
      target: targetOf(line),
      status: oneOf(ISOLATION_STATUSES, line['isolation_status']),
      updatedAt: time(line['update_time']),
      source: text(line['isolate_source']),
      malwareName: text(object(line['antivirus_result_info'])['malware_name']),
    }),
    host: {
      ...present<IsolatedFileHostDto>({
        name: text(line['host_name']),
        privateIp: text(line['private_ip']),
        publicIp: text(line['public_ip']),
        osType: text(line['os_type']),
        assetValue: oneOf(ASSET_VALUES, line['asset_value']),
      }),
    },
    ...present<Partial<IsolatedFileDto>>({ alarm: alarmOf(object(line['agent_event_info'])) }),
  };
}

function targetOf(line: Listed): IsolatedFileTargetDto | undefined {
  const hostId = text(line['host_id']);
  const fileHash = text(line['file_hash']);
  const filePath = text(line['file_path']);
  // Documented as a text, and shown as a number in examples (contract 2.1).
  const fileAttr = text(line['file_attr']) ?? whole(line['file_attr'])?.toString();
  if (!hostId || !fileHash || !filePath) return undefined;
  return { hostId, fileHash, filePath, ...(fileAttr !== undefined && { fileAttr }) };
}

function alarmOf(event: Listed): IsolatedFileAlarmDto | undefined {
  return present<IsolatedFileAlarmDto>({
    eventId: text(event['event_id']),
    eventClassId: text(event['event_class_id']),
    eventType: whole(event['event_type']),
    name: text(event['event_name']),
    severity: oneOf(SEVERITIES, event['severity']),
    occurredAt: time(event['occur_time']),
  });
}
