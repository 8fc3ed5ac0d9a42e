import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

import type { Config } from '../src/config/config.js';
import { loadConfig } from '../src/config/load-config.js';
import { DEMO_ALARM, DEMO_REQUEST } from '../src/cli/demo-mode.js';
import { KEY, sha256, startRig } from './support/gateway.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** The stages of the Dockerfile, each from its FROM on; comments left out, continued lines joined. */
function stagesOf(text: string): Instruction[][] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  const stages: Instruction[][] = [];
  for (const line of lines.filter((each) => each.trim() !== '')) {
    const [, word = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (word === 'FROM') stages.push([]);
    stages.at(-1)?.push({ word, rest });
  }
  return stages;
}

interface Service {
  readonly build?: string;
  readonly image: string;
  readonly ports?: readonly string[];
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly configs?: readonly { source: string; target: string }[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly read_only?: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly stop_grace_period?: string;
}

interface Composition {
  readonly services: Readonly<Record<'gateway' | 'simulator', Service>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const stages = stagesOf(read('Dockerfile'));
const [build, image] = [stages[0]!, stages.at(-1)!];
const all = (stage: readonly Instruction[], word: string): string[] =>
  stage.filter((instruction) => instruction.word === word).map(({ rest }) => rest);
const only = (stage: readonly Instruction[], word: string): string => {
  const [rest, ...more] = all(stage, word);
  if (rest === undefined || more.length > 0) throw new Error(`expected one ${word}`);
  return rest;
};
const imageEnvironment = Object.fromEntries(
  all(image, 'ENV').flatMap((rest) => rest.split(/\s+/).map((pair) => pair.split(/=(.*)/s).slice(0, 2))),
) as Record<string, string>;
const healthCheck = JSON.parse(only(image, 'HEALTHCHECK').replace(/^.*?CMD /, '')) as string[];

/** As Compose fills it in where the key is `KEY`. */
const composition = read('docker-compose.yml').replace(/\$\{CALLER_KEY_SHA256:\?[^}]+\}/, sha256(KEY));
const { services, configs, volumes } = parse(composition, { merge: true }) as Composition;

/** Runs a health check's command here; answers its exit code. */
async function check(
  [program, ...words]: readonly string[],
  environment: Record<string, string>,
): Promise<number> {
  expect(program).toBe('node');
  const env = { PATH: process.env['PATH'], ...environment };
  return promisify(execFile)(process.execPath, words, { env }).then(
    () => 0,
    (error: { code: number }) => error.code,
  );
}

/** A port on which nobody listens, as far as anyone can tell. */
const NOBODY = '9';

describe('the image', () => {
  it('runs on a release line that the package supports, and on the Debian that its native module was compiled on', () => {
    const [buildBase, base] = [only(build, 'FROM'), only(image, 'FROM')];
    const [, node, debian] = /^node:(\d+)-(\w+) AS build$/.exec(buildBase) ?? [];
    expect(base).toBe(`node:${node}-${debian}-slim`);
    expect(Number(node) % 2).toBe(0);
    expect(Number(node)).toBeGreaterThanOrEqual(20);
  });

  it('holds production dependencies and the built program, and nothing else', () => {
    expect(all(build, 'RUN')[0]).toContain('npm ci');
    expect(all(build, 'RUN').at(-1)).toContain('npm prune --omit=dev');
    expect(all(image, 'COPY')).toEqual([
      '--from=build /app/package.json ./',
      '--from=build /app/node_modules node_modules',
      '--from=build /app/dist dist',
      'openapi/gateway.json openapi/compat.json openapi/',
      'openapi/hss.yaml openapi/',
    ]);
  });

  it('does not run as root, and as nobody who could change the program', () => {
    expect(only(image, 'USER')).toBe('node');
    const words = image.map(({ word }) => word);
    expect(words.lastIndexOf('COPY')).toBeLessThan(words.indexOf('USER'));
    expect(all(image, 'COPY').join()).not.toContain('--chown');
  });

  it('starts the program itself, so that it gets the signals', () => {
    const command = JSON.parse(only(image, 'CMD')) as string[];
    expect(command[0]).toBe('node');
    expect(existsSync(join(ROOT, command.at(-1) ?? ''))).toBe(true);
    // With the same settings as everywhere else.
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } };
    expect(scripts.start).toBe(`npm run build && ${command.join(' ')}`);
    expect(all(image, 'ENTRYPOINT')).toEqual([]);
  });

