import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';
import { minVersion, satisfies } from 'semver';

const read = <T>(file: string): T =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8')) as T;

interface Locked {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
  readonly hasInstallScript?: true;
  readonly optional?: true;
}

const { engines, allowScripts } = read<{
  engines: { node: string };
  allowScripts: Record<string, boolean>;
}>('package.json');
const { packages } = read<{ packages: Record<string, Locked> }>('package-lock.json');
const installed = Object.entries(packages).filter(([path]) => path !== '');

/** Either makes `npm ci` print a warning, which is the first that a newcomer sees. */
describe('every package that npm ci installs', () => {
  it('runs on the oldest Node.js that this one promises', () => {
    const oldest = minVersion(engines.node)?.version ?? '';
    expect(oldest).toBe('20.19.0');
    const unfit = installed
      // Of optional ones npm passes over what does not fit, and says nothing.
      .filter(([, { engines, optional }]) => !optional && engines?.node !== undefined)
      .filter(([, { engines }]) => !satisfies(oldest, engines?.node ?? '*'))
      .map(([path, { version, engines }]) => `${path}@${version}: ${engines?.node}`);
    expect(unfit).toEqual([]);
  });

  it('has it decided whether it may run a script then', () => {
    const names = installed
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ''));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => allowScripts[name] === undefined)).toEqual([]);
  });
});
