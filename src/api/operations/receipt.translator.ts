import type { OperationTrail } from '../../audit/audit-record.js';
import type { ChunkOutcome } from '../../domain/outcome.js';
import type { ReceiptAlarmDto, ReceiptDto, ReceiptExchangeDto } from './receipt.dto.js';

/** The receipt that an operation's records add up to, at the moment of the answer and ever after. */
export function receiptOf({ intent, chunks, outcome }: OperationTrail): ReceiptDto {
  const { project, region, projectId, enterpriseProjectId, containerId, containerName } = intent.scope;
  return {
    id: intent.operationId,
    operation: intent.operation,
    status: outcome?.status ?? 'pending',
    scope: {
      project,
      region,
      projectId,
      enterpriseProjectId,
      ...(containerId !== undefined && { containerId }),
      ...(containerName !== undefined && { containerName }),
    },
    alarms: alarmsOf(intent.alarms, chunks),
    requestedBy: intent.caller,
    requestedAt: intent.at,
    ...(outcome && { completedAt: outcome.at }),
    ...(intent.remark !== undefined && { remark: intent.remark }),
    ...(outcome?.interrupted && { interrupted: true }),
    upstream: chunks.filter(({ exchange, fault }) => exchange ?? fault).map(exchangeOf),
  };
}

/** Alarms past the known chunks may be under way at this moment, so nothing is claimed of them. */
function alarmsOf(eventIds: readonly string[], chunks: readonly ChunkOutcome[]): ReceiptAlarmDto[] {
  const alarms: ReceiptAlarmDto[] = [];
  for (const { alarms: count, outcome, fault } of chunks) {
    for (const eventId of eventIds.slice(alarms.length, alarms.length + count)) {
      alarms.push({ eventId, outcome, verified: false, ...(fault && { reason: fault.code }) });
    }
  }
  for (const eventId of eventIds.slice(alarms.length)) {
    alarms.push({ eventId, outcome: 'unknown', verified: false });
  }
  return alarms;
}

function exchangeOf({ alarms, exchange, fault }: ChunkOutcome): ReceiptExchangeDto {
  return {
    alarms,
    ...exchange,
    ...(fault && {
      problem: {
        code: fault.code,
        detail: fault.detail,
        retryable: fault.retryable,
        ...(fault.upstream?.code !== undefined && { upstreamCode: fault.upstream.code }),
      },
    }),
  };
}
