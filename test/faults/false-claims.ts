import type { ReceiptDto } from '../../src/operations/receipts/receipt.dto.js';
import type { KnownAlarmOutcome } from '../../src/domain/outcome.js';
import { OPERATIONS } from '../../src/domain/operation-type.js';
import type { Verdict } from './matrix.js';

/** Everything untrue that was said of a cell, in words; nothing when all of it was true. */
export function falseClaims({ cell, answer, receipt, settled, effectsAtAnswer, effects }: Verdict): string[] {
  const found = [
    ...contradiction('the answer', answer.outcome, effectsAtAnswer, effects),
    ...contradiction('the receipt', outcomeOf(receipt), effectsAtAnswer, effects),
    ...contradiction('the settled receipt', outcomeOf(settled), effects, effects),
  ];
  if (outcomeOf(receipt) !== answer.outcome)
    found.push(`the receipt says ${outcomeOf(receipt)}, the answer ${answer.outcome}`);
  if (outcomeOf(receipt) === 'pending') found.push('it was answered and its receipt is still pending');
  if (outcomeOf(settled) === 'unknown') found.push('it stayed unknown although upstream can be read');
  if (outcomeOf(settled) === 'already') found.push('it claims already and the alarm was not so before');
  if (!OPERATIONS[cell.operation].isIdempotent && effects > 1) found.push(`it was done ${effects} times`);
  if (effects > 0 && !answer.bytesSent) found.push('it claims that nothing was sent and it was done');
  return found.map((claim) => `${cell.name}: ${claim}`);
}

function contradiction(
  who: string,
  outcome: KnownAlarmOutcome | undefined,
  then: number,
  inTheEnd: number,
): string[] {
  if (outcome === 'applied' && then === 0) return [`${who} claims applied and nothing was done`];
  const denies = outcome === 'rejected' || outcome === 'not_attempted';
  return denies && inTheEnd > 0 ? [`${who} claims ${outcome} and it was done`] : [];
}

const outcomeOf = ({ alarms: [alarm] }: ReceiptDto): KnownAlarmOutcome | undefined => alarm?.outcome;
