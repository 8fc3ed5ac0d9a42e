import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { eventually } from './support/problems.js';
import { filesOpenIn, startDemoProcess, type DemoProcess } from './support/process.js';
import { RawClient } from './support/raw-client.js';

let demo: DemoProcess;
beforeAll(async () => {
  demo = await startDemoProcess();
});
afterAll(() => demo.close());

/** More of it than the system keeps for whoever does not read. */
const MUCH = 'GET /docs/swagger-ui-bundle.js';

describe('an answer that nobody reads', () => {
  it('is held no longer than its time: its connection is closed', async () => {
    const client = await RawClient.to(demo.url);
    client.stopListening();
    for (let times = 0; times < 8; times += 1) await client.head(MUCH);
    const open = () => filesOpenIn(demo);
    await eventually(open, (count) => count > 4);
    expect(await eventually(open, (count) => count === 0)).toBe(0);
    client.destroy();
  });

  it('that is read, however slowly, arrives whole', async () => {
    const client = await RawClient.to(demo.url);
    await client.head(MUCH);
    for (let times = 0; times < 5; times += 1) {
      client.stopListening();
      await new Promise((resolve) => setTimeout(resolve, 50));
      client.listen();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const { status, body } = await client.answer();
    expect(status).toBe(200);
    expect(body.length).toBeGreaterThan(1_000_000);
    client.destroy();
  });
});

describe('the documentation', () => {
  it.each(['/docs', '/docs/', '/docs-json', '/docs-yaml', '/docs/swagger-ui-init.js'])(
    'answers %s as before when it is asked again, and HEAD alike',
    async (path) => {
      const answers = [];
      for (const method of ['GET', 'GET', 'HEAD']) {
        const answer = await fetch(demo.url + path, { method });
        answers.push({
          status: answer.status,
          type: answer.headers.get('content-type'),
          length: answer.headers.get('content-length'),
          policy: answer.headers.get('content-security-policy'),
          text: await answer.text(),
        });
      }
      const [first, again, head] = answers;
      expect(first).toMatchObject({ status: 200, length: String(Buffer.byteLength(first?.text ?? '')) });
      expect(again).toEqual(first);
      expect(head).toEqual({ ...first, text: '' });
    },
  );
});
