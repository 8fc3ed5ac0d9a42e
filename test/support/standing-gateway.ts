import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startGatewayProcess, type GatewayProcess, type ProcessOptions } from './gateway-process.js';
import { checkRecordsIn, type Checking } from './record-schema.js';
import { fetchJson, judgeAnswersOf, KEY, type CallOptions, type JsonAnswer } from './gateway.js';

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A gateway process as its callers and its operator see it. */
export interface StandingGateway extends GatewayProcess {
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<JsonAnswer>;
  /** `POST /v1/operations`. */
  operate(body: unknown, options?: CallOptions): Promise<JsonAnswer>;
  /** The lines of its log so far. */
  lines(): LogLine[];
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'hss-gateway-process-'));
}

/** Removes the folder of a gateway that has ended. @throws Error where a record in it is not as its schema describes it */
export function removeFolder(folder: string, checking: Checking = 'checked'): void {
  if (checking === 'checked') checkRecordsIn(join(folder, 'gateway.db'));
  rmSync(folder, { recursive: true, force: true });
}

/** Starts the built gateway in front of a simulated cloud; its database is `gateway.db` in the folder. */
export async function standGateway(options: ProcessOptions): Promise<StandingGateway> {
  const gateway = await startGatewayProcess({
    ...options,
    env: { GATEWAY_DATABASE_URL: 'file:gateway.db', GATEWAY_MAX_EVENT_LOOP_DELAY_MS: '0', ...options.env },
  });
  judgeAnswersOf(gateway.url);
  const call: StandingGateway['call'] = (method, path, body, more = {}) =>
    fetchJson(method, gateway.url + path, body, { key: KEY, ...more });
  return {
    ...gateway,
    call,
    operate: (body, more) => call('POST', '/v1/operations', body, more),
    lines: () =>
      gateway
        .output()
        .split('\n')
        .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as LogLine] : [])),
  };
}
