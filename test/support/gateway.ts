import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CallerConfig, Config, ProjectConfig } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { CallerLimits } from '../../src/domain/caller.js';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.js';
import { startGateway, type Gateway } from '../../src/start.js';
import { contractAt } from './gateway-contract.js';
import { checkRecordsAt, checkRecordsIn, type Checking } from './record-schema.js';

export const KEY = 'test-key-of-the-portal';
export const OTHER_KEY = 'test-key-of-the-chat-bot';

/** What gateways of tests that share a database sign their trail with. */
export const AUDIT_KEY = 'PRIVATE+KEY+test-trail+328a9cb1+AVi/9CiXuoxDQ37b7MD38JU9trfmzRuuSt7+CYdGVev5';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A JSON answer of the gateway or the simulator. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
  readonly text: string;
}

export interface CallOptions {
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** A body as it stands, instead of one to be written as JSON. */
  readonly raw?: string;
}

/** A gateway and its cloud, both over HTTP, with a database of their own. */
export interface Rig {
  readonly simulator: Simulator;
  readonly gateway: Gateway;
  readonly config: Config;
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<JsonAnswer>;
  /** `POST /v1/operations`. */
  operate(body: unknown, options?: CallOptions): Promise<JsonAnswer>;
  /** A control route of the simulator. */
  control(method: string, path: string, body?: unknown): Promise<JsonAnswer>;
  /** Requests that the simulator received, of this path, control routes left out. */
  received(path: string): Promise<Received[]>;
  /** @throws Error where a record is not as its schema describes it */
  close(checking?: Checking): Promise<void>;
}

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly bodyText: string;
}

const judged = new Set<string>();

/** From now on every answer of a gateway is held against its documents. */
export function judgeAnswersOf(url: string): void {
  judged.add(new URL(url).origin);
}

function judge(method: string, url: string, answer: JsonAnswer): void {
  const { origin, pathname: path } = new URL(url);
  if (!judged.has(origin)) return;
  const contract = contractAt(path);
  // Where there is nothing, there is nothing to say of it.
  if (!contract.operationAt(method, path)) return;
  const wrong = contract.answerViolations({ method, path, ...answer });
  if (wrong.length > 0) {
    throw new Error(`${method} ${path}: not what the document says: ${wrong.join('; ')}\n${answer.text}`);
  }
}

export async function fetchJson(
  method: string,
  url: string,
  body: unknown,
  options: CallOptions,
): Promise<JsonAnswer> {
  const text = options.raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url, {
    method,
    headers: {
      ...(text !== undefined && { 'Content-Type': 'application/json' }),
      ...(options.key && { Authorization: `Bearer ${options.key}` }),
      ...options.headers,
    },
    ...(text !== undefined && { body: text }),
  });
  const answer = await response.text();
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
  const shown = {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(answer) : undefined,
    text: answer,
  };
  judge(method, url, shown);
  return shown;
}

export function projectOf(simulator: Simulator, name = 'test'): ProjectConfig {
  const { domain, user, password } = simulator.account;
  return {
    name,
    region: simulator.project.region,
    projectId: simulator.project.id,
    hssEndpoint: simulator.url,
    iamEndpoint: simulator.url,
    credentials: { kind: 'password', domainName: domain, userName: user, password },
    enterpriseProjectId: '0',
  };
}

export const portal: CallerConfig = {
  id: 'portal',
  keys: [{ sha256: sha256(KEY) }],
  grants: [{ operations: ['*'], projects: ['*'], enterpriseProjects: ['*', 'all_granted_eps'] }],
};

/** For many requests at once: a machine that is busy with other work takes as long as it takes. */
export const PATIENT = { deadlineMs: 300_000, attemptTimeoutMs: 120_000 } as const;

/** The same, as far as a configuration file may go. */
export const MAX_PATIENT = { deadlineMs: 30_000, attemptTimeoutMs: 30_000 } as const;

