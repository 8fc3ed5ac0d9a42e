import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { leadsTo, openCheckpoint, type OpenedCheckpoint } from './tlog.js';

/** A witness over HTTP as C2SP describes it (tlog-witness), for one log. */
export interface WitnessServer {
  readonly url: string;
  /** The key that it cosigns with. */
  readonly publicKey: string;
  /** What it has cosigned, in order. */
  readonly seen: readonly OpenedCheckpoint[];
  /** How often it was asked, whatever it answered. */
  readonly posts: number;
  /** What it refused, with the status: none in a test that goes well, but for what it was told to refuse. */
  readonly refused: readonly number[];
  /** What is answered from now on instead. */
  answer(status: number | undefined): void;
  goDown(): Promise<void>;
  /** On the same port again. */
  comeUp(): Promise<void>;
}

/** @param logKey answers the key that the log signs with */
export async function startWitness(logKey: () => string | Promise<string>): Promise<WitnessServer> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const name = 'witness.example.com/w1';
  const raw = Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url');
  const key = Buffer.concat([Uint8Array.of(4), raw]);
  const id = createHash('sha256').update(`${name}\n`).update(key).digest().subarray(0, 4);
  const seen: OpenedCheckpoint[] = [];
  const refused: number[] = [];
  let [posts, port, told]: [number, number, number | undefined] = [0, 0, undefined];
  let server: Server | undefined;

  function cosignature(note: string): string {
    const time = BigInt(Math.floor(Date.now() / 1_000));
    const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), privateKey);
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(time);
    return `— ${name} ${Buffer.concat([id, stamp, signature]).toString('base64')}\n`;
  }
  async function add(body: string, response: ServerResponse): Promise<unknown> {
    const refuse = (status: number, text = '') => {
      if (status !== 409) refused.push(status);
      return response.writeHead(status, { 'Content-Type': 'text/x.tlog.size' }).end(text);
    };
    if (told !== undefined) return refuse(told);
    const [head = '', ...rest] = body.split('\n\n');
    const note = rest.join('\n\n');
    const [first = '', ...path] = head.split('\n');
    const old = /^old (0|[1-9]\d*)$/.exec(first)?.[1];
    if (old === undefined || path.length > 63) return refuse(400);
    let checkpoint: OpenedCheckpoint;
    try {
      checkpoint = openCheckpoint(note, await logKey());
    } catch {
      return refuse(403);
    }
    if (Number(old) > checkpoint.size) return refuse(400);
    const last = seen.at(-1);
    if (Number(old) !== (last?.size ?? 0)) return refuse(409, `${last?.size ?? 0}\n`);
    const before = last ?? { ...checkpoint, size: 0, root: Buffer.alloc(0) };
    if (!leadsTo(before, checkpoint, path)) return refuse(422);
    seen.push(checkpoint);
    // Those of others are to be passed over.
    return response.writeHead(200).end(`— somebody.else AAAAAAAA\n${cosignature(note)}`);
  }
  const listen = async (): Promise<void> => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        posts += 1;
        if (request.method !== 'POST' || request.url !== '/log/add-checkpoint') response.writeHead(404).end();
        else void add(Buffer.concat(parts).toString('utf8'), response);
      });
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  await listen();
  return {
    url: `http://127.0.0.1:${port}/log/`,
    publicKey: `${name}+${id.toString('hex')}+${key.toString('base64')}`,
    seen,
    refused,
    get posts() {
      return posts;
    },
    answer: (status) => (told = status),
    goDown: async () => {
      server?.closeAllConnections();
      server?.close();
      if (server) await once(server, 'close');
      server = undefined;
    },
    comeUp: listen,
  };
}
