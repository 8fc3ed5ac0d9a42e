import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answerControl, isControlPath } from './control/control-routes.js';
import type { RecordedRequest } from './control/request-log.js';
import { dispatch, emptyAnswer } from './dispatch.js';
import { pairHeaders, splitTarget, type SimulatorRequest } from './exchange.js';
import { deliver, resetConnection, sendNormally } from './faults/delivery.js';
import { effectOf } from './faults/fault.js';
import { faultyAnswer } from './faults/faulty-answer.js';
import { refusedByGateway } from './refusal.js';
import type { World } from './world.js';

/** Tokens travel in headers and may have 32,768 characters (contract 3.1): twice Node's default limit. */
const MAX_HEADER_BYTES = 256 * 1024;

/** The gateway's limit (contract 4.1); control requests may be larger than a call. */
const MAX_BODY_BYTES = 12 * 1024 * 1024;

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function record(world: World, message: IncomingMessage): RecordedRequest {
  return world.requests.add(
    {
      at: world.now(),
      method: message.method ?? '',
      url: message.url ?? '',
      headers: pairHeaders(message.rawHeaders),
      requestId: randomUUID().replaceAll('-', ''),
    },
    world.settings.recordRequests,
  );
}

function tooLarge(requestId: string) {
  const refusal = refusedByGateway(413, '0201', 'The request body exceeds 12 MB');
  const headers = { ...refusal.headers, 'Content-Type': 'application/json', 'X-Request-Id': requestId };
  return { status: refusal.status, headers, body: JSON.stringify(refusal.bodyFor(requestId)) };
}

/** One call to IAM or HSS: recorded, perhaps spoilt, answered. */
async function serve(
  world: World,
  message: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const entry = record(world, message);
  const { method, url, requestId } = entry;
  const early = world.faults.takeBeforeBody({ method, url });
  if (early !== undefined) {
    entry.fault = early.kind;
    return resetConnection(message.socket);
  }
  const body = await readBody(message);
  entry.body = body;
  const request: SimulatorRequest = {
    method,
    url,
    ...splitTarget(url),
    rawHeaders: entry.headers,
    body,
    requestId,
  };
  const fault = world.faults.takeAfterBody({ method, url, body });
  const effective = effectOf(fault) === 'applied';
  const truth =
    body.length > MAX_BODY_BYTES ? tooLarge(requestId) : effective ? dispatch(world, request) : undefined;
  const answer = faultyAnswer(fault, truth ?? emptyAnswer(world, requestId), requestId);
  if (fault !== undefined) entry.fault = fault.kind;
  if (fault?.kind !== 'hang' && fault?.kind !== 'reset') entry.status = answer.status;
  await deliver(response, message.socket, answer, fault, signal);
}

async function handle(
  world: World,
  message: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const url = message.url ?? '';
  if (!isControlPath(url)) return serve(world, message, response, signal);
  const body = await readBody(message);
  sendNormally(response, answerControl(world, { method: message.method ?? '', ...splitTarget(url), body }));
}

/** A server over one world. Whatever still runs when `signal` aborts is given up. */
export function createSimulatorServer(world: World, signal: AbortSignal): Server {
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 65_000 },
    (message, response) => {
      handle(world, message, response, signal).catch((error: unknown) => {
        // The client went away or the simulator closes; anything else is a bug here and must not look like upstream.
        if (signal.aborted || message.socket.destroyed) return;
        const body = `the simulator failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
        if (response.headersSent) message.socket.destroy();
        else sendNormally(response, { status: 599, headers: { 'Content-Type': 'text/plain' }, body });
      });
    },
  );
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  return server;
}
