import type { WireDetail, WireEvent, WireOperateBody, WireRule } from '../../hss/wire.js';
import { refusedByHss } from '../refusal.js';
import { fixedHash } from '../seed/hosts.js';
import type { SimulatorState } from '../state.js';
import { isVisible, type HssCall } from './access.js';
import { handleStatus, type Alarm } from './alarm.js';
import { isOfLogin, restore } from './list-entries.js';
import { OPERATE_TYPES, isSupported, needsAgent } from './operate-types.js';

/** An alarm is found by all four of its coordinates; one that differs makes it another alarm (contract 2.1). */
function findAlarm({ state, project, scope }: HssCall, event: WireEvent): Alarm {
  const alarm = state.alarms.find(project.id, event.event_id);
  const isSame =
    alarm !== undefined &&
    isVisible(alarm, scope) &&
    alarm.eventClassId === event.event_class_id &&
    alarm.eventType === event.event_type &&
    BigInt(alarm.occurTime) === BigInt(event.occur_time);
  if (!isSame) throw refusedByHss('HSS.0011', `event ${event.event_id}`);
  return alarm;
}

/** Refuses what needs an agent that is not there. */
export function checkAgents(state: SimulatorState, event: WireEvent): void {
  for (const { agent_id: agentId = '' } of event.operate_detail_list ?? []) {
    const agent = state.agents.get(agentId);
    if (agent === undefined || agent === 'not_installed') throw refusedByHss('HSS.1001');
    if (agent === 'offline') throw refusedByHss('HSS.1007');
  }
}

const ownEnterpriseProject = (alarm: Alarm): string => alarm.enterpriseProjects[0] ?? '0';

/** What an operate type does for one detail of one alarm. */
type DetailEffect = (state: SimulatorState, alarm: Alarm, detail: WireDetail, remark: string) => void;

const DETAIL_EFFECTS: Readonly<Record<string, DetailEffect>> = {
  add_to_alarm_whitelist: (state, alarm, detail) => {
    state.alarmWhitelist.put({
      projectId: alarm.projectId,
      enterpriseProjectId: ownEnterpriseProject(alarm),
      eventType: alarm.eventType,
      hash: detail.hash ?? '',
      description: detail.keyword ?? '',
      updatedAt: state.now(),
    });
  },
  remove_from_alarm_whitelist: (state, alarm, detail) => {
    state.alarmWhitelist.removeWhere(
      (entry) =>
        entry.rule === undefined &&
        entry.projectId === alarm.projectId &&
        entry.description === detail.keyword &&
        entry.hash === detail.hash,
    );
  },
  add_to_login_whitelist: (state, alarm, detail, remark) => {
    state.loginWhitelist.put({
      projectId: alarm.projectId,
      enterpriseProjectId: ownEnterpriseProject(alarm),
      privateIp: detail.private_ip ?? '',
      loginIp: detail.login_ip ?? '',
      loginUserName: detail.login_user_name ?? '',
      remarks: remark,
      updatedAt: state.now(),
    });
  },
  remove_from_login_whitelist: (state, alarm, detail) => {
    state.loginWhitelist.removeWhere(
      (entry) => entry.projectId === alarm.projectId && isOfLogin(entry, detail),
    );
  },
  isolate_and_kill: (state, alarm, detail) => {
    const { file_hash: fileHash = '', file_path: filePath = '', file_attr: fileAttr = 33261 } = detail;
    const file = { projectId: alarm.projectId, alarm, fileHash, filePath, fileAttr: String(fileAttr) };
    state.isolatedFiles.put({ ...file, goal: 'isolated', since: state.now() });
  },
  do_not_isolate_or_kill: (state, alarm, detail) => {
    const file = state.isolatedFiles.get(alarm.host.id, detail.file_hash ?? '', detail.file_path ?? '');
    if (file) restore(file, state.now());
  },
};

function putRule(state: SimulatorState, rule: WireRule, first: Alarm): void {
  state.alarmWhitelist.put({
    projectId: first.projectId,
    enterpriseProjectId: ownEnterpriseProject(first),
    eventType: rule.event_type,
    hash: fixedHash(JSON.stringify([rule.event_type, rule.field_key, rule.judge_type, rule.field_value])),
    description: `${rule.field_key}=${rule.field_value}`,
    rule,
    updatedAt: state.now(),
  });
}

/** What is to be done with an alarm, and the remark. */
type Instruction = Pick<WireOperateBody, 'operate_type' | 'handler'>;

/** Sets the alarm's state: a forward type puts it into one, an inverse takes it out of the one it belongs to. */
function changeHandling(alarm: Alarm, { operate_type: method, handler }: Instruction, at: number): void {
  const type = OPERATE_TYPES.get(method);
  if (type?.forward) alarm.handling = { method, at, ...(handler !== undefined && { remark: handler }) };
  else if (alarm.handling?.method === type?.inverse) alarm.handling = undefined;
}

/** Carries an operation out on one alarm: its state, its effects, the history, and what its details stand for. */
export function applyTo(call: HssCall, body: Instruction, alarm: Alarm, event: WireEvent): void {
  const { state, identity, requestId } = call;
  const { operate_type: operateType, handler: notes = '' } = body;
  const at = state.now();
  changeHandling(alarm, body, at);
  alarm.effects.push({ operateType, at, requestId });
  const statusAfter = handleStatus(alarm);
  state.history.push({ alarm, operateType, userName: identity.user.name, notes, at, statusAfter });
  for (const detail of event.operate_detail_list ?? [])
    DETAIL_EFFECTS[operateType]?.(state, alarm, detail, notes);
}

/**
 * `POST /v5/{project_id}/event/operate`. All or nothing: every event is checked before the first one changes
 * (upstream does not say what it does when some of several events are wrong, contract 10).
 * A type on an alarm that is in that state already is done again, and counted (contract 1.7: no idempotency key).
 */
export function operate(call: HssCall): void {
  const { state } = call;
  const body = call.body as WireOperateBody;
  const type = body.operate_type;
  const found = body.operate_event_list.map((event) => {
    const alarm = findAlarm(call, event);
    if (!isSupported(alarm.eventClassId, type))
      throw refusedByHss('HSS.0001', `${alarm.eventClassId} does not support ${type}`);
    if (needsAgent(type)) checkAgents(state, event);
    return { alarm, event };
  });
  for (const { alarm, event } of found) applyTo(call, body, alarm, event);
  const [first] = found;
  if (type !== 'add_to_alarm_whitelist' || first === undefined) return;
  for (const rule of body.event_white_rule_list ?? []) putRule(state, rule, first.alarm);
}

/** What an alarm accepts now: the forward types of its class, or only the way back from how it was handled. */
export function acceptedTypes(alarm: Alarm, supported: readonly string[]): readonly string[] {
  if (alarm.handling === undefined) return supported;
  const inverse = OPERATE_TYPES.get(alarm.handling.method)?.inverse;
  return inverse === undefined ? [] : [inverse];
}
