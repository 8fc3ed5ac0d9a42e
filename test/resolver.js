// Where jest finds modules: what src and test import of packages is in dist/packages (test/packages.js), everything else where it always
// is. Packages that stay outside ask for others of their own kind, and get them.
import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import process from 'node:process';

const BUILT = ['src', 'test'].map((folder) => join(process.cwd(), 'dist', folder) + sep);
const packages = new Map(
  Object.entries(JSON.parse(readFileSync(join(process.cwd(), 'dist/packages/packages.json'), 'utf8'))),
);

export function sync(name, options) {
  const file = packages.get(name);
  return file !== undefined && BUILT.some((folder) => `${options.basedir}${sep}`.startsWith(folder))
    ? file
    : options.defaultResolver(name, options);
}
