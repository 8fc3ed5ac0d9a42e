import type { AddressInfo } from 'node:net';

import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { setUpApp } from './app.setup.js';
import type { Config } from './config/config.js';
import type { LogOutput } from './logging/log-output.js';
import { shutDown } from './shutdown.js';

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
 */
export async function startGateway(
  config: Config,
  options: { readonly output?: LogOutput } = {},
): Promise<Gateway> {
  const app = await setUpApp(config, options);
  const { listen } = config;
  await app.listen({ host: listen.host, port: listen.port, backlog: BACKLOG });
  const { address, family, port } = app.getHttpServer().address() as AddressInfo;
  const host =
    address === '0.0.0.0' || address === '::' ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  const url = `http://${host}:${port}`;
  new Logger('Gateway').log({ url }, 'listening');
  return {
    url,
    app,
    close: () => shutDown(app, config.shutdown),
  };
}
