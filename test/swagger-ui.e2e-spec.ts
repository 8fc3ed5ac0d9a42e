import { mkdirSync } from 'node:fs';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

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

async function authorise(key: string): Promise<void> {
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  const dialog = page.locator('.modal-ux');
  await dialog.getByLabel('auth-bearer-value').fill(key);
  await dialog.getByRole('button', { name: 'Apply credentials' }).first().click();
  await dialog.getByRole('button', { name: 'Close' }).first().click();
}

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
