import type { SimulatorState } from '../state.js';
import { abstractOf, handleStatus, type Alarm, type ListedDetail } from './alarm.js';
import { acceptedTypes } from './operate.js';
import { supportedTypes } from './operate-types.js';

/** How an alarm looks in the list (contract 2.1). Like the official example it has empty strings in many places. */

function resourceInfo(alarm: Alarm): object {
  return {
    domain_id: alarm.domainId,
    project_id: alarm.projectId,
    enterprise_project_id: alarm.enterpriseProjects[0] ?? '0',
    region_name: alarm.region,
    vpc_id: '',
    cloud_id: alarm.host.id,
    vm_name: alarm.host.name,
    vm_uuid: alarm.host.id,
    container_id: alarm.container?.id ?? '',
    container_status: alarm.container === undefined ? '' : 'Running',
    image_name: alarm.container?.image ?? '',
    host_attr: '',
    service: '',
    micro_service: '',
    sys_arch: 'x86_64',
    os_bit: '64',
    os_type: alarm.host.os,
    os_name: alarm.host.os === 'Linux' ? 'EulerOS' : 'Windows',
    os_version: '',
  };
}

/** What is shown of each detail that has such a member. */
function ofDetails(
  { details }: Alarm,
  member: keyof ListedDetail,
  show: (detail: ListedDetail) => object,
): object[] {
  return details.filter((detail) => detail[member] !== undefined).map(show);
}

function processInfo(alarm: Alarm): object[] {
  return ofDetails(alarm, 'process_pid', (detail) => ({
    process_name: detail.file_path?.split(/[/\\]/).at(-1) ?? '',
    process_path: detail.file_path ?? '',
    process_pid: detail.process_pid,
    process_uid: 0,
    process_username: 'root',
    process_cmdline: `${detail.file_path ?? 'sh'} --password=planted-in-cmdline`,
    parent_process_cmdline: 'sh -c planted-in-parent-cmdline',
    process_start_time: alarm.occurTime,
  }));
}

/** Login alarms carry password material, as others do in what is planted above and below: none of it may travel on. Times are seconds here, as in the example. */
function userInfo(alarm: Alarm): object[] {
  return ofDetails(alarm, 'login_user_name', (detail) => ({
    user_id: 0,
    user_name: detail.login_user_name,
    login_ip: detail.login_ip,
    service_type: 'ssh',
    service_port: 22,
    login_mode: 0,
    login_last_time: 1661_593_024,
    login_fail_count: 5,
    pwd_hash: 'planted-pwd-hash-0123456789abcdef',
    pwd_with_fuzzing: 'pl***ed',
    pwd_used_days: 26,
  }));
}

function fileInfo(alarm: Alarm): object[] {
  return ofDetails(alarm, 'file_hash', (detail) => ({
    file_path: detail.file_path,
    file_alias: '',
    file_size: 51_200,
    file_hash: detail.file_hash,
    file_sha256: detail.file_hash,
    file_content: 'planted-file-content',
    file_attr: '-rwxr-xr-x',
    is_dir: false,
  }));
}

function handlingFields(alarm: Alarm): object {
  if (alarm.handling === undefined) return {};
  const { method, remark, at } = alarm.handling;
  return { handle_time: at, handle_method: method, ...(remark !== undefined && { handler: remark }) };
}

/** What an alarm with holes in it looks like: absent, null and empty members side by side. */
const HOLES = {
  image_name: null,
  public_ip: null,
  host_status: '',
  attack_phase: '',
  forensic_info: null,
  resource_info: null,
  recommendation: '',
  description: null,
  event_details: '',
  tag_list: null,
  process_info_list: null,
  user_info_list: [],
};

export function showEvent(state: SimulatorState, alarm: Alarm): object {
  const agentState = state.agents.get(alarm.host.agentId) ?? 'not_installed';
  return {
    event_id: alarm.eventId,
    event_class_id: alarm.eventClassId,
    event_type: alarm.eventType,
    event_name: alarm.eventName,
    severity: alarm.severity,
    container_name: alarm.container?.name ?? '',
    image_name: alarm.container?.image ?? '',
    host_name: alarm.host.name,
    host_id: alarm.host.id,
    private_ip: alarm.host.privateIp,
    public_ip: alarm.host.publicIp,
    os_type: alarm.host.os,
    host_status: 'ACTIVE',
    agent_status: agentState,
    protect_status: agentState === 'online' ? 'opened' : 'closed',
    asset_value: alarm.host.assetValue,
    attack_phase: alarm.attackPhase,
    attack_tag: alarm.attackTag,
    occur_time: alarm.occurTime,
    handle_status: handleStatus(alarm),
    ...handlingFields(alarm),
    operate_accept_list: acceptedTypes(alarm, supportedTypes(alarm.eventClassId)),
    operate_detail_list: alarm.details,
    forensic_info: { memory: 'planted-forensics' },
    resource_info: resourceInfo(alarm),
    geo_info: {},
    network_info: { payload: 'planted-network-info' },
    system_info: {},
    // Declared an object; the official example has the empty string (contract 2.1).
    extend_info: '',
    recommendation: 'Check whether the behaviour is expected; isolate the file if it is not.',
    description: '',
    event_abstract: abstractOf(alarm),
    process_info_list: processInfo(alarm),
    user_info_list: userInfo(alarm),
    file_info_list: fileInfo(alarm),
    event_details: `file: ${alarm.details[0]?.file_path ?? '-'}, run with planted-event-details`,
    tag_list: alarm.tags,
    event_count: 1,
    ...(alarm.ragged && HOLES),
  };
}
