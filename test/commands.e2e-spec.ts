import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startDemoProcess, type DemoProcess } from './support/process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../gateway/main.js', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  program: string,
  words: readonly string[],
  env: Record<string, string>,
  cwd: string,
): Promise<Ended> {
  const options = { cwd, env: { PATH: process.env['PATH'], ...env }, timeout: 300_000 };
  return new Promise((resolve) => {
    execFile(program, words, options, (error, stdout, stderr) => {
      // A command that had to be ended has no code.
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the scripts', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };

  it('of the check look at format, lint, types and imports, and change nothing', () => {
    const parts = scripts['check']?.split(' && ').map((part) => part.replace('npm run ', '')) ?? [];
    expect(parts).toEqual(['format:check', 'lint', 'types', 'imports']);
    for (const part of parts) expect(scripts[part]).not.toMatch(/--fix|--write|--quiet/);
    expect(scripts['lint']).toContain('--max-warnings 0');
    expect(scripts['types']).toContain('--noEmit');
  });
});

describe('a start', () => {
  let other: DemoProcess;
  beforeAll(async () => {
    other = await startDemoProcess({
      GATEWAY_DATABASE_URL: `file:${join(folder, 'gateway.db')}`,
      LOG_LEVEL: 'silent',
    });
  });
  afterAll(() => other.close());

  const start = (env: Record<string, string>, ...words: string[]): Promise<Ended> =>
    run(process.execPath, [MAIN, ...words], { LOG_LEVEL: 'silent', PORT: '0', ...env }, folder);

  it('with a wrong configuration names everything that is wrong, no value, and does not happen', async () => {
    const ended = await start({ PORT: 'sesame', NODE_ENV: 'production', IAM_PASSWORD: 'open\nsesame' });
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    for (const key of ['PORT', 'IAM_PASSWORD', 'projects', 'callers'])
      expect(ended.stderr).toContain(`  ${key}: `);
    expect(ended.stderr).not.toContain('sesame');
  });

  it('can be tried out: what would be used is printed, without secrets', async () => {
    const secret = 'correct-horse';
    const env = {
      HSS_REGION: 'cn-north-4',
      HSS_PROJECT_ID: 'p1',
      IAM_DOMAIN_NAME: 'd',
      IAM_USER_NAME: 'u',
      IAM_PASSWORD: secret,
      GATEWAY_CONFIG: 'gateway.yaml',
    };
    writeFileSync(
      join(folder, 'gateway.yaml'),
      `callers: [{ id: bot, keys: [{ sha256: ${'ab'.repeat(32)} }], grants: [{ operations: ['*'], projects: ['*'], enterpriseProjects: ['*'] }] }]`,
    );
    const ended = await start(env, '--check-config');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toContain('projects.default.projectId = p1\n');
    expect(ended.stdout).not.toContain(secret);
    expect(ended.stdout).not.toContain('abab');
  });

  it('with an option that there is not says so, and does not happen', async () => {
    const ended = await start({ GATEWAY_DEMO: '1' }, '--chek-config');
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('The one option is --check-config.');
  });

  it('with variables that were meant as others names these, and does not happen', async () => {
    const env = { GATEWAY_DB_URL: 'file:x', GATEWAY_LOGLEVEL: 'debug', HSS_PROJECT: 'p', IAM_USER: 'u' };
    const ended = await start({ GATEWAY_DEMO: '1', ...env }, '--check-config');
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    for (const meant of ['GATEWAY_DATABASE_URL', 'LOG_LEVEL', 'HSS_PROJECT_ID', 'IAM_USER_NAME'])
      expect(ended.stderr).toContain(`did you mean ${meant}?`);
  });

  it.each([
    [
      'on a database that another gateway has open',
      () => `file:${join(folder, 'gateway.db')}`,
      /another process has it open; one file serves one gateway/,
    ],
    [
      'on a database in a folder that cannot be made',
      () => 'file:/proc/nowhere/gateway.db',
      /ENOENT: no such file or directory, mkdir '\/proc\/nowhere'$/,
    ],
    ['on a database that is a folder', () => `file:${folder}`, /unable to open database file$/],
  ])('%s fails with one line that says so', async (_, database, reason) => {
    const ended = await start({ GATEWAY_DEMO: '1', GATEWAY_DATABASE_URL: database() });
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr.trim()).toMatch(/^the gateway cannot start: [^\n]+$/);
    expect(ended.stderr.trim()).toMatch(reason);
  });

  it('on a port that is taken fails with one line that says so', async () => {
    const { port } = new URL(other.url);
    const ended = await start({ GATEWAY_DEMO: '1', PORT: port, GATEWAY_DATABASE_URL: 'file:./another.db' });
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^the gateway cannot start: listen EADDRINUSE[^\n]+\n$/);
  });
});

describe('.ci/run', () => {
  const project = join(folder, 'project');
  /** Stands in for npm: notes how it was called, and writes the report that it was given. */
  const NPM = `#!/usr/bin/env bash
echo "$*" >> "$CALLS"
[ "$1" = test ] || exit "\${CHECK_CODE:-0}"
for word in "$@"; do case "$word" in --outputFile=*) printf %s "$REPORT" > "\${word#*=}";; esac; done
exit "\${TEST_CODE:-0}"
`;

  beforeAll(() => {
    mkdirSync(join(project, 'bin'), { recursive: true });
    cpSync(join(ROOT, '.ci'), join(project, '.ci'), { recursive: true });
    writeFileSync(join(project, 'bin/npm'), NPM);
    chmodSync(join(project, 'bin/npm'), 0o755);
  });

  function report(passed: number, failed: number, unloadable = 0): string {
    const broken = { name: 'broken.js', message: 'SyntaxError', assertionResults: [] };
    const tests = [{ status: 'failed', fullName: 'a promise is kept' }].slice(0, failed);
    return JSON.stringify({
      numPassedTests: passed,
      numFailedTests: failed,
      numRuntimeErrorTestSuites: unloadable,
      testResults: [
        { name: 'some.js', message: '', assertionResults: tests },
        ...Array.from({ length: unloadable }, () => broken),
      ],
    });
  }

  async function ci(env: Record<string, string>): Promise<Ended & { calls: string[]; last: string }> {
    const calls = join(project, 'calls');
    writeFileSync(calls, '');
    const path = `${join(project, 'bin')}:${process.env['PATH']}`;
    const ended = await run('bash', [join(project, '.ci/run')], { ...env, PATH: path, CALLS: calls }, folder);
    const last = ended.stdout.trimEnd().split('\n').at(-1) ?? '';
    return { ...ended, calls: readFileSync(calls, 'utf8').trim().split('\n'), last };
  }

  it('can be executed, installs, checks and tests', async () => {
    expect(statSync(join(ROOT, '.ci/run')).mode & 0o111).not.toBe(0);
    const { code, calls, last } = await ci({ REPORT: report(12, 0) });
    expect({ code, last }).toEqual({ code: 0, last: '12 passed, 0 failed' });
    expect(calls.map((call) => call.split(' -')[0])).toEqual(['ci', 'run check', 'test']);
  });

  it('counts what failed, names it, and fails', async () => {
    const { code, last, stdout } = await ci({ REPORT: report(11, 1), TEST_CODE: '1' });
    expect({ code, last }).toEqual({ code: 1, last: '11 passed, 1 failed' });
    expect(stdout).toContain('failed: a promise is kept (some.js)');
  });

  it('counts a suite that could not be loaded as one that failed', async () => {
    const { code, last, stdout } = await ci({ REPORT: report(11, 0, 1) });
    expect({ code, last }).toEqual({ code: 1, last: '11 passed, 1 failed' });
    expect(stdout).toContain('failed to run: broken.js');
  });

  it('fails when the runner does, whatever its report says', async () => {
    expect(await ci({ REPORT: report(12, 0), TEST_CODE: '3' })).toMatchObject({
      code: 3,
      last: '12 passed, 0 failed',
    });
  });

  it('claims nothing when nothing was tested', async () => {
    expect(await ci({ REPORT: report(12, 0), CHECK_CODE: '2' })).toMatchObject({ code: 2, stdout: '' });
    expect(await ci({ REPORT: '', TEST_CODE: '1' })).toMatchObject({ code: 1, stdout: '' });
  });
});
