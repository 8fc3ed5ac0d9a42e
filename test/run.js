// Runs jest over the build. Takes the paths of sources, as a person types them: `npm test -- test/undo.e2e-spec.ts`.
import process from 'node:process';

import { run } from 'jest';

import { bundlePackages } from './packages.js';

/** A path of src or test as the pattern of its compiled file; everything else goes to jest as it is. */
const compiled = (argument) => {
  const [, path] = /^(?:\.\/)?((?:src|test)\/.*)$/.exec(argument) ?? [];
  return path === undefined ? argument : `dist/${path.replace(/\.ts$/, '.js')}`;
};

await bundlePackages();
await run([...process.argv.slice(2).map(compiled), '--resolver=./test/resolver.js']);
