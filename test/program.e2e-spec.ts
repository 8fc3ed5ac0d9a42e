import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, describe, expect, it } from '@jest/globals';

import { runProgram } from './support/program.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
afterAll(() => rmSync(cwd, { recursive: true }));

const SECRET = 'planted-secret';

describe('hss-gateway', () => {
  it('is the bin of the package, and is started by a link to it as in the image', async () => {
    const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      bin: Readonly<Record<string, string>>;
    };
    const program = bin['hss-gateway'] ?? '';
    expect(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')).toContain(
      `ln -s /app/${program} /usr/local/bin/hss-gateway`,
    );
    const link = join(cwd, 'hss-gateway');
    symlinkSync(join(ROOT, program), link);
    const { stdout } = await promisify(execFile)(link, ['--help']);
    expect(stdout).toContain('Usage: hss-gateway');
    rmSync(link);
  });

  it.each([
    [['--help'], ['Usage: hss-gateway', 'audit']],
    [
      ['audit', '--help'],
      ['Usage: hss-gateway audit', 'backup'],
    ],
    [['help', 'audit'], ['Usage: hss-gateway audit']],
    [
      ['audit', 'backup', '--help'],
      ['<file>', '--database <url>', 'Exit code'],
    ],
  ])('%j is answered with help', async (words, parts) => {
    const ended = await runProgram(words, { cwd });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    for (const part of parts) expect(ended.stdout).toContain(part);
  });

  it.each([
    [[], 'Usage: hss-gateway'],
    [['audit'], 'Usage: hss-gateway audit'],
    [['adit'], 'Did you mean audit?'],
    [['audit', 'bakup', 'x'], 'Did you mean backup?'],
    [['audit', 'rebiuld'], 'Did you mean rebuild?'],
    [['audit', 'rebuild', 'x'], 'too many arguments'],
    [['audit', 'rebuild', '--database', 'file:nowhere.db'], 'nowhere.db is not there'],
    [
      ['audit', 'rebuild', '--database', `postgres://u:${SECRET}@127.0.0.1:9/d`],
      '127.0.0.1:9 cannot be used',
    ],
    [['audit', 'backup'], "missing required argument 'file'"],
    [['audit', 'backup', 'x', 'y'], 'too many arguments'],
    [['audit', 'backup', 'x', '--databse', 'file:gateway.db'], 'Did you mean --database?'],
    [['audit', 'backup', 'x', `--databse=postgres://u:${SECRET}@h/d`], 'Did you mean --database?'],
    [['audit', 'backup', 'x', '--database'], "option '--database <url>' argument missing"],
    [
      ['audit', 'backup', 'x', '--database', `mysql://u:${SECRET}@h/d`],
      '--database must be file:<path> or postgres://',
    ],
    [['audit', 'backup', 'x', '--database', 'file:nowhere.db'], 'nowhere.db is not there'],
    [['audit', 'backup', 'x', '--database', `postgres://u:${SECRET}@h/d`], 'pg_dump'],
  ])('%j could not be done, and it says why', async (words, why) => {
    const ended = await runProgram(words, { cwd });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(why);
    expect(ended.stderr).not.toContain(SECRET);
    expect(ended.stderr).not.toContain('    at ');
  });

  it.each([
    [{ GATEWAY_DATABASE_URL: 'file:there.db' }, 'no backup of there.db was made: there.db is not there'],
    [{ GATEWAY_DATABASE_URL_FILE: 'address' }, 'no backup of from-file.db was made'],
    [{}, 'no backup of ./data/gateway.db was made'],
    [{ GATEWAY_DATABASE_URL_FILE: 'nothing' }, 'GATEWAY_DATABASE_URL_FILE: '],
    [{ GATEWAY_DB_URL: 'file:there.db' }, 'did you mean GATEWAY_DATABASE_URL?'],
  ])('takes the database from the environment as the gateway does: %j', async (env, why) => {
    writeFileSync(join(cwd, 'address'), 'file:from-file.db\n');
    const ended = await runProgram(['audit', 'backup', 'x'], { cwd, env });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(why);
    expect(readdirSync(cwd)).toEqual(['address']);
  });
});
