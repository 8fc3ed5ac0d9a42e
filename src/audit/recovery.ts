import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';

import { Clock } from '../domain/clock.js';
import { CHUNK_SIZE, statusOf, type ChunkOutcome, type Fault } from '../domain/outcome.js';
import type { OperationTrail, OutcomeRecord } from './audit-record.js';
import { AuditTrail } from './audit-trail.js';
import { OperationStore } from './operation.store.js';
import { targetsOf } from './targets.js';

export const INTERRUPTED: Fault = {
  code: 'gateway_interrupted',
  status: 503,
  detail:
    'The gateway stopped while it worked on this: whether it was done is not known. Look at the alarm before trying again.',
  retryable: false,
};
const NOT_BEGUN: Fault = {
  code: 'gateway_interrupted',
  status: 503,
  detail: 'The gateway stopped before this was sent. Nothing was done.',
  retryable: true,
};

/**
 * The outcome of an operation that was cut off. Chunks go one after the other and each is recorded before the next starts,
 * so only the first one without a record can have been under way.
 *
 * @param mostUnderWay so many alarms, after those of the known chunks, may have been under way
 */
export function interruptedOutcome(
  { intent, chunks }: OperationTrail,
  mostUnderWay: number,
  at: string,
): OutcomeRecord {
  const known = chunks.reduce((sum, { alarms }) => sum + alarms, 0);
  const left = targetsOf(intent).length - known;
  const all: ChunkOutcome[] = [...chunks];
  const underWay = Math.min(left, mostUnderWay);
  if (underWay > 0) all.push({ alarms: underWay, outcome: 'unknown', fault: INTERRUPTED });
  if (left > underWay) all.push({ alarms: left - underWay, outcome: 'not_attempted', fault: NOT_BEGUN });
  return {
    kind: 'outcome',
    operationId: intent.operationId,
    at,
    status: statusOf(all),
    chunks: all,
    interrupted: true,
  };
}

/** Gives every operation that a crash cut off its outcome, before the first request is taken. */
@Injectable()
export class Recovery implements OnModuleInit {
  readonly #logger = new Logger(Recovery.name);

  constructor(
    private readonly store: OperationStore,
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    const at = new Date(this.clock.now()).toISOString();
    const cutOff = (await this.store.open()).filter(({ outcome }) => outcome === undefined);
    await Promise.all(
      cutOff.map((operation) => {
        this.#logger.warn(
          `operation ${operation.intent.operationId} was interrupted: its outcome is unknown`,
        );
        return this.trail.conclude(interruptedOutcome(operation, CHUNK_SIZE, at));
      }),
    );
  }
}
