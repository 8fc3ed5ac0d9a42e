import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { setUpApp } from './app.setup.js';
import type { Config, ShutdownConfig } from './config/config.js';
import { auditKeyFiles, openToOthers } from './audit/index.js';
import { Draining } from './health/health.controller.js';
import type { LogOutput } from './logging/logger.js';
import { RunningOperations } from './operations/execution/running-operations.js';

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

/** Connections that wait to be taken, as far as the system allows so many: what comes in a burst beyond them gets no answer. */
const BACKLOG = 4_096;

/** A running gateway. */
export interface Gateway {
  readonly url: string;
  readonly app: NestFastifyApplication;
  /** Readiness off, no new connections, what runs is finished or cut off, and recorded. */
  close(): Promise<void>;
}

/**
 * Starts a gateway and listens.
 *
 * @param options.output where the log goes, instead of standard output
 * @param options.auditKeyFiles files that the audit key was read from
 */
export async function startGateway(
  config: Config,
  options: { readonly output?: LogOutput; readonly auditKeyFiles?: readonly string[] } = {},
): Promise<Gateway> {
  const app = await setUpApp(config, options);
  const { listen } = config;
  await app.listen({ host: listen.host, port: listen.port, backlog: BACKLOG });
  const { address, family, port } = app.getHttpServer().address() as AddressInfo;
  const host =
    address === '0.0.0.0' || address === '::' ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  const url = `http://${host}:${port}`;
  const logger = new Logger('Gateway');
  // Not refused: containers mount secrets so.
  for (const file of openToOthers(auditKeyFiles(config, options.auditKeyFiles ?? [])))
    logger.warn(
      `others than its owner may use the file of the audit key, ${file}: anyone who reads it can sign`,
    );
  logger.log({ url }, 'listening');
  return {
    url,
    app,
    close: () => shutDown(app, config.shutdown),
  };
}
