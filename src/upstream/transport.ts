import axios, { AxiosHeaders, type AxiosAdapter, type InternalAxiosRequestConfig } from 'axios';
import { Agent, Pool, type Dispatcher } from 'undici';

import { encode, type Pairs } from '../domain/sdk-signature.js';
import type { Clock } from '../domain/times.js';

/** One HTTP request as it travels. */
export interface WireRequest {
  /** Scheme, host and port, no path. */
  readonly origin: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query, percent-encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Milliseconds until an answer must be complete. */
  readonly timeoutMs: number;
  /** The largest answer body that is read, in bytes. */
  readonly maxAnswerBytes: number;
  /** Called right before the first byte leaves; when it throws, none does. */
  readonly beforeSending?: (() => void) | undefined;
}

/** A complete answer. Header names are lower case. */
export interface Answer {
  readonly reached: 'answered';
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/**
 * No complete answer. `not_sent`: the connection was never ready, so no byte of the request left. `sent`: some or all of it
 * may have arrived.
 */
interface NoAnswer {
  readonly reached: 'not_sent' | 'sent';
  /** Machine word for the reason: `timeout`, `answer_too_large`, or the network's own code such as `ECONNRESET`. */
  readonly cause: string;
}

export type Exchange = Answer | NoAnswer;

/** One header of an answer; of several of one name the first. */
export function header({ headers }: Pick<Answer, 'headers'>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** What a request asks for at its origin. */
export interface Target {
  /** Percent-encoded. */
  readonly path: string;
  readonly query: Pairs;
}

/** Path and query as they stand in the request line: everything outside RFC 3986's unreserved set is encoded. */
export function targetOf({ path, query }: Target): string {
  const pairs = query.map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}

/** How requests travel; the seam where a test can bring its own network. */
export abstract class Transport {
  abstract exchange(request: WireRequest): Promise<Exchange>;
  abstract close(): Promise<void>;
}

/** Tokens may be 32,768 characters long (contract 3.1); the default limit for answer headers is 16 KiB. */
const MAX_ANSWER_HEADER_BYTES = 65_536;
const CONNECT_TIMEOUT_MS = 3_000;
/** Shorter than what middle boxes grant, so that it is we who close an idle connection. */
const KEEP_ALIVE_MS = 4_000;
/**
 * Connections that are busy all the time never become idle, and a name is looked up only where one is opened: so all of them are
 * replaced now and then. Longer than any exchange takes.
 */
const RETIRE_AFTER_MS = 120_000;

class NoAnswerError extends Error {
  constructor(readonly outcome: NoAnswer) {
    super(outcome.cause);
  }
}

interface Received {
  status: number;
  headers: Answer['headers'];
  body: string;
}

/** Listens to one exchange; undici calls it when the socket is ready, which is the moment before the first byte leaves. */
class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #chunks: Buffer[] = [];
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #size = 0;
  #status = 0;
  #headers: Answer['headers'] = {};
  #settled = false;

  constructor(
    timeoutMs: number,
    private readonly maxAnswerBytes: number,
    private readonly beforeSending: () => void,
    private readonly resolve: (received: Received) => void,
    private readonly reject: (error: NoAnswerError) => void,
  ) {
    this.#timer = setTimeout(() => this.#giveUp('timeout'), timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // It waited for a connection until its time was over: aborting here, nothing is written.
    if (this.#settled) return controller.abort(new Error('timeout'));
    try {
      this.beforeSending();
      this.#controller = controller;
    } catch (error) {
      this.#giveUp('not_marked');
      controller.abort(error instanceof Error ? error : new Error('not marked'));
    }
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Answer['headers']): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.maxAnswerBytes) this.#giveUp('answer_too_large');
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#settled) return;
    this.#settle();
    const body = this.#chunks.length === 0 ? '' : Buffer.concat(this.#chunks).toString('utf8');
    this.resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#giveUp((error as NodeJS.ErrnoException).code ?? 'network_error');
  }

