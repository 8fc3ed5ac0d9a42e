import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import { refuse } from '../problems/catalogue.js';

/** Whoever watches the gateway must be able to see that it is overloaded, and not take it for dead. */
const ALWAYS_ANSWERED: ReadonlySet<string | undefined> = new Set(['/livez', '/readyz', '/metrics']);

/** How often the delay is judged, by its mean since the last time. */
const SAMPLE_MS = 1_000;

/**
 * Turns requests away while the event loop is late, before they are authenticated or read, and without a record: what is under
 * way has a deadline, and refusing must cost next to nothing.
 *
 * @param maxDelayMs 0: never
 */
export async function loadShedding(fastify: FastifyInstance, maxDelayMs: number): Promise<void> {
  if (maxDelayMs === 0) return;
  await fastify.register(underPressure, {
    maxEventLoopDelay: maxDelayMs,
    sampleInterval: SAMPLE_MS,
    pressureHandler: ({ routeOptions }: FastifyRequest) =>
      ALWAYS_ANSWERED.has(routeOptions.url) ? undefined : Promise.reject(refuse('overloaded')),
  });
}
