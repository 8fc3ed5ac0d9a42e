import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';

import type { WebhookSinkConfig } from '../config/config.js';
import { HttpPoster, PostUnanswered, type PostAnswer } from '../domain/ports.js';
import { SystemClock } from '../domain/times.js';
import type { SinkItem } from './sink-source.js';
import { WebhookSink } from './webhook.sink.js';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const config: WebhookSinkConfig = {
  ...{ kind: 'webhook', name: 'siem', format: 'ndjson', from: 'start' },
  ...{ url: 'https://siem.example.com/in', secret },
};
const itemAt = (position: number): SinkItem => ({
  position,
  line: `{"sequence":${position},"word":"\u00fc\u{1f600}"}`,
});

/** Answers as it is told, in order, and 200 after that. */
class Receiver extends HttpPoster {
  readonly posts: { readonly headers: Record<string, string>; readonly body: string }[] = [];

  constructor(private readonly answers: (Omit<PostAnswer, 'body'> | Error)[] = []) {
    super();
  }

  post(_: string, headers: Record<string, string>, body: string): Promise<PostAnswer> {
    this.posts.push({ headers, body });
    const answer = this.answers.shift() ?? { status: 200 };
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ body: '', ...answer });
  }
}

const never = new AbortController().signal;
const deliver = (receiver: Receiver, items: readonly SinkItem[], signal = never) =>
  new WebhookSink(config, receiver, new SystemClock()).deliver(items, signal);

describe('a webhook', () => {
  it('is posted each record, signed so that the scheme’s own library accepts it', async () => {
    const receiver = new Receiver();
    expect(await deliver(receiver, [itemAt(1), itemAt(2)])).toBe(2);
    const received = receiver.posts.map(({ headers, body }) => [
      headers['webhook-id'],
      new Webhook(secret).verify(body, headers),
    ]);
    expect(received).toEqual([
      ['siem-1', JSON.parse(itemAt(1).line)],
      ['siem-2', JSON.parse(itemAt(2).line)],
    ]);
  });

  it.each([
    [new PostUnanswered('ECONNREFUSED'), { reason: 'ECONNREFUSED', isFinal: false }],
    [{ status: 500 }, { reason: 'HTTP 500', isFinal: false }],
    [{ status: 301 }, { reason: 'HTTP 301', isFinal: false }],
    [
      { status: 429, retryAfterMs: 7_000 },
      { reason: 'HTTP 429', retryAfterMs: 7_000, isFinal: false },
    ],
    [{ status: 410 }, { reason: 'HTTP 410', isFinal: true }],
  ])('is not taken to have what it answers with %j', async (answer, failure) => {
    const receiver = new Receiver([{ status: 204 }, answer]);
    const delivering = deliver(receiver, [itemAt(1), itemAt(2), itemAt(3)]);
    await expect(delivering).rejects.toMatchObject({ ...failure, delivered: 1 });
    expect(receiver.posts).toHaveLength(2);
  });

  it('is posted no more after the signal', async () => {
    const over = new AbortController();
    const receiver = new Receiver();
    over.abort();
    expect(await deliver(receiver, [itemAt(1)], over.signal)).toBe(0);
    expect(receiver.posts).toEqual([]);
  });
});