  it('is in production mode, listens to the outside, and keeps its database on a volume', () => {
    const project = {
      HSS_REGION: 'cn-north-4',
      HSS_PROJECT_ID: 'p1',
      IAM_DOMAIN_NAME: 'd',
      IAM_USER_NAME: 'u',
      IAM_PASSWORD: 'p',
      GATEWAY_CONFIG: 'gateway.yaml',
    };
    const config = loadConfig({
      environment: { ...imageEnvironment, ...project },
      readFile: () => configs['gateway']?.content ?? '',
    });
    expect(config).toMatchObject({ environment: 'production', demo: false, listen: { host: '0.0.0.0' } });
    expect(config.database).toEqual({ kind: 'embedded', path: `${only(image, 'VOLUME')}/gateway.db` });
    expect(all(image, 'RUN').join()).toContain(`-o node -g node -m 0700 ${only(image, 'VOLUME')}`);
    expect(only(image, 'EXPOSE')).toBe(String(config.listen.port));
  });

  it('is healthy while the gateway is ready, and not when it is not', async () => {
    const rig = await startRig();
    const { port } = new URL(rig.gateway.url);
    try {
      expect(await check(healthCheck, { PORT: port })).toBe(0);
      await rig.control('POST', '/settings', { password: 'another' });
      await rig.operate(DEMO_REQUEST);
      expect(await check(healthCheck, { PORT: port })).toBe(1);
    } finally {
      await rig.close();
    }
    expect(await check(healthCheck, { PORT: NOBODY })).toBe(1);
  });
});

describe('the composition', () => {
  const { gateway, simulator } = services;

  /** What the gateway would read there. */
  function configOf(): Config {
    const files = new Map(gateway.configs?.map(({ source, target }) => [target, configs[source]?.content]));
    return loadConfig({
      environment: { ...imageEnvironment, ...gateway.environment },
      readFile: (path) => {
        const text = files.get(path);
        if (text === undefined) throw new Error(`nothing is mounted at ${path}`);
        return text;
      },
    });
  }

  it('gives the gateway a configuration that it takes, with a key of whoever starts it for its one caller', () => {
    const config = configOf();
    expect(config).toMatchObject({ environment: 'production', demo: false });
    expect(config.callers).toMatchObject([{ id: 'demo', keys: [{ sha256: sha256(KEY) }] }]);
    expect(config.database).toMatchObject({ path: `${gateway.volumes?.[0]?.split(':')[1]}/gateway.db` });
    expect(Object.keys(volumes)).toEqual([gateway.volumes?.[0]?.split(':')[0]]);
  });

  it('points it at the simulator, with the account that is known there', async () => {
    const [project, ...more] = configOf().projects.values();
    expect(more).toEqual([]);
    const there = `http://simulator:${simulator.environment['SIMULATOR_PORT']}`;
    expect(project).toMatchObject({ hssEndpoint: there, iamEndpoint: there });
    const rig = await startRig({
      projects: ({ url }) => [{ ...project!, hssEndpoint: url, iamEndpoint: url }],
    });
    try {
      const answer = await rig.operate({ operation: 'ignore', alarms: [DEMO_ALARM] });
      expect(answer.body).toMatchObject({ status: 'applied' });
    } finally {
      await rig.close();
    }
  });

  it('starts the gateway when the simulator is healthy', async () => {
    expect(gateway.depends_on).toEqual({ simulator: { condition: 'service_healthy' } });
    const [kind, ...command] = simulator.healthcheck?.test ?? [];
    expect(kind).toBe('CMD');
    const port = simulator.environment['SIMULATOR_PORT'] ?? '';
    const rig = await startRig();
    try {
      const there = command.map((word) => word.replace(port, new URL(rig.simulator.url).port));
      expect(await check(there, {})).toBe(0);
    } finally {
      await rig.close();
    }
    expect(
      await check(
        command.map((word) => word.replace(port, NOBODY)),
        {},
      ),
    ).toBe(1);
    expect(existsSync(join(ROOT, simulator.command?.at(-1) ?? ''))).toBe(true);
  });

  it.each(['gateway', 'simulator'] as const)('takes from the %s what it does not need', (name) => {
    const { cap_drop, security_opt, ports = [] } = services[name];
    expect(cap_drop).toEqual(['ALL']);
    expect(security_opt).toEqual(['no-new-privileges:true']);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('asks for nothing that Compose refuses: inline configs in a read-only container', () => {
    for (const { read_only, configs: mounted = [] } of Object.values(services)) {
      expect(read_only === true && mounted.length > 0).toBe(false);
    }
  });

  it('waits for a gateway that is still at work', () => {
    const { drainDelayMs, drainMs } = configOf().shutdown;
    const grace = Number(/^(\d+)s$/.exec(gateway.stop_grace_period ?? '')?.[1]) * 1_000;
    expect(grace).toBeGreaterThan(drainDelayMs + drainMs);
  });
});
