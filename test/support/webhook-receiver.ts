import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Webhook } from 'standardwebhooks';

/** What webhooks of tests are signed with. */
export const WEBHOOK_SECRET = `whsec_${Buffer.from('planted-secret-of-the-webhook-32').toString('base64')}`;

/** One post whose signature was right. */
export interface Delivery {
  readonly id: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
  readonly text: string;
}

/** Receives webhooks over HTTP, as the scheme's own library does. */
export interface WebhookReceiver {
  readonly url: string;
  /** In the order in which they came, those that came again included. */
  readonly deliveries: readonly Delivery[];
  /** The same, each once. */
  firsts(): Delivery[];
  /** Why posts were refused that the library did not accept; none in a test that goes well. */
  readonly unverified: readonly string[];
  /** How often a post came, whatever was answered to it. */
  readonly posts: number;
  /** What is answered from now on instead of 204; such posts are not taken. */
  answer(status: number | undefined, headers?: Readonly<Record<string, string>>): void;
  /** Nobody listens any more. */
  goDown(): Promise<void>;
  /** On the same port again. */
  comeUp(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const webhook = new Webhook(WEBHOOK_SECRET);
  const deliveries: Delivery[] = [];
  const unverified: string[] = [];
  let refusal: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined;
  let posts = 0;
  let server: Server | undefined;
  let port = 0;
  const listen = async (): Promise<void> => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        posts += 1;
        if (refusal) return response.writeHead(refusal.status, refusal.headers).end();
        const text = Buffer.concat(parts).toString('utf8');
        try {
          const body = webhook.verify(text, request.headers as Record<string, string>);
          deliveries.push({ id: String(request.headers['webhook-id']), body, text });
          return response.writeHead(204).end();
        } catch (error) {
          unverified.push(String(error));
          return response.writeHead(401).end();
        }
      });
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  await listen();
  return {
    url: `http://127.0.0.1:${port}/records?token=planted-token-of-the-receiver`,
    deliveries,
    firsts: () => [...new Map(deliveries.toReversed().map((each) => [each.id, each])).values()].reverse(),
    unverified,
    get posts() {
      return posts;
    },
    answer: (status, headers = {}) => (refusal = status === undefined ? undefined : { status, headers }),
    goDown: async () => {
      server?.closeAllConnections();
      server?.close();
      if (server) await once(server, 'close');
      server = undefined;
    },
    comeUp: listen,
  };
}
