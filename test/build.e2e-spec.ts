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
    types: [],
    skipLibCheck: true,
  },
  include: ['src'],
};

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

  function build(): Promise<{ code: number; stderr: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [BUILD], { cwd: folder }, (error, _, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stderr }),
      );
    });
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
