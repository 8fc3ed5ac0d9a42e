import { mkdirSync } from 'node:fs';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';

import { MAX_STEP_MS, startBrowser } from './support/browser.js';
import { startDemoProcess, type DemoProcess } from './support/process.js';

const ARTIFACTS = 'test-artifacts';
const SEED_EVENT = '2a71e1e2-60f4-4d56-b314-2038fdc39de6';

let gateway: DemoProcess;
let browser: Browser;
let page: Page;
let asked: string[];
let complaints: string[];

beforeAll(async () => {
  [gateway, browser] = await Promise.all([startDemoProcess(), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await gateway?.close();
});

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
  page.setDefaultTimeout(MAX_STEP_MS);
  asked = [];
  complaints = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
});
afterEach(() => page.close());

/** Runs a scene; when it fails, a picture of the page tells what was to be seen. */
async function scene(name: string, play: () => Promise<void>): Promise<void> {
  try {
    await play();
  } catch (error) {
    mkdirSync(ARTIFACTS, { recursive: true });
    await page.screenshot({ path: `${ARTIFACTS}/${name}.png`, fullPage: true });
    throw error;
  }
}

async function openDialog(): Promise<Locator> {
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  return page.locator('.modal-ux');
}

/** The part of the dialog that is about one way to prove who one is. */
const wayIn = (dialog: Locator, name: string): Locator =>
  dialog.locator('.auth-container').filter({ has: page.getByRole('heading', { name }) });

async function authorise(key: string, way = 'bearer'): Promise<void> {
  const dialog = await openDialog();
  const part = wayIn(dialog, way);
  await part.locator('input').fill(key);
  await part.getByRole('button', { name: 'Apply credentials' }).click();
  await dialog.getByRole('button', { name: 'Close' }).first().click();
}

const choice = (): Locator => page.getByLabel('Select a definition');

