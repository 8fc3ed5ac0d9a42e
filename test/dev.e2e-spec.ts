import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from './support/eventually.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: { readonly dev: string };
};
const TSCONFIG = {
  compilerOptions: {
    module: 'NodeNext',
    rootDir: '.',
    outDir: 'dist',
    sourceMap: true,
    types: [],
    skipLibCheck: true,
  },
  include: ['src'],
};

/** Stands in for the gateway: says which of its versions runs, as which process, and runs until it is ended. */
const program = (version: number): string => `// @ts-nocheck
console.log('version ${version} runs as', process.pid);
setInterval(() => {}, 1_000_000);
`;

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('npm run dev', () => {
  let folder: string;
  let dev: ChildProcess;
  let written: string;
  const write = (version: number): void => writeFileSync(join(folder, 'src/main.ts'), program(version));

  /** The process id of a version, once it runs. */
  const started = async (version: number): Promise<number> => {
    const line = new RegExp(`^version ${version} runs as (\\d+)$`, 'm');
    const found = await eventually(
      () => line.exec(written),
      (match) => match !== null || dev.exitCode !== null,
    );
    expect(written).toMatch(line);
    return Number(found?.[1]);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
    mkdirSync(join(folder, 'src'));
    for (const file of ['src/dev.js', 'src/build.js', 'src/bundle.js', 'nest-cli.json'])
      cpSync(join(ROOT, file), join(folder, file));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'package-lock.json'), '{}');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    // The build looks for its compiler from where it stands.
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    write(1);
    written = '';
    const [program, ...words] = scripts.dev.split(' ');
    expect(program).toBe('node');
    // No shell in between, which would be what a signal ends.
    dev = spawn(process.execPath, words, { cwd: folder, detached: true });
    for (const stream of [dev.stdout, dev.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (written += text));
  });

  afterEach(async () => {
    if (dev.exitCode === null && dev.signalCode === null) {
      const end = once(dev, 'exit');
      // Its group: a gateway that it started must not outlive the test.
      process.kill(-(dev.pid ?? 0), 'SIGKILL');
      await end;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('starts the gateway, and after a change of a source ends it and starts it anew', async () => {
    const first = await started(1);
    write(2);
    const second = await started(2);
    expect([isRunning(first), isRunning(second)]).toEqual([false, true]);
  });

  it('starts it anew also where a signal had ended it', async () => {
    const first = await started(1);
    process.kill(first, 'SIGKILL');
    await eventually(
      () => isRunning(first),
      (running) => !running,
    );
    write(2);
    await started(2);
  });

  it('ends it when it is ended itself', async () => {
    const gateway = await started(1);
    dev.kill('SIGTERM');
    await once(dev, 'exit');
    const stillRuns = await eventually(
      () => isRunning(gateway),
      (runs) => !runs,
    );
    expect(stillRuns).toBe(false);
  });

  it('starts it after a build that failed', async () => {
    const first = await started(1);
    // What was said until then is of builds before.
    written = '';
    writeFileSync(join(folder, 'src/main.ts'), 'export const wrong: number = "1";\n');
    await eventually(
      () => written,
      (text) => text.includes('The build failed'),
    );
    expect(isRunning(first)).toBe(false);
    write(2);
    await started(2);
  });
});
