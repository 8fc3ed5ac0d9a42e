import { execFile } from 'node:child_process';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The compiled tests that `npm test -- argument` would run. */
async function testsOf(argument: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['test/run.js', '--listTests', '--json', argument],
    { cwd: ROOT },
  );
  return (JSON.parse(stdout) as string[]).map((file) => relative(ROOT, file));
}

it.each([
  ['src/access/grants.spec.ts', 'dist/src/access/grants.spec.js'],
  ['./src/access/grants.spec.ts', 'dist/src/access/grants.spec.js'],
  ['test/run.spec.ts', 'dist/test/run.spec.js'],
])('%s is run by the path of its source', async (source, compiled) => {
  expect(await testsOf(source)).toEqual([compiled]);
});

it('src/ runs the unit specs and no others', async () => {
  const tests = await testsOf('src/');
  expect(tests.length).toBeGreaterThan(10);
  expect(tests.filter((file) => !/^dist\/src\/.*\.spec\.js$/.test(file))).toEqual([]);
});