describe('Swagger UI of a demo', () => {
  it('executes the example of the documentation as it stands and shows its receipt', () =>
    scene('seed-example', async () => {
      await page.goto(`${gateway.url}/docs`);
      await authorise(gateway.key);
      const operation = page.locator('#operations-Operations-handleAlarms');
      await operation.locator('.opblock-summary-control').click();
      await operation.getByRole('button', { name: 'Execute' }).click();
      const answer = operation.locator('.live-responses-table');
      await answer.waitFor();
      expect(await answer.locator('.response-col_status').last().innerText()).toContain('200');
      const receipt = JSON.parse(await answer.locator('.microlight, code').first().innerText()) as object;
      expect(receipt).toMatchObject({
        operation: 'mark_as_handled',
        status: 'applied',
        remark: 'test',
        requestedBy: 'demo',
        alarms: [{ eventId: SEED_EVENT, outcome: 'applied' }],
      });
      expect(complaints).toEqual([]);
    }));

  it('executes the example that names its alarm by the id alone, and shows that it is so already', () =>
    scene('by-id', async () => {
      await page.goto(`${gateway.url}/docs`);
      await authorise(gateway.key);
      const operation = page.locator('#operations-Operations-handleAlarms');
      await operation.locator('.opblock-summary-control').click();
      await operation
        .locator('.opblock-section-request-body select')
        .last()
        .selectOption('mark_as_handled_by_id');
      const body = operation.locator('textarea.body-param__text');
      expect(JSON.parse(await body.inputValue())).toEqual({
        operation: 'mark_as_handled',
        remark: 'SEC-1234',
        alarmIds: [SEED_EVENT],
      });
      await operation.getByRole('button', { name: 'Execute' }).click();
      const answer = operation.locator('.live-responses-table');
      await answer.waitFor();
      expect(await answer.locator('.response-col_status').last().innerText()).toContain('200');
      const receipt = JSON.parse(await answer.locator('.microlight, code').first().innerText()) as object;
      expect(receipt).toMatchObject({
        status: 'applied',
        remark: 'SEC-1234',
        alarms: [{ eventId: SEED_EVENT, outcome: 'already' }],
      });
    }));

  it('shows the document of the gateway first, which takes a key in two ways and opens on it', () =>
    scene('own-document', async () => {
      await page.goto(`${gateway.url}/docs`);
      await page.locator('#operations-Operations-handleAlarms').waitFor();
      expect(await choice().locator('option').allInnerTexts()).toHaveLength(2);
      expect(await choice().inputValue()).toBe('/docs-json');
      expect(await page.locator('.opblock-summary-path').allInnerTexts()).not.toContainEqual(
        expect.stringMatching(/\/v[35]\//),
      );
      const dialog = await openDialog();
      expect(await dialog.getByRole('heading', { level: 4 }).allInnerTexts()).toEqual([
        expect.stringMatching(/^bearer\s/),
        expect.stringMatching(/^apiKey\s/),
      ]);
      // The cursor is in a field for a key, and both are to be seen without scrolling.
      expect(await dialog.locator('input:focus').count()).toBe(1);
      const whole = await dialog.boundingBox();
      for (const input of await dialog.locator('input').all()) {
        const field = await input.boundingBox();
        expect(field!.y).toBeGreaterThan(whole!.y);
        expect(field!.y + field!.height).toBeLessThan(whole!.y + whole!.height);
      }
      expect(complaints).toEqual([]);
    }));

  it('shows what the gateway is to clients of upstream where that is chosen, and executes a call of theirs', () =>
    scene('upstreams-document', async () => {
      await page.goto(`${gateway.url}/docs`);
      await page.locator('#operations-Operations-handleAlarms').waitFor();
      await choice().selectOption({ value: '/docs-compat-json' });
      const operation = page.locator('#operations-Alarms-ListSecurityEvents');
      await operation.waitFor();
      expect(await page.locator('#operations-Operations-handleAlarms').count()).toBe(0);
      await authorise(gateway.key, 'authToken');
      await operation.locator('.opblock-summary-control').click();
      const field = (name: string) => operation.locator(`tr[data-param-name="${name}"]`);
      await field('project_id').locator('input').fill('0a1b2c3d4e5f60718293a4b5c6d7e8f9');
      await field('category').locator('select').selectOption('container');
      await operation.getByRole('button', { name: 'Execute' }).click();
      const answer = operation.locator('.live-responses-table');
      await answer.waitFor();
      expect(await answer.locator('.response-col_status').last().innerText()).toContain('200');
      const listed = JSON.parse(await answer.locator('.microlight, code').first().innerText()) as object;
      expect(listed).toEqual({ total_num: expect.any(Number), data_list: expect.any(Array) });
      expect(await operation.locator('.curl-command').innerText()).toContain('X-Auth-Token');
      const elsewhere = asked.filter((url) => !url.startsWith(gateway.url) && !url.startsWith('data:'));
      expect({ elsewhere, complaints }).toEqual({ elsewhere: [], complaints: [] });
      // Chosen once, it is shown again where the address is kept.
      await page.reload();
      await operation.waitFor();
      expect(await choice().inputValue()).toBe('/docs-compat-json');
    }));

  it('has at the top the choice, and nothing else', () =>
    scene('bar', async () => {
      await page.goto(`${gateway.url}/docs`);
      await choice().waitFor();
      const bar = page.locator('.topbar-wrapper').locator('a, button, img, svg, input, select');
      expect(await bar.count()).toBeGreaterThan(1);
      expect(await bar.filter({ visible: true }).count()).toBe(1);
    }));

  it('runs only scripts of its own, is shown in no frame, and keeps no key', () =>
    scene('policy', async () => {
      const answer = await page.goto(`${gateway.url}/docs`);
      const headers = answer?.headers() ?? {};
      const policy = headers['content-security-policy'] ?? '';
      expect(policy).toMatch(/(^|;)default-src 'none'(;|$)/);
      expect(policy).toMatch(/(^|;)script-src 'self'(;|$)/);
      expect(policy).toMatch(/(^|;)frame-ancestors 'none'(;|$)/);
      expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' });
      await authorise(gateway.key);
      const kept = () =>
        page.evaluate<string>('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])');
      expect(await kept()).not.toContain(gateway.key);
      await page.reload();
      await page.getByRole('button', { name: 'Authorize' }).first().waitFor();
      expect(await kept()).not.toContain(gateway.key);
      await page.getByRole('button', { name: 'Authorize' }).first().click();
      await page.locator('.modal-ux').getByLabel('auth-bearer-value').waitFor();
      expect(complaints).toEqual([]);
    }));

  it('loads nothing from anywhere else, and complains of nothing', () =>
    scene('loads', async () => {
      await page.goto(`${gateway.url}/docs`);
      await page.locator('#operations-Operations-handleAlarms').waitFor();
      await page.waitForLoadState('networkidle');
      const elsewhere = asked.filter((url) => !url.startsWith(gateway.url) && !url.startsWith('data:'));
      expect({ elsewhere, complaints }).toEqual({ elsewhere: [], complaints: [] });
    }));
});
