import type { WireEvent, WireOperateBody } from '../../upstream/wire.js';
import type { SimulatorRequest } from '../exchange.js';
import { refusedByHss } from '../refusal.js';
import type { World } from '../world.js';
import { enterpriseProjectsOf, isVisible, type Access } from './access.js';
import type { Alarm } from './alarm.js';
import { operateBody } from './operate-request.js';
import { OPERATE_TYPES, isSupported, needsAgent } from './operate-types.js';
import { applyOperation } from './operate-effect.js';

/** An alarm is found by all four of its coordinates; one that differs makes it another alarm (contract 2.1). */
function findAlarm(world: World, access: Access, scope: readonly string[], event: WireEvent): Alarm {
  const alarm = world.alarms.find(access.project.id, event.event_id);
  const same =
    alarm !== undefined &&
    isVisible(alarm, scope) &&
    alarm.eventClassId === event.event_class_id &&
    alarm.eventType === event.event_type &&
    BigInt(alarm.occurTime) === BigInt(event.occur_time);
  if (!same) throw refusedByHss('HSS.0011', `event ${event.event_id}`);
  return alarm;
}

function checkAgents(world: World, event: WireEvent): void {
  for (const { agent_id: agentId = '' } of event.operate_detail_list) {
    const state = world.agents.get(agentId);
    if (state === undefined || state === 'not_installed') throw refusedByHss('HSS.1001');
    if (state === 'offline') throw refusedByHss('HSS.1007');
  }
}

/**
 * `POST /v5/{project_id}/event/operate`. All or nothing: every event is checked before the first one changes
 * (upstream does not say what it does when some of several events are wrong, contract 10).
 * A type on an alarm that is in that state already is done again, and counted (contract 1.7: no idempotency key).
 */
export function operate(world: World, request: SimulatorRequest, access: Access): void {
  const scope = enterpriseProjectsOf(request, access.identity);
  const body: WireOperateBody = operateBody(request.body);
  const type = body.operate_type;
  const found = body.operate_event_list.map((event) => {
    const alarm = findAlarm(world, access, scope, event);
    if (!isSupported(alarm.eventClassId, type)) {
      throw refusedByHss('HSS.0001', `${alarm.eventClassId} does not support ${type}`);
    }
    if (needsAgent(type)) checkAgents(world, event);
    return { alarm, event };
  });
  applyOperation(world, { body, found, requestId: request.requestId, userName: access.identity.user.name });
}

/** What an alarm accepts now: the forward types of its class, or only the way back from how it was handled. */
export function acceptedTypes(alarm: Alarm, supported: readonly string[]): readonly string[] {
  if (alarm.handling === undefined) return supported;
  const inverse = OPERATE_TYPES.get(alarm.handling.method)?.inverse;
  return inverse === undefined ? [] : [inverse];
}
