import type { SimulatorRequest } from '../exchange.js';
import { refusedByHss } from '../refusal.js';
import { DAY_MS } from '../settings.js';
import { list, object, optional, required, text } from '../shape.js';
import type { World } from '../world.js';
import { enterpriseProjectsOf, isVisible, type Access } from './access.js';
import { handleStatus } from './alarm.js';
import { ASSET_VALUES } from './event-filter.js';
import { isolationStatus, type IsolatedFile } from './isolation.js';
import { QueryReader, pageOf, paged } from './query.js';
import { checkedBy, parsedBody } from './request-body.js';

function visible(world: World, request: SimulatorRequest, access: Access): IsolatedFile[] {
  const scope = enterpriseProjectsOf(request, access.identity);
  return world.isolatedFiles
    .list()
    .filter((file) => file.projectId === access.project.id && isVisible(file.alarm, scope));
}

function statusOf(world: World, file: IsolatedFile): string {
  return isolationStatus(file, world.now(), world.settings.isolationDelayMs);
}

function showFile(world: World, file: IsolatedFile): object {
  const { alarm } = file;
  return {
    os_type: alarm.host.os,
    host_id: alarm.host.id,
    host_name: alarm.host.name,
    file_hash: file.fileHash,
    file_path: file.filePath,
    file_attr: file.fileAttr,
    isolation_status: statusOf(world, file),
    private_ip: alarm.host.privateIp,
    public_ip: alarm.host.publicIp,
    asset_value: alarm.host.assetValue,
    update_time: file.since,
    agent_version: '3.2.20',
    isolate_source: 'event',
    event_name: alarm.eventName,
    agent_event_info: {
      event_id: alarm.eventId,
      event_class_id: alarm.eventClassId,
      event_type: alarm.eventType,
      event_name: alarm.eventName,
      severity: alarm.severity,
      host_id: alarm.host.id,
      occur_time: alarm.occurTime,
      handle_status: handleStatus(alarm),
    },
    antivirus_result_info: {},
  };
}

function fileFilter(world: World, query: QueryReader): (file: IsolatedFile) => boolean {
  const hostName = query.text('host_name') ?? '';
  const filePath = query.text('file_path') ?? '';
  const [privateIp, publicIp, fileHash] = ['private_ip', 'public_ip', 'file_hash'].map((name) =>
    query.text(name),
  );
  const assetValue = query.choice('asset_value', ASSET_VALUES);
  const status = query.choice('isolation_status', ['isolated', 'restored', 'isolating', 'restoring']);
  const days = query.integer('last_days', 1, 30);
  const [begin, end] = [query.bigInteger('begin_time'), query.bigInteger('end_time')];
  const from = days === undefined ? begin : BigInt(world.now() - days * DAY_MS);
  return (file) =>
    file.alarm.host.name.includes(hostName) &&
    file.filePath.includes(filePath) &&
    (privateIp === undefined || file.alarm.host.privateIp === privateIp) &&
    (publicIp === undefined || file.alarm.host.publicIp === publicIp) &&
    (fileHash === undefined || file.fileHash === fileHash) &&
    (assetValue === undefined || file.alarm.host.assetValue === assetValue) &&
    (status === undefined || statusOf(world, file) === status) &&
    (from === undefined || BigInt(file.since) >= from) &&
    (end === undefined || BigInt(file.since) <= end);
}

/** `GET /v5/{project_id}/event/isolated-file` */
export function listIsolatedFiles(world: World, request: SimulatorRequest, access: Access): object {
  const query = new QueryReader(request.query);
  const rows = visible(world, request, access).filter(fileFilter(world, query));
  return paged(rows, pageOf(query), (file) => showFile(world, file));
}

interface FilesBody {
  readonly data_list: readonly {
    readonly host_id: string;
    readonly file_hash: string;
    readonly file_path: string;
  }[];
}

const FILE = {
  host_id: required(text(1, 64)),
  file_hash: required(text(1, 256)),
  file_path: required(text(1, 256)),
};
const RESTORE = object({
  data_list: required(list(object({ ...FILE, file_attr: optional(text(1, 256)) }), 1, 100)),
});
const DELETE = object({
  data_list: required(list(object({ ...FILE, file_attr: required(text(1, 256)) }), 1, 100)),
});

function namedFiles(world: World, request: SimulatorRequest, access: Access, body: unknown): IsolatedFile[] {
  const candidates = visible(world, request, access);
  return (body as FilesBody).data_list.map((asked) => {
    const file = candidates.find(
      (each) =>
        each.alarm.host.id === asked.host_id &&
        each.fileHash === asked.file_hash &&
        each.filePath === asked.file_path,
    );
    if (file === undefined) throw refusedByHss('HSS.0011', `isolated file ${asked.file_path}`);
    return file;
  });
}

/** `PUT /v5/{project_id}/event/isolated-file`: sends files back to their hosts (contract 2.8.2). */
export function restoreIsolatedFiles(world: World, request: SimulatorRequest, access: Access): void {
  const body = parsedBody(request.body);
  checkedBy(RESTORE, body);
  for (const file of namedFiles(world, request, access, body)) world.isolatedFiles.restore(file, world.now());
}

/** `DELETE /v5/{project_id}/event/isolated-file`, with a JSON body: the files are gone for good. */
export function deleteIsolatedFiles(world: World, request: SimulatorRequest, access: Access): void {
  const body = parsedBody(request.body);
  checkedBy(DELETE, body);
  for (const file of namedFiles(world, request, access, body)) world.isolatedFiles.delete(file);
}
