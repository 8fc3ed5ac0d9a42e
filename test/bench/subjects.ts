import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Dialect } from './measurement.js';

export const PROJECT_ID = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
export const REGION = 'cn-north-4';
/** The one token that the tiny upstream issues and accepts. */
export const UPSTREAM_TOKEN = 'MIIbench'.repeat(32);

/** One thing that is measured, in a process of its own. */
export interface Subject {
  readonly name: string;
  readonly title: string;
  readonly measuredByDefault: boolean;
  /** Compiled entry, relative to this file. */
  readonly script: string;
  readonly dialect: Dialect;
  readonly path: string;
  /** Answers 200 when the subject may be asked; without it, an open port is enough. */
  readonly readyPath?: string;
  /** Where it forwards to; the tiny upstream itself forwards nowhere. */
  prepare(place: { folder: string; upstream: string }): {
    environment: Record<string, string>;
    headers: Record<string, string>;
  };
}

const UPSTREAM_PATH = `/v5/${PROJECT_ID}/event/operate?enterprise_project_id=0`;
/** A caller of the upstream API brings token and region; a caller of the internal API knows neither. */
const UPSTREAM_HEADERS = { 'X-Auth-Token': UPSTREAM_TOKEN, region: REGION };

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'direct',
    title: 'upstream, called directly',
    measuredByDefault: true,
    script: 'subjects/upstream.js',
    dialect: 'upstream',
    path: UPSTREAM_PATH,
    prepare: () => ({ environment: {}, headers: UPSTREAM_HEADERS }),
  },
  {
    name: 'gateway',
    title: 'the gateway, as in production',
    measuredByDefault: true,
    script: '../../src/main.js',
    dialect: 'internal',
    path: '/v1/operations',
    readyPath: '/readyz',
    prepare: prepareGateway,
  },
  {
    name: 'floor',
    title: 'the floor: node:http, SQLite, undici',
    measuredByDefault: true,
    script: 'subjects/floor.js',
    dialect: 'internal',
    path: '/',
    prepare: ({ folder, upstream }) => {
      const key = randomBytes(24).toString('hex');
      return {
        environment: {
          UPSTREAM: upstream,
          FILE: join(folder, 'floor.db'),
          KEY_SHA256: createHash('sha256').update(key).digest('hex'),
        },
        headers: { Authorization: `Bearer ${key}` },
      };
    },
  },
  {
    name: 'proxy',
    title: '@fastify/http-proxy, body unread',
    measuredByDefault: true,
    script: 'subjects/http-proxy.js',
    dialect: 'upstream',
    path: UPSTREAM_PATH,
    prepare: ({ upstream }) => ({ environment: { UPSTREAM: upstream }, headers: UPSTREAM_HEADERS }),
  },
  {
    name: 'plain',
    title: 'NestJS + Express + axios',
    measuredByDefault: true,
    script: 'subjects/plain-express.js',
    dialect: 'internal',
    path: '/v1/operations',
    prepare: ({ upstream }) => ({ environment: { UPSTREAM: upstream }, headers: {} }),
  },
  {
    name: 'plain-fastify',
    title: 'NestJS + Fastify + axios',
    // No aim is stated against it, and five subjects do not fit into four minutes.
    measuredByDefault: false,
    script: 'subjects/plain-fastify.js',
    dialect: 'internal',
    path: '/v1/operations',
    prepare: ({ upstream }) => ({ environment: { UPSTREAM: upstream }, headers: {} }),
  },
];

/** Nothing is switched off: authentication, validation, durable audit, token injection and logging all cost what they cost. */
function prepareGateway({
  folder,
  upstream,
}: {
  folder: string;
  upstream: string;
}): ReturnType<Subject['prepare']> {
  const key = `bench_${randomBytes(24).toString('hex')}`;
  const file = join(folder, 'gateway.yaml');
  const configuration = {
    projects: [
      { name: 'prod', region: REGION, projectId: PROJECT_ID, endpoint: upstream, iamEndpoint: upstream },
    ],
    callers: [
      {
        id: 'bench',
        keys: [{ sha256: createHash('sha256').update(key).digest('hex') }],
        grants: [{ operations: ['*'], projects: ['prod'], enterpriseProjects: ['*'] }],
      },
    ],
  };
  writeFileSync(file, stringify(configuration));
  return {
    environment: {
      GATEWAY_CONFIG: file,
      GATEWAY_DATABASE_URL: `file:${join(folder, 'gateway.db')}`,
      GATEWAY_ALLOW_INSECURE_ENDPOINTS: '1',
      IAM_DOMAIN_NAME: 'bench-account',
      IAM_USER_NAME: 'bench',
      IAM_PASSWORD: randomBytes(12).toString('hex'),
      LOG_LEVEL: 'info',
    },
    headers: { Authorization: `Bearer ${key}` },
  };
}
