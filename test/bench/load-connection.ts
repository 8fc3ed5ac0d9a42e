import { connect, type Socket } from 'node:net';
import type { FreshIds, Template } from './payloads.js';
import { ResponseReader } from './response-reader.js';

/** Told of every answer as it arrives. */
export interface Listener {
  answered(milliseconds: number): void;
  failed(reason: string): void;
}

/** One connection that always has exactly one request under way: the next is sent when the answer is complete. */
export class LoadConnection {
  readonly #socket: Socket;
  readonly #reader = new ResponseReader();
  #turn = 0;
  #sentAt = 0;
  #stopping = false;
  #finish!: () => void;
  /** Settles when the connection will send nothing any more. */
  readonly finished = new Promise<void>((resolve) => (this.#finish = resolve));

  /** The templates belong to this connection alone: their ids are rewritten in place. */
  constructor(
    port: number,
    private readonly templates: readonly Template[],
    private readonly ids: FreshIds,
    private readonly listener: Listener,
  ) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('connect', () => this.#send());
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('end', () => this.#fail('the subject closed the connection'));
  }

  /** Lets the request under way be answered, then closes. */
  stop(): void {
    this.#stopping = true;
  }

  abandon(): void {
    if (!this.#socket.destroyed) this.#fail('no answer came');
  }

  #send(): void {
    const template = this.templates[this.#turn++ % this.templates.length]!;
    this.ids.stamp(template);
    this.#sentAt = performance.now();
    this.#socket.write(template.bytes);
  }

  #receive(chunk: Buffer): void {
    let answer;
    try {
      answer = this.#reader.push(chunk);
    } catch (error) {
      return this.#fail((error as Error).message);
    }
    if (answer === undefined) return;
    if (answer.status === 200) this.listener.answered(performance.now() - this.#sentAt);
    else this.listener.failed(`HTTP ${answer.status}: ${answer.body()}`);
    if (this.#stopping) this.#close();
    else this.#send();
  }

  /** Not reconnected: one broken connection makes the row invalid whatever follows. */
  #fail(reason: string): void {
    this.listener.failed(reason);
    this.#close();
  }

  #close(): void {
    this.#socket.removeAllListeners().on('error', () => undefined);
    this.#socket.destroy();
    this.#finish();
  }
}
