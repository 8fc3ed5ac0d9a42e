import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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

interface Rules {
  readonly default: { readonly forbidden: readonly { readonly name: string }[] };
  /** What each folder may import. */
  readonly IMPORTS: Readonly<Record<string, readonly string[]>>;
}

const rules = (await import(pathToFileURL(join(ROOT, RULES)).href)) as Rules;
const ruleNames = rules.default.forbidden.map(({ name }) => name);
const architecture = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');

function sectionOf(heading: string): string {
  const [, section = ''] = architecture.split(`## ${heading}\n`);
  return section.split('\n## ')[0] ?? '';
}

/** The rows of the table under a heading: the words in backquotes of the first cell, and of the second. */
function tableUnder(heading: string): [string[], string[]][] {
  const [, , ...rows] = sectionOf(heading)
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return rows.map((row) => {
    const [, first = '', second = ''] = row.split('|');
    return [quoted(first), quoted(second)];
  });
}

function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}

/** Imports that no rule may let pass: the rule, the file it is written to, and what that file imports. */
const SEEDS: readonly (readonly [rule: string, file: string, ...imports: string[]])[] = [
  ['no-cycles', 'domain/seeded-cycle.ts', './seeded-cycle.js'],
  ['domain-imports', 'domain/seeded.ts', '../config/config.js'],
  ['metrics-imports', 'metrics/seeded.ts', '../domain/ports.js'],
  ['problems-imports', 'problems/seeded.ts', '../config/config.js'],
  ['config-imports', 'config/seeded.ts', '../audit/audit-record.js'],
  ['logging-imports', 'logging/seeded.ts', '../audit/audit-record.js'],
  ['audit-imports', 'audit/seeded.ts', '../upstream/index.js'],
  ['upstream-imports', 'upstream/seeded.ts', '../hss/index.js'],
  ['hss-imports', 'hss/seeded.ts', '../audit/audit-record.js'],
  ['validation-imports', 'validation/seeded.ts', '../config/config.js'],
  ['access-imports', 'access/seeded.ts', '../http/auth.hook.js'],
  ['http-imports', 'http/seeded.ts', '../upstream/index.js'],
  ['docs-imports', 'docs/seeded.ts', '../upstream/index.js'],
  ['health-imports', 'health/seeded.ts', '../upstream/transport.js'],
  ['lists-imports', 'lists/seeded.ts', '../upstream/transport.js'],
  ['alarms-imports', 'alarms/seeded.ts', '../operations/operation-command.js'],
  ['operations-imports', 'operations/seeded.ts', '../compat/change.controller.js'],
  ['operations-imports', 'operations/seeded/root.ts', '../../start.js'],
  ['operations-imports', 'operations/seeded-audit.ts', '../audit/audit-trail.js'],
  ['compat-imports', 'compat/seeded.ts', '../alarms/alarm.js'],
  ['sinks-imports', 'sinks/seeded.ts', '../upstream/index.js'],
  ['brakes-imports', 'brakes/seeded.ts', '../operations/operation-command.js'],
  ['evidence-imports', 'evidence/seeded.ts', '../hss/index.js'],
  ['me-imports', 'me/seeded.ts', '../audit/audit-record.js'],
  ['catalog-imports', 'catalog/seeded.ts', '../config/config.js'],
  ['simulator-imports', 'simulator/seeded.ts', '../upstream/index.js'],
  ['cli-imports', 'cli/seeded.ts', '../brakes/brakes.service.js'],
  ['receiving-files', 'operations/seeded.service.ts', '../http/auth.hook.js'],
  ['receiving-files', 'alarms/seeded.service.ts', '../http/auth.hook.js'],
  ['receiving-files', 'lists/seeded.service.ts', '../http/auth.hook.js'],
  ['receiving-files', 'compat/seeded.service.ts', '../http/auth.hook.js'],
  ['receiving-files', 'brakes/seeded.service.ts', '../http/auth.hook.js'],
  ['receiving-files', 'evidence/seeded.service.ts', '../http/auth.hook.js'],
  ['receiving-files', 'me/seeded.service.ts', '../http/auth.hook.js'],
  ['receiving-files', 'catalog/seeded.service.ts', '../http/auth.hook.js'],
  ['one-door-out', 'upstream/seeded-socket.ts', 'node:net'],
  ['one-door-out', 'http/seeded-http.ts', 'https'],
  ['one-door-out', 'operations/seeded-axios.ts', 'axios'],
  ['one-door-out', 'domain/seeded-undici.ts', 'undici'],
  ['fixtures-for-specs', 'config/seeded-fixture.ts', './config.fixture.js'],
  ['declared-dependencies', 'domain/seeded-dev.ts', 'fast-check'],
  ['declared-dependencies', 'http/seeded-guest.ts', 'find-my-way'],
];

