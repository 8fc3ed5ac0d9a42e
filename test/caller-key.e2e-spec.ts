import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import { loadConfig } from '../src/config/load-config.js';
import { sha256, startRig } from './support/gateway.js';

const PROGRAM = fileURLToPath(new URL('../src/cli/caller-key.js', import.meta.url));
const run = (...options: string[]) => promisify(execFile)(process.execPath, [PROGRAM, ...options]);

const GRANTS = 'grants: [{ operations: ["*"], projects: ["*"], enterpriseProjects: ["*"] }]';

describe('a key that is made', () => {
  it('works when what is printed for the file is put into the file', async () => {
    const { stdout } = await run('--caller', 'soc-portal', '--env', 'test', '--expires', '2037-06-30');
    const [key = ''] = /hssgw_test_\w+/.exec(stdout) ?? [];
    const snippet = stdout.slice(stdout.indexOf('callers:'));
    const { callers } = loadConfig({
      environment: {
        GATEWAY_CONFIG: 'gateway.yaml',
        HSS_REGION: 'cn-north-4',
        HSS_PROJECT_ID: '0123456789abcdef0123456789abcdef',
        IAM_DOMAIN_NAME: 'd',
        IAM_USER_NAME: 'u',
        IAM_PASSWORD: 'p',
      },
      readFile: () => `${snippet}    ${GRANTS}\n`,
    });
    const rig = await startRig({ callers });
    const answer = await rig.call('GET', '/v1/me', undefined, { key });
    await rig.close();
    expect(answer).toMatchObject({ status: 200, body: { caller: 'soc-portal' } });
    expect(answer.body).toMatchObject({ credential: { expiresAt: '2037-07-01T00:00:00.000Z' } });
  });

  it('is printed once, with its digest, and is another one each time', async () => {
    const [one, two] = await Promise.all([run('--caller', 'bot'), run('--caller', 'bot')]);
    const keys = [one, two].map(({ stdout }) => stdout.match(/hssgw_prod_\w+/g) ?? []);
    expect(keys.map(({ length }) => length)).toEqual([1, 1]);
    expect(keys[0]).not.toEqual(keys[1]);
    expect(one.stdout).toContain(sha256(String(keys[0]?.[0])));
  });
});

describe('a key is not made', () => {
  it.each([
    [[], ['--caller must be 1 to 64']],
    [
      ['--caller', 'Soc', '--env', 'PROD', '--expires', 'soon'],
      ['--caller must', '--env must', '--expires must'],
    ],
    [['--caler', 'bot'], ['--caler']],
    [['bot'], ['bot']],
  ])('for %j, and all that is wrong is told', async (options, faults) => {
    const failure = (await run(...options).catch((error: unknown) => error)) as {
      code: number;
      stdout: string;
      stderr: string;
    };
    expect(failure).toMatchObject({ code: 1, stdout: '' });
    for (const fault of faults) expect(failure.stderr).toContain(fault);
    expect(failure.stderr).toContain('Usage: npm run caller:key');
  });
});
