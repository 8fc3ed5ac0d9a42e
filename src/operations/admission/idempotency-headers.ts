import type { FastifyReply } from 'fastify';

import type { OperationResult } from '../operation-result.js';

/** Says of an answer that nothing was done for this very request. */
export function setIdempotencyHeaders(reply: FastifyReply, { repeated }: OperationResult): void {
  if (repeated === 'replayed') void reply.header('Idempotency-Replayed', 'true');
  if (repeated === 'joined') void reply.header('Idempotency-Joined', 'true');
}
