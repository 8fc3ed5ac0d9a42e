import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answerControl, isControlPath } from './control.js';
import {
  pairHeaders,
  splitTarget,
  type Answer,
  type ControlRequest,
  type SimulatorRequest,
} from './exchange.js';
import { resetConnection, sendNormally } from './faults/deliveries.js';
import { deliver, effectOf, faultyAnswer, type Fault } from './faults/fault.js';
import { parseExact, stringifyExact } from './json.js';
import { refusedByGateway } from './refusal.js';
import { emptyAnswer } from './routes.js';
import type { RecordedRequest, SimulatorState } from './state.js';

/** Tokens travel in headers and may have 32,768 characters (contract 3.1): twice Node's default limit. */
const MAX_HEADER_BYTES = 256 * 1024;

/** The gateway's limit (contract 4.1); control requests may be larger than a call. */
const MAX_BODY_BYTES = 12 * 1024 * 1024;

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function record(state: SimulatorState, message: IncomingMessage): RecordedRequest {
  return state.requests.add(
    {
      at: state.now(),
      method: message.method ?? '',
      url: message.url ?? '',
      headers: pairHeaders(message.rawHeaders),
      requestId: randomUUID().replaceAll('-', ''),
    },
    state.settings.recordRequests,
  );
}

function tooLarge(requestId: string) {
  const refusal = refusedByGateway(413, '0201', 'The request body exceeds 12 MB');
  const headers = { ...refusal.headers, 'Content-Type': 'application/json', 'X-Request-Id': requestId };
  return { status: refusal.status, headers, body: JSON.stringify(refusal.bodyFor(requestId)) };
}

/** A body that asks for what it asks for its first alarm only. */
function firstAlarmOf(request: SimulatorRequest): SimulatorRequest {
  const body = parseExact(request.body.toString('utf8')) as { operate_event_list: unknown[] };
  const first = { ...body, operate_event_list: body.operate_event_list.slice(0, 1) };
  return { ...request, body: Buffer.from(stringifyExact(first)) };
}

/** What the request does, now or later; the real answer where it is done now. */
function effect(cloud: Cloud, request: SimulatorRequest, fault: Fault | undefined): Answer | undefined {
  const choice = effectOf(fault);
  if (choice === 'none') return undefined;
  const asked = choice === 'first' ? firstAlarmOf(request) : request;
  const { effectAfterMs: after = 0 } = fault ?? {};
  if (after === 0) return cloud.dispatch(asked);
  setTimeout(() => cloud.dispatch(asked), after).unref();
  return undefined;
}

/** One call to IAM or HSS: recorded, perhaps spoilt, answered. */
async function serve(
  cloud: Cloud,
  message: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { state } = cloud;
  const entry = record(state, message);
  const { method, url, requestId } = entry;
  const early = state.faults.takeBeforeBody({ method, url });
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
  const fault = state.faults.takeAfterBody({ method, url, body });
  const realAnswer = body.length > MAX_BODY_BYTES ? tooLarge(requestId) : effect(cloud, request, fault);
  const answer = faultyAnswer(fault, realAnswer ?? emptyAnswer(state, requestId), requestId);
  if (fault !== undefined) entry.fault = fault.kind;
  if (fault?.kind !== 'hang' && fault?.kind !== 'reset') entry.status = answer.status;
  await deliver(response, message.socket, answer, fault, signal);
}

async function handle(
  cloud: Cloud,
  message: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const url = message.url ?? '';
  if (!isControlPath(url)) return serve(cloud, message, response, signal);
  const request = { method: message.method ?? '', ...splitTarget(url), body: await readBody(message) };
  cloud.control?.(request);
  sendNormally(response, answerControl(cloud.state, request));
}

/** What a server stands before. */
export interface Cloud {
  readonly state: SimulatorState;
  /** The real answer to a request, its effect included. */
  dispatch(request: SimulatorRequest): Answer;
  /** Receives control requests too, where a cloud has more than its state. */
  control?(request: ControlRequest): void;
}

/** A server over one cloud. What still runs when `signal` aborts is given up. */
export function createSimulatorServer(cloud: Cloud, signal: AbortSignal): Server {
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 65_000 },
    (message, response) => {
      handle(cloud, message, response, signal).catch((error: unknown) => {
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
