import type { FastifyReply } from 'fastify';

import type { Fault } from '../../domain/outcome.js';
import { problemOfFault, type Problem } from '../../problems/problem.js';
import type { OperationResult } from '../operation-result.js';
import type { ReceiptDto } from './receipt.dto.js';
import { receiptOf } from './receipt.js';

const DONE: ReadonlySet<string> = new Set(['applied', 'already']);

/** Answers an operation: its receipt under the status that fits, or its problem; and whether it was repeated. */
export function answer(reply: FastifyReply, result: OperationResult): ReceiptDto {
  setIdempotencyHeaders(reply, result);
  const { trail, recorded, fault } = result;
  return answerReceipt(reply, { ...receiptOf(trail), ...(!recorded && { recorded }) }, fault);
}

/**
 * The HTTP side of an outcome: 202 while it goes on in the background, 200 when every alarm, or every item, is applied or already
 * so, 207 when their outcomes differ, otherwise the problem that describes the failure, with the operation's id.
 */
export function answerReceipt(reply: FastifyReply, receipt: ReceiptDto, fault?: Fault): ReceiptDto {
  reply.request.operationId = receipt.id;
  if (fault?.upstream) reply.request.saidByUpstream = fault.upstream;
  if (receipt.status === 'pending') {
    void reply.status(202).headers({
      Location: `/v1/operations/${receipt.id}`,
      'Preference-Applied': 'respond-async',
    });
    return receipt;
  }
  const outcomes = new Set((receipt.items ?? receipt.alarms).map(({ outcome }) => outcome));
  if ([...outcomes].every((outcome) => DONE.has(outcome))) {
    void reply.status(200);
    return receipt;
  }
  if (outcomes.size > 1 || fault === undefined) {
    void reply.status(207);
    return receipt;
  }
  throw operationProblem(receipt, fault);
}

/** The problem of an operation whose alarms all have the same outcome, and not the wanted one. */
function operationProblem(
  receipt: Pick<ReceiptDto, 'id' | 'status' | 'recorded' | 'exchanges'>,
  fault: Fault,
): Problem {
  return problemOfFault(fault, {
    operationId: receipt.id,
    outcome: receipt.status,
    // Of an exchange that was cut off nothing else is known.
    bytesSent: receipt.status === 'unknown' || receipt.exchanges.some(({ bytesSent }) => bytesSent),
    ...(receipt.recorded === false && { recorded: false }),
  });
}

/** Says of an answer that nothing was done for this very request. */
export function setIdempotencyHeaders(reply: FastifyReply, { repeated }: OperationResult): void {
  if (repeated === 'replayed') void reply.header('Idempotency-Replayed', 'true');
  if (repeated === 'joined') void reply.header('Idempotency-Joined', 'true');
}