  #giveUp(cause: string): void {
    if (this.#settled) return;
    this.#settle();
    this.reject(new NoAnswerError({ reached: this.#controller ? 'sent' : 'not_sent', cause }));
    this.#controller?.abort(new Error(cause));
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
  }
}

/** What axios carries to the adapter besides its own fields. */
interface ExchangeConfig extends InternalAxiosRequestConfig {
  readonly wire: WireRequest;
}

const nothing = () => undefined;

function undiciAdapter(dispatcherNow: () => Dispatcher): AxiosAdapter {
  return (config) => {
    const { wire } = config as ExchangeConfig;
    return new Promise((resolve, reject) => {
      const handler = new ExchangeHandler(
        wire.timeoutMs,
        wire.maxAnswerBytes,
        wire.beforeSending ?? nothing,
        ({ status, headers, body }) => {
          resolve({ data: body, status, statusText: '', headers: headers as AxiosHeaders, config });
        },
        reject,
      );
      const { origin, method, target, headers, body } = wire;
      dispatcherNow().dispatch({ origin, method, path: target, headers, body: body ?? null }, handler);
    });
  };
}

/** Headers come from the call alone. */
const NONE = new AxiosHeaders();

/**
 * The only place that opens a socket: axios' adapter over undici's connection pools. It is called as axios calls it, without the merging
 * and transforming before and after: redirects are not followed, statuses are not judged, bodies are neither parsed nor written here.
 */
export class HttpTransport extends Transport {
  readonly #adapter: AxiosAdapter;
  readonly #connections: RetiringConnections;

  /** @param connections at most so many to one origin */
  constructor(connections: number, clock: Clock) {
    super();
    this.#connections = new RetiringConnections(connections, clock);
    this.#adapter = axios.getAdapter(undiciAdapter(() => this.#connections.now()));
  }

  async exchange(wire: WireRequest): Promise<Exchange> {
    try {
      const answer = await this.#adapter({ headers: NONE, wire } as ExchangeConfig);
      return {
        reached: 'answered',
        status: answer.status,
        headers: answer.headers as Answer['headers'],
        body: answer.data as string,
      };
    } catch (error) {
      if (error instanceof NoAnswerError) return error.outcome;
      throw error;
    }
  }

  /** What is under way then ends without an answer: nobody waits for it any more. */
  async close(): Promise<void> {
    await this.#connections.destroy();
  }
}

/**
 * Connections, all of which are replaced now and then. What is under way on the old ones, or waits for one of them, goes on there.
 * (undici's own `clientTtl` does not do: it retires connections one by one and leaves those who wait for one without any.)
 */
class RetiringConnections {
  #current: Connections;
  #retired: Connections | undefined;
  #bornAt: number;

  constructor(
    private readonly connections: number,
    private readonly clock: Clock,
  ) {
    this.#current = new Connections(connections);
    this.#bornAt = clock.monotonic();
  }

  /** For an exchange that begins now. */
  now(): Dispatcher {
    const now = this.clock.monotonic();
    if (now - this.#bornAt >= RETIRE_AFTER_MS) {
      // The exchanges that used them ended long ago.
      void this.#retired?.destroy();
      this.#retired = this.#current;
      this.#retired.retire();
      this.#current = new Connections(this.connections);
      this.#bornAt = now;
    }
    return this.#current.agent;
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#current.destroy(), this.#retired?.destroy()]);
  }
}

/** An agent that can be destroyed even while it closes: undici's then knows its pools no longer. */
class Connections {
  readonly agent: Agent;
  readonly #pools: Pool[] = [];

  constructor(connections: number) {
    this.agent = new Agent({
      factory: (origin, options) => {
        const pool = new Pool(origin, options);
        this.#pools.push(pool);
        return pool;
      },
      connections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_ANSWER_HEADER_BYTES,
      // Each exchange has its own timer for the whole of it.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: CONNECT_TIMEOUT_MS },
    });
  }

  /** Takes no more exchanges, and closes when those that it has are over. */
  retire(): void {
    this.agent.close().catch(() => undefined);
  }

  async destroy(): Promise<void> {
    await Promise.all([this.agent.destroy(), ...this.#pools.map((pool) => pool.destroy())]);
  }
}
