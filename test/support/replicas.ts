import type { Simulator } from '../../src/simulator/simulator.js';
import { startGateway, type Gateway } from '../../src/start.js';
import { configFor, fetchJson, KEY, type CallOptions, type JsonAnswer, type Overrides } from './gateway.js';

/** One of several gateways in front of one cloud, over one database. */
export interface Replica {
  readonly gateway: Gateway;
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<JsonAnswer>;
  /** `POST /v1/operations`. */
  operate(body: unknown, options?: CallOptions): Promise<JsonAnswer>;
}

/** @param url of the PostgreSQL database */
export async function startReplica(
  simulator: Simulator,
  url: string,
  goneAfterMs: number,
  overrides: Overrides = {},
): Promise<Replica> {
  const database = { kind: 'postgres', url, goneAfterMs } as const;
  const gateway = await startGateway(configFor(simulator, 'unused', { database, ...overrides }));
  const call: Replica['call'] = (method, path, body, options = {}) =>
    fetchJson(method, gateway.url + path, body, { key: KEY, ...options });
  return { gateway, call, operate: (body, options) => call('POST', '/v1/operations', body, options) };
}
