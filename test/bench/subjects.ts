import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { gatewayFlags, prepareGateway } from './gateway.js';
import type { Dialect } from './measurement.js';
import { PROJECT_ID, REGION, UPSTREAM_TOKEN } from './cloud.js';

/** Where a subject finds its files and its upstream. */
export interface Place {
  readonly folder: string;
  readonly upstream: string;
}

/** How a subject is started, and what a caller sends it. */
export interface Prepared {
  readonly environment: Record<string, string>;
  readonly headers: Record<string, string>;
}

/** One thing that is measured, in a process of its own. */
export interface Subject {
  readonly name: string;
  readonly title: string;
  readonly measuredByDefault: boolean;
  /** Compiled entry, relative to this file. */
  readonly script: string;
  readonly flags?: readonly string[];
  readonly dialect: Dialect;
  readonly path: string;
  /** Answers 200 when the subject may be asked; without it, an open port is enough. */
  readonly readyPath?: string;
  /** The tiny upstream itself forwards nowhere. */
  prepare(place: Place): Prepared;
}

const UPSTREAM_PATH = `/v5/${PROJECT_ID}/event/operate?enterprise_project_id=0`;
/** A caller of the upstream API brings token and region; a caller of the internal API knows neither. */
const UPSTREAM_HEADERS = { 'X-Auth-Token': UPSTREAM_TOKEN, region: REGION };

export const GATEWAY: Subject = {
  name: 'gateway',
  title: 'the gateway, as in production',
  measuredByDefault: true,
  script: '../../gateway/main.js',
  flags: gatewayFlags(),
  dialect: 'internal',
  path: '/v1/operations',
  readyPath: '/readyz',
  prepare: prepareGateway,
};

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
  GATEWAY,
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
    // No aim is stated against it, and a run takes long enough.
    measuredByDefault: false,
    script: 'subjects/plain-fastify.js',
    dialect: 'internal',
    path: '/v1/operations',
    prepare: ({ upstream }) => ({ environment: { UPSTREAM: upstream }, headers: {} }),
  },
];
