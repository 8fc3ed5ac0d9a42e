import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RULES = '.dependency-cruiser.js';

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: { readonly violations: readonly { from: string; rule: { name: string } }[] };
}

/** What the checker says of the sources in a folder, by the rules there. */
async function cruise(folder: string): Promise<Cruise> {
  const checker = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const options = ['--config', RULES, '--output-type', 'json', 'src'];
  const { stdout } = await promisify(execFile)(process.execPath, [checker, ...options], {
    cwd: folder,
    maxBuffer: 1 << 28,
  });
  return JSON.parse(stdout) as Cruise;
}

async function ruleNames(): Promise<string[]> {
  const { default: rules } = (await import(pathToFileURL(join(ROOT, RULES)).href)) as {
    default: { forbidden: { name: string }[] };
  };
  return rules.forbidden.map(({ name }) => name);
}

/** Imports that no rule may let pass: the rule, the file it is written to, and what that file imports. */
const SEEDS: readonly (readonly [rule: string, file: string, ...imports: string[]])[] = [
  ['no-cycles', 'domain/seeded-cycle.ts', './seeded-cycle.js'],
  ['domain-imports', 'domain/seeded.ts', '../config/config.js'],
  ['config-imports', 'config/seeded.ts', '../audit/audit-record.js'],
  ['metrics-imports', 'metrics/seeded.ts', '../domain/clock.js'],
  ['audit-imports', 'audit/seeded.ts', '../upstream/index.js'],
  ['upstream-imports', 'upstream/seeded.ts', '../http/problem.js'],
  ['settlement-imports', 'settlement/seeded.ts', '../upstream/transport.js'],
  ['http-imports', 'http/seeded.ts', '../upstream/index.js'],
  ['health-imports', 'health/seeded.ts', '../upstream/transport.js'],
  ['docs-imports', 'docs/seeded.ts', '../upstream/index.js'],
  ['cli-imports', 'cli/seeded.ts', '../brakes/brakes.service.js'],
  ['lists-imports', 'lists/seeded.ts', '../operations/policy.js'],
  ['alarms-imports', 'alarms/seeded.ts', '../operations/policy.js'],
  ['simulator-imports', 'simulator/seeded.ts', '../upstream/index.js'],
  ['operations-imports', 'operations/seeded.ts', '../api/operations/answer.js'],
  ['api-imports', 'api/seeded/another-api.ts', '../operations/answer.js'],
  ['api-imports', 'api/seeded/not-the-entrance.ts', '../../upstream/transport.js'],
  ['api-imports', 'api/seeded/root.ts', '../../start.js'],
  ['one-door-out', 'upstream/seeded-socket.ts', 'node:net'],
  ['one-door-out', 'http/seeded-http.ts', 'https'],
  ['one-door-out', 'api/seeded/axios.ts', 'axios'],
  ['one-door-out', 'domain/seeded-undici.ts', 'undici'],
  ['fixtures-for-specs', 'config/seeded-fixture.ts', './config.fixture.js'],
  ['declared-dependencies', 'domain/seeded-dev.ts', 'fast-check'],
  ['declared-dependencies', 'http/seeded-guest.ts', 'find-my-way'],
];

/** Every source file that is no spec, by its path in `src`. */
const sources = (readdirSync(join(ROOT, 'src'), { recursive: true }) as string[]).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'),
);

describe('the import directions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
  let clean: Cruise;
  let seeded: Cruise;

  beforeAll(async () => {
    clean = await cruise(ROOT);
    for (const name of ['src', 'package.json', 'tsconfig.json', RULES]) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const [, file, ...imports] of SEEDS) {
      const path = join(folder, 'src', file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, imports.map((name) => `import '${name}';\n`).join(''));
    }
    seeded = await cruise(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('hold', () => {
    expect(clean.summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`)).toEqual([]);
  });

  it('are checked over every source file', () => {
    const seen = clean.modules.map(({ source }) => source).filter((source) => source.startsWith('src/'));
    expect(sources.length).toBeGreaterThan(100);
    expect(seen.sort()).toEqual(sources.map((file) => `src/${file}`).sort());
  });

  it('are stated for every folder', async () => {
    const folders = new Set(sources.filter((file) => file.includes('/')).map((file) => file.split('/')[0]));
    expect(await ruleNames()).toEqual(expect.arrayContaining([...folders].map((name) => `${name}-imports`)));
  });

  it.each(SEEDS)('%s sees through src/%s', (rule, file) => {
    const found = seeded.summary.violations.filter(({ from }) => from === `src/${file}`);
    expect(found.map(({ rule: { name } }) => name)).toContain(rule);
  });

  it('cannot be gone round by what needs no import', async () => {
    const linter = join(ROOT, 'node_modules/eslint/bin/eslint.js');
    const options = ['--print-config', 'src/start.ts'];
    const { stdout } = await promisify(execFile)(process.execPath, [linter, ...options], { cwd: ROOT });
    const { rules } = JSON.parse(stdout) as { rules: Record<string, unknown[]> };
    const [severity, ...globals] = rules['no-restricted-globals'] ?? [];
    expect(severity).toBe(2);
    expect(globals.map((each) => (each as { name: string }).name)).toEqual([
      'fetch',
      'WebSocket',
      'EventSource',
    ]);
  });

  it('have no rule that was never seen to fail', async () => {
    expect(new Set(SEEDS.map(([rule]) => rule))).toEqual(new Set(await ruleNames()));
  });
});