/** Every source file that is no spec, by its path in `src`. */
const sources = (readdirSync(join(ROOT, 'src'), { recursive: true }) as string[]).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'),
);

const folders = [
  ...new Set(sources.filter((file) => file.includes('/')).map((file) => file.split('/')[0] ?? '')),
];

describe('the table of folders', () => {
  const listed = tableUnder('Folders').flatMap(([names]) => names);

  it('has every folder, and no other', () => {
    expect([...listed].sort()).toEqual([...folders].sort());
  });

  it.each(['src/operations', 'test'])('names the folders in %s', (folder) => {
    const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const text = sectionOf('Folders');
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });
});

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

  it('are stated for every folder', () => {
    expect(Object.keys(rules.IMPORTS)).toEqual(expect.arrayContaining(folders));
  });

  it('are those of the table in the architecture', () => {
    const table = tableUnder('Who may import whom').flatMap(([names, allowed]) =>
      names.map((name) => [name, [...allowed].sort()]),
    );
    const stated = Object.entries(rules.IMPORTS).map(([name, allowed]) => [name, [...allowed].sort()]);
    expect(Object.fromEntries(table)).toEqual(Object.fromEntries(stated));
  });

  it.each(SEEDS)('%s sees through src/%s', (rule, file) => {
    const found = seeded.summary.violations.filter(({ from }) => from === `src/${file}`);
    expect(found.map(({ rule: { name } }) => name)).toContain(rule);
  });

  it('cannot be gone round by what needs no import', async () => {
    const linter = join(ROOT, 'node_modules/eslint/bin/eslint.js');
    const options = ['--print-config', 'src/start.ts'];
    const { stdout } = await promisify(execFile)(process.execPath, [linter, ...options], { cwd: ROOT });
    const { rules: checks } = JSON.parse(stdout) as { rules: Record<string, unknown[]> };
    const [severity, ...globals] = checks['no-restricted-globals'] ?? [];
    expect(severity).toBe(2);
    expect(globals.map((each) => (each as { name: string }).name)).toEqual([
      'fetch',
      'WebSocket',
      'EventSource',
    ]);
  });

  it('have no rule that was never seen to fail', () => {
    expect(new Set(SEEDS.map(([rule]) => rule))).toEqual(new Set(ruleNames));
  });
});

describe('a unit spec', () => {
  const files = new Set(readdirSync(join(ROOT, 'src'), { recursive: true }) as string[]);

  /** What may be tested: `a/retry.budget.spec.ts` -> `a/retry.budget.ts`, `a/retry.ts`. */
  function sourcesOf(spec: string): string[] {
    const [name = '', ...aspects] = spec.replace(/\.spec\.ts$/, '').split('.');
    return aspects
      .reduce((names, aspect) => [`${names[0]}.${aspect}`, ...names], [name])
      .map((each) => `${each}.ts`);
  }

  it('stands beside, and is named after, what it tests', () => {
    const specs = [...files].filter((file) => file.endsWith('.spec.ts'));
    expect(specs.length).toBeGreaterThan(50);
    expect(specs.filter((spec) => !sourcesOf(spec).some((source) => files.has(source)))).toEqual([]);
  });
});
