import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CredentialsConfig, ProjectConfig } from '../../src/config/config.js';
import { SimulatorClient, type ShownRequest } from '../../src/simulator/client.js';
import { startMetadataService, type MetadataService } from './metadata-service.js';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.js';
import { startGateway } from '../../src/start.js';
import { configFor, fetchJson, KEY, type JsonAnswer } from './gateway.js';

/** What a cloud gives to credentials: its own address, and that of its servers' metadata. */
export interface Cloud {
  readonly simulator: Simulator;
  readonly metadata: MetadataService;
  readonly client: SimulatorClient;
}

/** A way of authentication: where it acts, and what a request by it carries. */
export interface Way {
  readonly credentials: (cloud: Cloud) => CredentialsConfig;
  readonly project: (simulator: Simulator) => { readonly id: string; readonly region: string };
  readonly carries: 'token' | 'signature' | 'temporary signature';
}

export const password = ({ simulator: { account } }: Cloud) =>
  ({
    kind: 'password',
    domainName: account.domain,
    userName: account.user,
    password: account.password,
  }) as const;

/** Every way, by a name for the project that uses it. */
export const WAYS = {
  password: { credentials: password, project: ({ project }) => project, carries: 'token' },
  elsewhere: { credentials: password, project: ({ otherProject }) => otherProject, carries: 'token' },
  agency: {
    credentials: (cloud) => {
      const { name, domain: domainName } = cloud.simulator.agency;
      return { ...password(cloud), agency: { name, domainName } };
    },
    project: ({ agency }) => agency.project,
    carries: 'token',
  },
  key: {
    credentials: ({ simulator: { account } }) => ({ kind: 'aksk', ak: account.ak, sk: account.sk }),
    project: ({ project }) => project,
    carries: 'signature',
  },
  server: {
    credentials: ({ metadata }) => ({ kind: 'ecs-metadata', endpoint: metadata.url }),
    project: ({ project }) => project,
    carries: 'temporary signature',
  },
} satisfies Readonly<Record<string, Way>>;

/** A project of that name by one of the ways; without its id, that has to be looked up. */
export function projectBy(
  way: Way,
  name: string,
  cloud: Cloud,
  id: 'configured' | 'looked up',
): ProjectConfig {
  const project = way.project(cloud.simulator);
  return {
    name,
    region: project.region,
    ...(id === 'configured' && { projectId: project.id }),
    hssEndpoint: cloud.simulator.url,
    iamEndpoint: cloud.simulator.url,
    credentials: way.credentials(cloud),
    enterpriseProjectId: '0',
  };
}

export interface CredentialsRig extends Cloud {
  /** Handles an alarm that was made for the purpose in a project of the gateway. */
  handle(project: string): Promise<JsonAnswer>;
  call(method: string, path: string): Promise<JsonAnswer>;
  /** What HSS received of operations since the last `forget`. */
  operations(): Promise<readonly ShownRequest[]>;
  /** What IAM received since then. */
  logins(): Promise<readonly ShownRequest[]>;
  forget(): Promise<void>;
  close(): Promise<void>;
}

/** A cloud with a metadata service, and a gateway in front of it with these projects. */
export async function startCredentialsRig(
  projects: (cloud: Cloud) => readonly ProjectConfig[],
  options: SimulatorOptions = {},
): Promise<CredentialsRig> {
  const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-credentials-'));
  const simulator = await startSimulator({ alarms: 0, ...options });
  const metadata = await startMetadataService(simulator);
  const client = new SimulatorClient(simulator);
  const cloud: Cloud = { simulator, metadata, client };
  const config = configFor(simulator, folder, { projects: () => projects(cloud) });
  const gateway = await startGateway(config);
  const call = (method: string, path: string, body?: unknown) =>
    fetchJson(method, gateway.url + path, body, { key: KEY });
  return {
    ...cloud,
    call,
    handle: async (name) => {
      const { region, credentials } = config.projects.get(name)!;
      const alarm = { eventId: randomUUID(), eventClassId: 'portscan_0001', eventType: 6002, occurTime: 1 };
      const { project, otherProject, agency } = simulator;
      const delegated = credentials.kind === 'password' && credentials.agency !== undefined;
      const { id } = delegated ? agency.project : region === project.region ? project : otherProject;
      await client.control('POST', 'alarms', { alarms: [{ ...alarm, projectId: id }] });
      return call('POST', '/v1/operations', {
        operation: 'ignore',
        alarms: [alarm],
        scope: { project: name },
      });
    },
    operations: () => client.requests('/event/operate'),
    logins: () => client.requests('/v3/auth/tokens'),
    forget: async () => void (await client.control('DELETE', 'requests')),
    close: async () => {
      await gateway.close();
      await metadata.close();
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a request carries to prove who sent it. */
export function proofIn({ headers }: ShownRequest): Way['carries'] | 'nothing' | 'too much' {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  if (names.has('x-auth-token')) return names.has('authorization') ? 'too much' : 'token';
  if (!names.has('authorization')) return 'nothing';
  return names.has('x-security-token') ? 'temporary signature' : 'signature';
}

export function headerIn({ headers }: ShownRequest, name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
}
