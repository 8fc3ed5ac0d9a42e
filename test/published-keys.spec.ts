import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';

import { rereadAccess } from '../src/config/load-config.js';
import { ConfigError } from '../src/config/field.js';
import { DEMO_KEY } from '../src/cli/demo-mode.js';
import { sha256 } from './support/gateway.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const files = [
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'docker-compose.yml',
  'gateway.example.yaml',
].concat(
  ['docs', 'openapi', 'src', 'test'].flatMap((folder) =>
    (readdirSync(join(ROOT, folder), { recursive: true }) as string[]).map((file) => join(folder, file)),
  ),
);
const texts = files
  .filter((file) => /\.(?:md|ya?ml|json|ts)$/.test(file))
  .map((file) => [file, readFileSync(join(ROOT, file), 'utf8')] as const);
const documents = texts.filter(([file]) => /\.(?:md|ya?ml)$|^openapi\/|^src\/(?!.*\.spec\.ts$)/.test(file));

function problemsWith(digest: string): string[] {
  const grants = '[{ operations: ["*"], projects: ["*"], enterpriseProjects: ["*"] }]';
  try {
    rereadAccess(`callers: [{ id: a, keys: [{ sha256: ${digest} }], grants: ${grants} }]\n`, ['prod'], false);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ key }) => key);
  }
}

describe('a key that is published with the gateway', () => {
  const keys = new Set(documents.flatMap(([, text]) => text.match(/\bhssgw_[a-z0-9-]+_\w+/g) ?? []));

  it('is no key of a configuration', () => {
    expect(keys).toContain(DEMO_KEY);
    for (const key of keys)
      expect([key, problemsWith(sha256(key))]).toEqual([key, ['callers[0].keys[0].sha256']]);
  });

  it('is behind no digest of an example', () => {
    const examples = documents.flatMap(([, text]) =>
      [...text.matchAll(/sha256: "?([0-9a-f]{64})\b/g)].map(([, digest = '']) => digest),
    );
    expect(examples.length).toBeGreaterThan(2);
    const words = new Set(texts.flatMap(([, text]) => text.split(/[\s'"`,;(){}<>[\]]+/)));
    const published = new Set([...words].map(sha256));
    expect(examples.filter((digest) => published.has(digest))).toEqual([]);
  });
});
