import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that writes and reads bytes as it pleases, as no HTTP library would. */
export class RawClient {
  /** All that came so far. */
  received = '';
  readonly closed: Promise<unknown>;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // A reset ends it like anything else.
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => (this.received += chunk.toString('latin1')));
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  static async to(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Resolves when the system has taken it all. */
  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** A request's head: its request line, then what every test needs, then the given headers. */
  head(line: string, headers: readonly string[] = []): Promise<void> {
    return this.write([`${line} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n'));
  }

  /** Takes nothing in, until `listen`. */
  stopListening(): void {
    this.#socket.pause();
  }

  listen(): void {
    this.#socket.resume();
  }

  /** Resolves with all that came, when it fits or nothing more can come. */
  async until(form: RegExp): Promise<string> {
    while (!form.test(this.received) && !this.#socket.closed) {
      await Promise.race([once(this.#socket, 'data'), this.closed]);
    }
    return this.received;
  }

  /** The next answer whole, told by its length. */
  async answer(): Promise<RawAnswer> {
    await this.until(/\r\n\r\n/);
    for (;;) {
      const answer = answerIn(this.received);
      if (answer || this.#socket.closed) return answer ?? { status: 0, head: '', body: '' };
      await Promise.race([once(this.#socket, 'data'), this.closed]);
    }
  }

  /** Forgets what came. */
  forget(): void {
    this.received = '';
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

export interface RawAnswer {
  /** 0: none came. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

function answerIn(text: string): RawAnswer | undefined {
  const end = text.indexOf('\r\n\r\n');
  const head = text.slice(0, end);
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  const body = text.slice(end + 4, end + 4 + length);
  if (end < 0 || body.length < length) return undefined;
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body };
}
