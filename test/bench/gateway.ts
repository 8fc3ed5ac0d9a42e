import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { PROJECT_ID, REGION } from './cloud.js';
import type { Place, Prepared } from './subjects.js';

/** Seen by the gateway's audit trail as well. */
export const CALLER = 'bench';
export const PROJECT = 'prod';

/** Of Node, as `npm start` gives them: what is measured is what runs. */
export function gatewayFlags(): string[] {
  const manifest = fileURLToPath(new URL('../../../package.json', import.meta.url));
  const { scripts } = JSON.parse(readFileSync(manifest, 'utf8')) as { scripts: { start: string } };
  const flags = / node ((?:-\S+ )*)dist\/gateway\/main\.js$/.exec(scripts.start)?.[1];
  if (flags === undefined) throw new Error(`npm start runs something else: ${scripts.start}`);
  return flags.split(' ').filter((flag) => flag !== '');
}

/** How many arenas the image has glibc keep: freed memory goes back to the system sooner with few. */
function imageArenas(): string {
  const dockerfile = fileURLToPath(new URL('../../../Dockerfile', import.meta.url));
  const arenas = /\bMALLOC_ARENA_MAX=(\d+)/.exec(readFileSync(dockerfile, 'utf8'))?.[1];
  if (arenas === undefined) throw new Error('the image says nothing of MALLOC_ARENA_MAX');
  return arenas;
}

/**
 * Nothing is switched off: authentication, validation, durable audit, token injection and logging all cost what they cost.
 *
 * @param database instead of a file
 */
export function prepareGateway({ folder, upstream }: Place, database?: string): Prepared {
  const key = `bench_${randomBytes(24).toString('hex')}`;
  const file = join(folder, 'gateway.yaml');
  const configuration = {
    projects: [
      { name: PROJECT, region: REGION, projectId: PROJECT_ID, endpoint: upstream, iamEndpoint: upstream },
    ],
    callers: [
      {
        id: CALLER,
        keys: [{ sha256: createHash('sha256').update(key).digest('hex') }],
        grants: [{ operations: ['*'], projects: [PROJECT], enterpriseProjects: ['*'] }],
      },
    ],
  };
  writeFileSync(file, stringify(configuration));
  return {
    environment: {
      GATEWAY_CONFIG: file,
      GATEWAY_DATABASE_URL: database ?? `file:${databaseFile(folder)}`,
      GATEWAY_ALLOW_INSECURE_ENDPOINTS: '1',
      IAM_DOMAIN_NAME: 'bench-account',
      IAM_USER_NAME: 'bench',
      IAM_PASSWORD: randomBytes(12).toString('hex'),
      LOG_LEVEL: 'info',
      MALLOC_ARENA_MAX: imageArenas(),
    },
    headers: { Authorization: `Bearer ${key}` },
  };
}

export function databaseFile(folder: string): string {
  return join(folder, 'gateway.db');
}
