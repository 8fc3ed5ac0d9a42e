import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, expect, it } from '@jest/globals';

import { DEMO_REQUEST } from '../src/cli/demo-mode.js';
import { startDemoProcess } from './support/process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the bundle reads beside itself: files of data, a binary, and the pages of Swagger UI. */
const BESIDE = ['openapi', 'dist/src/domain/event-catalog.json', 'dist/src/simulator/seed'];
const PACKAGES = ['better-sqlite3', 'swagger-ui-dist'];

const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the bundle holds what knows the rules of requests once', () => {
  const texts = readdirSync(join(ROOT, 'dist/gateway'))
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFileSync(join(ROOT, 'dist/gateway', file), 'utf8'));
  const all = texts.join('\n');
  // Of class-transformer, and of class-validator.
  const count = (pattern: RegExp) => [...all.matchAll(pattern)].length;
  expect(count(/defaultMetadataStorage=new /g)).toBe(1);
  expect(count(/global\.classValidatorMetadataStorage=new /g)).toBe(1);
  // A second place where the storage may be, which is asked for where the first one is not.
  expect(count(/__require\w*\(.class-(?!transformer\/storage)/g)).toBe(0);
});

it('the bundle holds every package that the gateway uses but two', async () => {
  for (const path of ['dist/gateway', ...BESIDE])
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  for (const path of PACKAGES.map((name) => join('node_modules', name))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(folder, path));
  }
  const { url, key, close } = await startDemoProcess({}, join(folder, 'dist/gateway/main.js'));
  try {
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    const act = await fetch(`${url}/v1/operations`, {
      ...{ method: 'POST', headers, body: JSON.stringify(DEMO_REQUEST) },
    });
    expect(await act.json()).toMatchObject({ status: 'applied' });
    const list = await fetch(`${url}/v1/operations`, { headers });
    expect(await list.json()).toMatchObject({ items: [{ status: 'applied' }] });
    for (const page of ['/docs', '/docs/swagger-ui-bundle.js', '/docs-json']) {
      expect([page, (await fetch(`${url}${page}`)).status]).toEqual([page, 200]);
    }
  } finally {
    await close();
  }
});
