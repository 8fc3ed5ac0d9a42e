import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What an impostor says to some requests instead of the cloud. */
export interface Pretence {
  /** Requests whose target contains this are answered so; all others by the cloud. */
  readonly path: string;
  readonly status: number;
  readonly body: string;
  readonly times: 'once' | 'always';
  /** Whether the cloud carries the request out all the same, at once or some time after the answer. */
  readonly reaches: boolean | 'later';
}

/** Soon after the answer: when whoever looked at once would not have seen it. */
const LATER_MS = 300;

/** Stands before the simulated cloud as an API gateway does, and has answers of its own. */
export class Impostor {
  #left: number;

  private constructor(
    private readonly target: string,
    private readonly pretence: Pretence,
    private readonly server: Server,
    readonly url: string,
  ) {
    this.#left = pretence.times === 'once' ? 1 : Infinity;
  }

  static async open(target: string, pretence: Pretence): Promise<Impostor> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const impostor = new Impostor(target, pretence, server, url);
    server.on('request', (request, response) => void impostor.#answer(request, response));
    return impostor;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status, body, path, reaches } = this.pretence;
    const pretends = request.url?.includes(path) === true && this.#left-- > 0;
    if (pretends && reaches === 'later') {
      setTimeout(() => void this.#pass(request, Buffer.concat(chunks)).catch(() => undefined), LATER_MS);
    }
    if (pretends && reaches !== true) {
      response
        .writeHead(status, { 'Content-Type': 'application/json', 'X-Request-Id': 'impostor' })
        .end(body);
      return;
    }
    const answer = await this.#pass(request, Buffer.concat(chunks));
    const headers = { 'X-Request-Id': answer.headers.get('x-request-id') ?? '' };
    const token = answer.headers.get('x-subject-token');
    response
      .writeHead(pretends ? status : answer.status, {
        ...headers,
        ...(token !== null && { 'X-Subject-Token': token }),
      })
      .end(pretends ? body : await answer.text());
  }

  #pass({ method = 'GET', url = '', headers }: IncomingMessage, body: Buffer): Promise<Response> {
    const kept = ['content-type', 'x-auth-token', 'region'].flatMap((name): [string, string][] => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    return fetch(this.target + url, {
      method,
      headers: kept,
      ...(method !== 'GET' && { body: new Uint8Array(body) }),
    });
  }
}
