import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILD = join(ROOT, 'src/build.js');
/** What the plugin that nest-cli.json names makes of a comment; the comment itself is compiled without it too. */
const DESCRIBED = 'description: "What it is called."';

// Each build loads the compiler, which takes seconds on a machine that is busy.
const TSCONFIG = {
  compilerOptions: {
    module: 'NodeNext',
    strict: true,
    rootDir: '.',
    outDir: 'dist',
    sourceMap: true,
    types: [],
    skipLibCheck: true,
  },
  include: ['src'],
};

/** What is compiled without the types of Node. */
const WORKER = `// @ts-nocheck
import { one } from '../one.js';
process.stdout.write('one is ' + one);
`;
const ENGINE = `// @ts-nocheck
import { Worker } from 'node:worker_threads';
export const start = () => new Worker(new URL('./embedded.worker.js', import.meta.url));
`;
const MAIN = `// @ts-nocheck
import { readFileSync } from 'node:fs';
import { start } from './audit/engine.js';
const cats = readFileSync(new URL('./seed/cats.json', import.meta.url), 'utf8');
start().once('exit', () => {
  throw new Error('the cats are ' + cats);
});
`;

/** A project of two files, built as this one is. */
describe('a build', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  const write = (name: string, text: string) => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
    write('package.json', '{ "type": "module" }');
    write('package-lock.json', '{}');
    write('tsconfig.json', JSON.stringify(TSCONFIG));
    write('nest-cli.json', readFileSync(join(ROOT, 'nest-cli.json'), 'utf8'));
    write('src/one.ts', 'export const one: number = 1;\n');
    write('src/cat.dto.ts', 'export class CatDto {\n  /** What it is called. */\n  name!: string;\n}\n');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(words: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, words, { cwd: folder }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
      );
    });
  }

  async function build(): Promise<{ code: number; stderr: string }> {
    const { code, stderr } = await run([BUILD]);
    return { code, stderr };
  }

  /** Whether a build made everything again: what it did not make is gone then. */
  async function rebuilds(): Promise<boolean> {
    write('dist/planted', '');
    expect(await build()).toEqual({ code: 0, stderr: '' });
    return !existsSync(path('dist/planted'));
  }

  it('compiles, with the descriptions of the DTOs', async () => {
    expect(await build()).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(path('dist/src/one.js'), 'utf8')).toContain('export const one = 1');
    expect(readFileSync(path('dist/src/cat.dto.js'), 'utf8')).toContain(DESCRIBED);
  });

  it('copies the JSON files of src to where the compiled code looks for them', async () => {
    write('src/seed/cats.json', '["Tom"]\n');
    expect(await build()).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(path('dist/src/seed/cats.json'), 'utf8')).toBe('["Tom"]\n');
  });

  it('does nothing where nothing changed, and everything where something did', async () => {
    expect(await rebuilds()).toBe(true);
    expect(await rebuilds()).toBe(false);
    write('src/one.ts', 'export const one: number = 2;\n');
    expect(await rebuilds()).toBe(true);
    expect(readFileSync(path('dist/src/one.js'), 'utf8')).toContain('export const one = 2');
    renameSync(path('src/one.ts'), path('src/two.ts'));
    expect(await rebuilds()).toBe(true);
    expect([existsSync(path('dist/src/one.js')), existsSync(path('dist/src/two.js'))]).toEqual([false, true]);
    write('tsconfig.json', JSON.stringify({ ...TSCONFIG, exclude: ['src/two.ts'] }));
    expect(await rebuilds()).toBe(true);
    expect(await rebuilds()).toBe(false);
    write('nest-cli.json', '{}');
    expect(await rebuilds()).toBe(true);
    expect(readFileSync(path('dist/src/cat.dto.js'), 'utf8')).not.toContain(DESCRIBED);
  });

  it('puts a program and its threads into one folder, where it finds its data and names lines of the sources', async () => {
    write('src/seed/cats.json', '["Tom"]\n');
    write('src/audit/embedded.worker.ts', WORKER);
    write('src/audit/engine.ts', ENGINE);
    write('src/main.ts', MAIN);
    expect(await build()).toEqual({ code: 0, stderr: '' });
    rmSync(path('dist/src/audit'), { recursive: true });
    const { stdout, stderr } = await run(['--enable-source-maps', path('dist/gateway/main.js')]);
    expect(stdout).toBe('one is 1');
    expect(stderr).toContain('Error: the cats are ["Tom"]');
    expect(stderr).toContain(`${path('src/main.ts')}:6`);
  });

  it('makes a bundle again that was removed', async () => {
    write('src/main.ts', 'export {};\n');
    expect(await build()).toEqual({ code: 0, stderr: '' });
    rmSync(path('dist/gateway/main.js'));
    expect(await rebuilds()).toBe(true);
    expect(await rebuilds()).toBe(false);
  });

  it.each([
    ['what would lie elsewhere', 'export const here = import.meta.dirname;', 'can be bundled'],
    [
      'a script that is no entry',
      `new Worker(new URL('./other.js', import.meta.url));`,
      'is no entry of the bundle',
    ],
    ['a character that is escaped already', `export const dash = /\\–/;`, 'would change what it means'],
    [
      'a character that is read as written',
      'export const dash = String.raw`–`;',
      'would change what it means',
    ],
  ])('refuses to bundle %s', async (_, code, why) => {
    write('src/main.ts', `// @ts-nocheck\n${code}\n`);
    const { code: exitCode, stderr } = await build();
    expect([exitCode, existsSync(path('dist/.made-of'))]).toEqual([1, false]);
    expect(stderr).toContain(why);
  });

  it('that fails says why and where, and is not taken for one', async () => {
    write('src/one.ts', 'export const one: number = "1";\n');
    for (const attempt of [1, 2]) {
      const { code, stderr } = await build();
      expect([attempt, code]).toEqual([attempt, 1]);
      expect(stderr).toMatch(/src\/one\.ts.*TS2322/);
    }
  });
});

describe('the scripts', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };

  it('that run the program build it first, in the one way that does nothing when nothing changed', () => {
    expect(scripts['build']).toBe('node src/build.js');
    const programs = Object.entries(scripts).filter(([, script]) => script.includes('dist/'));
    expect(programs.map(([name]) => name)).toEqual(
      expect.arrayContaining(['start', 'demo', 'caller:key', 'caller:signing-key']),
    );
    for (const [, script] of programs) expect(script).toMatch(/^npm run (--silent )?build && /);
  });
});
