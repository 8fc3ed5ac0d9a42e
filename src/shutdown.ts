import { setTimeout as sleep } from 'node:timers/promises';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { RunningOperations } from './operations/execution/running-operations.js';
import type { ShutdownConfig } from './config/config.js';
import { Draining } from './health/health.controller.js';

/** Time for the answers of operations that were cut off to leave, before their connections are closed. */
const LAST_ANSWERS_MS = 250;

/**
 * Readiness off, time for load balancers to notice, no new connections, what is under way is finished; what then still runs is
 * recorded as interrupted. Resolves when the audit trail is flushed and closed.
 */
export async function shutDown(app: NestFastifyApplication, config: ShutdownConfig): Promise<void> {
  app.get(Draining).started = true;
  await sleep(config.drainDelayMs);
  const patience = setTimeout(() => void cutOff(app), config.drainMs);
  await app.close();
  clearTimeout(patience);
}

async function cutOff(app: NestFastifyApplication): Promise<void> {
  await app.get(RunningOperations, { strict: false }).cutOff();
  await sleep(LAST_ANSWERS_MS);
  // Nothing that is left changes anything: readings, slow uploads, connections that nobody uses.
  app.getHttpServer().closeAllConnections();
}
