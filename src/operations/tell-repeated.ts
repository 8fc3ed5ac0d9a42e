import type { FastifyReply } from 'fastify';

import type { Handled } from './handled.js';

/** Says of an answer that nothing was done for this very request. */
export function tellRepeated(reply: FastifyReply, { repeated }: Handled): void {
  if (repeated === 'replayed') void reply.header('Idempotency-Replayed', 'true');
  if (repeated === 'joined') void reply.header('Idempotency-Joined', 'true');
}
