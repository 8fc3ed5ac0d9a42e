import { alarmOutcomes } from '../../src/audit/alarm-outcomes.js';
import { OPERATION_TYPES } from '../../src/domain/operation-type.js';
import type { ReceiptDto } from '../../src/api/operations/receipt.dto.js';
import type { Aftermath, Planned } from './simulation.js';

/** Everything untrue that a run left behind, in words; nothing when every promise held. */
export function brokenPromises({ planned, receipts, misread }: Aftermath): string[] {
  const byAlarm = new Map(receipts.map((receipt) => [receipt.alarms[0]?.eventId, receipt]));
  const ofLists = misread.map((id) => `operation ${id}: a list tells otherwise than its records`);
  const ofActs = planned.flatMap((each) => {
    const receipt = byAlarm.get(each.alarm.eventId);
    return [...noActWithoutIntent(each, receipt), ...onlyOnce(each), ...truthful(each, receipt)].map(
      (broken) => `${each.operation} on ${each.alarm.eventId}: ${broken}`,
    );
  });
  return [...ofLists, ...ofActs];
}

function noActWithoutIntent({ alarm }: Planned, receipt: ReceiptDto | undefined): string[] {
  const [first] = alarm.effects;
  if (!first) return [];
  if (!receipt) return ['it was done and no record of it exists'];
  return Date.parse(receipt.requestedAt) <= first.at ? [] : ['it was done before its intent was written'];
}

/** State-setting types may be sent again: setting a state twice is setting it once. */
function onlyOnce({ operation, alarm }: Planned): string[] {
  if (OPERATION_TYPES[operation].setsState || alarm.effects.length <= 1) return [];
  return [`it was done ${alarm.effects.length} times`];
}

function truthful({ operation, alarm, handled }: Planned, receipt: ReceiptDto | undefined): string[] {
  const broken: string[] = [];
  if (!receipt) return handled ? ['an answer was given and no record of it exists'] : [];
  const outcome = receipt.alarms[0]?.outcome;
  if (receipt.status === 'pending') broken.push('its receipt is still pending');
  if (outcome === 'unknown') broken.push('it is still unknown although upstream can be read again');
  const done = alarm.effects.some(({ operateType }) => operateType === operation);
  if (outcome === 'applied' && !done) broken.push('it claims applied and nothing was done');
  if ((outcome === 'rejected' || outcome === 'not_attempted') && done)
    broken.push(`it claims ${outcome} and it was done`);
  if (outcome === 'already') broken.push('it claims already and the alarm was fresh');
  const told = handled && alarmOutcomes(handled.trail)[0]?.outcome;
  if (told === 'applied' && !done) broken.push('the answer claimed applied and nothing was done');
  if ((told === 'rejected' || told === 'not_attempted') && done)
    broken.push(`the answer claimed ${told} and it was done`);
  return broken;
}
