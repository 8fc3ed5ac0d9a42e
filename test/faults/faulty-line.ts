import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import type { NetworkFault, Plan } from './network-faults.js';

/** Well within the time of an attempt. */
const A_WHILE_MS = 120;
/** Soon after the line broke: when whoever looked at once would not have seen it. */
const LATER_MS = 300;
/** A request this size goes through in some twenty slices. */
const SLICE_BYTES = 64;
const CRLF = '\r\n\r\n';

/** The network between the gateway and the cloud: passes requests on, and spoils operate calls as its plan says. */
export class FaultyLine {
  readonly #sockets = new Set<Socket>();
  #left: number;
  /** Bytes of operate calls that came in: whatever left the gateway. */
  bytesReceived = 0;
  url = '';

  private constructor(
    private readonly target: URL,
    private readonly plan: Plan,
    private readonly lateMs: number,
    private readonly server: Server,
  ) {
    this.#left = plan.times === 'once' ? 1 : Infinity;
    server.on('connection', (socket) => this.#serve(socket));
  }

  /** @param lateMs so late is too late for an attempt */
  static async open(target: string, plan: Plan, lateMs: number): Promise<FaultyLine> {
    const server = createServer({ noDelay: true });
    const line = new FaultyLine(new URL(target), plan, lateMs, server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    // Nothing here speaks TLS, so that a connection to it never becomes ready to carry a request.
    const scheme = plan.phase === 'before_send' ? 'https' : 'http';
    line.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    if (plan.phase === 'before_send' && plan.fault === 'refused') await line.close();
    return line;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.server, 'close');
  }

  #serve(client: Socket): void {
    this.#keep(client);
    if (this.plan.phase === 'before_send') return void this.#neverReady(client, this.plan.fault);
    let upstream: Socket | undefined;
    let request = Buffer.alloc(0);
    client.on('data', (chunk: Buffer) => {
      request = Buffer.concat([request, chunk]);
      if (!isWhole(request)) return;
      const whole = request;
      request = Buffer.alloc(0);
      upstream ??= this.#connect().on('data', (answer: Buffer) => void client.write(answer));
      // The cloud may close while a request is on its way to it.
      if (this.#isToBeSpoilt(whole)) this.#spoil(client, whole).catch(() => client.destroy());
      else upstream.write(whole);
    });
    client.on('close', () => upstream?.destroy());
  }

  #isToBeSpoilt(request: Buffer): boolean {
    if (!/^POST \S+\/event\/operate\?/.test(request.toString('latin1', 0, 200))) return false;
    this.bytesReceived += request.length;
    return this.#left-- > 0;
  }

  async #neverReady(client: Socket, fault: NetworkFault): Promise<void> {
    if (fault === 'reset') client.resetAndDestroy();
    if (fault === 'slicing') await this.#inSlices(client, Buffer.from('this is not a handshake'), 1);
    if (fault === 'truncated') client.end(Buffer.from([0x16, 0x03, 0x03]));
    if (fault === 'latency' || fault === 'slow_close') {
      await sleep(A_WHILE_MS);
      client.end();
    }
  }

  async #spoil(client: Socket, request: Buffer): Promise<void> {
    if (this.plan.phase === 'during_send') await this.#spoilRequest(client, request);
    else await this.#spoilAnswer(client, request);
  }

  async #spoilRequest(client: Socket, request: Buffer): Promise<void> {
    const { fault } = this.plan;
    const upstream = this.#connect();
    const half = request.subarray(0, request.length / 2);
    if (fault === 'slicing') await this.#inSlices(upstream, request, SLICE_BYTES);
    else upstream.write(half);
    if (fault === 'latency') await sleep(A_WHILE_MS);
    if (fault === 'late') await sleep(this.lateMs);
    if (fault === 'latency' || fault === 'late') upstream.write(request.subarray(half.length));
    if (fault === 'slow_close') await sleep(A_WHILE_MS);
    if (fault === 'reset') {
      upstream.resetAndDestroy();
      client.resetAndDestroy();
    } else if (fault === 'truncated' || fault === 'slow_close') {
      upstream.end();
      client.end();
    } else upstream.on('data', (answer: Buffer) => void client.write(answer));
  }

  async #spoilAnswer(client: Socket, request: Buffer): Promise<void> {
    const { fault, reaches, acts } = this.plan;
    if (acts === 'later') setTimeout(() => void this.#exchange(request), LATER_MS);
    const answer =
      reaches && !acts ? await this.#exchange(request) : Buffer.from('HTTP/1.1 502 Bad Gateway\r\n');
    if (fault === 'latency') await sleep(A_WHILE_MS);
    if (fault === 'late') await sleep(this.lateMs);
    if (fault === 'latency' || fault === 'late') client.write(answer);
    if (fault === 'slicing') await this.#inSlices(client, answer, SLICE_BYTES / 4);
    if (fault === 'reset') client.resetAndDestroy();
    if (fault === 'truncated') client.end(answer.subarray(0, answer.length / 2));
    if (fault === 'slow_close') {
      if (reaches && !acts)
        client.write(answer.toString('latin1').replace(/content-length: \d+\r\n/i, 'Connection: close\r\n'));
      await sleep(A_WHILE_MS);
      client.end();
    }
  }

  async #exchange(request: Buffer): Promise<Buffer> {
    const upstream = this.#connect();
    upstream.write(request);
    let answer = Buffer.alloc(0);
    for await (const chunk of upstream) {
      answer = Buffer.concat([answer, chunk as Buffer]);
      if (isWhole(answer)) break;
    }
    return answer;
  }

  async #inSlices(socket: Socket, bytes: Buffer, size: number): Promise<void> {
    for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
      socket.write(bytes.subarray(at, at + size));
      await sleep(1);
    }
  }

  #connect(): Socket {
    return this.#keep(connect({ host: this.target.hostname, port: Number(this.target.port), noDelay: true }));
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    // Whichever side goes away first is part of the fault.
    return socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
  }
}

/** Whether a message has all of its head and body. */
function isWhole(message: Buffer): boolean {
  const end = message.indexOf(CRLF);
  if (end < 0) return false;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(message.toString('latin1', 0, end))?.[1] ?? 0);
  return message.length >= end + CRLF.length + length;
}