/** The portal of tests that reach more within an hour than the brake lets pass that nobody set. */
export const unhurried: CallerConfig = { ...portal, limits: { maxHostsPerHour: 100_000 } };

/** What a test changes of the usual configuration. */
export type Overrides = Partial<Omit<Config, 'projects' | 'callers' | 'limits' | 'upstream'>> & {
  readonly limits?: Partial<Omit<Config['limits'], 'perCaller'>> & { readonly perCaller?: CallerLimits };
  readonly upstream?: Partial<Config['upstream']>;
  readonly projects?: (simulator: Simulator) => readonly ProjectConfig[];
  readonly callers?: readonly CallerConfig[];
};

/**
 * Reads as the product does what an operator has to say and nothing more: all else is as it comes.
 *
 * @param folder of the database
 */
export function asItComes(folder: string): Config {
  return loadConfig({
    environment: {
      NODE_ENV: 'production',
      GATEWAY_CONFIG: 'gateway.yaml',
      GATEWAY_DATABASE_URL: `file:${join(folder, 'gateway.db')}`,
      HSS_REGION: 'cn-north-4',
      HSS_PROJECT_ID: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
      IAM_DOMAIN_NAME: 'example',
      IAM_USER_NAME: 'hss-gateway',
      IAM_PASSWORD: 'correct horse',
      PORT: '0',
      LOG_LEVEL: 'silent',
      // The test runner's module loader can't load the static file server; tests of the documentation run the built process.
      GATEWAY_DOCS: '0',
      // A machine that is busy with tests has long delays; the test of the protection switches it on.
      GATEWAY_MAX_EVENT_LOOP_DELAY_MS: '0',
    },
    readFile: () => JSON.stringify({ callers: [portal] }),
  });
}

/** The configuration of a product as it comes, for the simulated project, but for what a test changes by name. */
export function configFor(simulator: Simulator, folder: string, overrides: Overrides = {}): Config {
  const {
    projects = (cloud) => [projectOf(cloud)],
    callers = [portal],
    limits,
    upstream,
    ...rest
  } = overrides;
  const { file: _, ...usual } = asItComes(folder);
  return {
    ...usual,
    ...(rest.database?.kind === 'postgres' && { auditKey: { current: AUDIT_KEY } }),
    projects: new Map(projects(simulator).map((project) => [project.name, project])),
    callers,
    limits: { ...usual.limits, ...limits, perCaller: { ...usual.limits.perCaller, ...limits?.perCaller } },
    upstream: { ...usual.upstream, ...upstream },
    ...rest,
  };
}

async function checkRecordsOf(database: Config['database']): Promise<void> {
  if (database.kind === 'embedded') checkRecordsIn(database.path);
  else await checkRecordsAt(database.url);
}

/** Starts a cloud and a gateway in front of it. */
export async function startRig(overrides: Overrides = {}, cloud: SimulatorOptions = {}): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
  const simulator = await startSimulator(cloud);
  const config = configFor(simulator, folder, overrides);
  const gateway = await startGateway(config).catch(async (error: unknown) => {
    // Left open, it would keep the test's process from ending.
    await simulator.close();
    throw error;
  });
  judgeAnswersOf(gateway.url);
  const call: Rig['call'] = (method, path, body, options = {}) =>
    fetchJson(method, gateway.url + path, body, { key: KEY, ...options });
  const control: Rig['control'] = (method, path, body) =>
    fetchJson(method, `${simulator.url}/__control${path}`, body, {});
  return {
    simulator,
    gateway,
    config,
    call,
    control,
    operate: (body, options) => call('POST', '/v1/operations', body, options),
    received: async (path) =>
      ((await control('GET', `/requests?path=${encodeURIComponent(path)}`)).body as { requests: Received[] })
        .requests,
    close: async (checking = 'checked') => {
      await gateway.close();
      await simulator.close();
      try {
        if (checking === 'checked') await checkRecordsOf(config.database);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
