import type { WireDetail, WireEvent, WireOperateBody, WireRule } from '../../upstream/wire.js';
import { fixedHash } from '../seed/hosts.js';
import type { World } from '../world.js';
import { handleStatus, type Alarm } from './alarm.js';
import { OPERATE_TYPES } from './operate-types.js';

export interface Operation {
  readonly body: WireOperateBody;
  readonly found: readonly { readonly alarm: Alarm; readonly event: WireEvent }[];
  readonly requestId: string;
  readonly userName: string;
}

/** One thing that an operate type does for one detail of one alarm. */
type DetailEffect = (world: World, alarm: Alarm, detail: WireDetail, operation: Operation) => void;

function ownEnterpriseProject(alarm: Alarm): string {
  return alarm.enterpriseProjects[0] ?? '0';
}

const DETAIL_EFFECTS: Readonly<Record<string, DetailEffect>> = {
  add_to_alarm_whitelist: (world, alarm, detail) => {
    world.alarmWhitelist.put({
      projectId: alarm.projectId,
      enterpriseProjectId: ownEnterpriseProject(alarm),
      eventType: alarm.eventType,
      hash: detail.hash ?? '',
      description: detail.keyword ?? '',
      updatedAt: world.now(),
    });
  },
  remove_from_alarm_whitelist: (world, alarm, detail) => {
    world.alarmWhitelist.removeWhere(
      (entry) =>
        entry.rule === undefined &&
        entry.projectId === alarm.projectId &&
        entry.description === detail.keyword &&
        entry.hash === detail.hash,
    );
  },
  add_to_login_whitelist: (world, alarm, detail, { body }) => {
    world.loginWhitelist.put({
      projectId: alarm.projectId,
      enterpriseProjectId: ownEnterpriseProject(alarm),
      privateIp: detail.private_ip ?? '',
      loginIp: detail.login_ip ?? '',
      loginUserName: detail.login_user_name ?? '',
      remarks: body.handler ?? '',
      updatedAt: world.now(),
    });
  },
  remove_from_login_whitelist: (world, alarm, detail) => {
    world.loginWhitelist.removeWhere(
      (entry) =>
        entry.projectId === alarm.projectId &&
        entry.privateIp === detail.private_ip &&
        entry.loginIp === detail.login_ip &&
        entry.loginUserName === detail.login_user_name,
    );
  },
  isolate_and_kill: (world, alarm, detail) => {
    const { file_hash: fileHash = '', file_path: filePath = '', file_attr: fileAttr = 33261 } = detail;
    const file = { projectId: alarm.projectId, alarm, fileHash, filePath, fileAttr: String(fileAttr) };
    world.isolatedFiles.isolate(file, world.now());
  },
  do_not_isolate_or_kill: (world, alarm, detail) => {
    const { file_hash: fileHash = '', file_path: filePath = '' } = detail;
    world.isolatedFiles.restore({ alarm, fileHash, filePath }, world.now());
  },
};

function putRule(world: World, rule: WireRule, first: Alarm): void {
  world.alarmWhitelist.put({
    projectId: first.projectId,
    enterpriseProjectId: ownEnterpriseProject(first),
    eventType: rule.event_type,
    hash: fixedHash(JSON.stringify([rule.event_type, rule.field_key, rule.judge_type, rule.field_value])),
    description: `${rule.field_key}=${rule.field_value}`,
    rule,
    updatedAt: world.now(),
  });
}

/** Sets the alarm's state: a forward type puts it into one, an inverse takes it out of the one it belongs to. */
function changeHandling(world: World, alarm: Alarm, body: WireOperateBody): void {
  const type = OPERATE_TYPES.get(body.operate_type);
  if (type?.forward) {
    const remark = body.handler === undefined ? {} : { remark: body.handler };
    alarm.handling = { method: body.operate_type, at: world.now(), ...remark };
  } else if (alarm.handling?.method === type?.inverse) {
    alarm.handling = undefined;
  }
}

/** Does everything that an accepted operate call does. */
export function applyOperation(world: World, operation: Operation): void {
  const { body, found, requestId } = operation;
  for (const { alarm, event } of found) {
    changeHandling(world, alarm, body);
    alarm.effects.push({ operateType: body.operate_type, at: world.now(), requestId });
    world.history.push({
      alarm,
      operateType: body.operate_type,
      userName: operation.userName,
      notes: body.handler ?? '',
      at: world.now(),
      statusAfter: handleStatus(alarm),
    });
    for (const detail of event.operate_detail_list)
      DETAIL_EFFECTS[body.operate_type]?.(world, alarm, detail, operation);
  }
  const [first] = found;
  if (body.operate_type !== 'add_to_alarm_whitelist' || first === undefined) return;
  for (const rule of body.event_white_rule_list ?? []) putRule(world, rule, first.alarm);
}
