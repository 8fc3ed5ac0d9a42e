import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../exchange.js';
import { isObject, parseExact, stringifyExact } from '../json.js';
import type { Fault, ListingShape, StatusFault } from './fault.js';

/** The error body that goes with a code (contract 5.1). */
function errorBody(code: string, message: string, requestId: string): object {
  if (/^APIGW?\./.test(code)) return { error_msg: message, error_code: code, request_id: requestId };
  if (code.startsWith('HSS.')) return { error_code: code, error_description: message, error_msg: message };
  if (/^(IAM\.|\d{4}$)/.test(code)) return { error_code: code, error_msg: message };
  return { error_code: code, error_description: message };
}

function json(status: number, body: object, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

function statusAnswer(fault: StatusFault, requestId: string): Answer {
  const { status, errorCode, errorMsg = 'fault on request', body, contentType, headers = {} } = fault;
  if (body === undefined && errorCode !== undefined)
    return json(status, errorBody(errorCode, errorMsg, requestId), headers);
  const type = contentType ?? (body === undefined ? undefined : 'application/json');
  return {
    status,
    headers: { ...(type !== undefined && { 'Content-Type': type }), ...headers },
    body: body ?? '',
  };
}

const THROTTLED =
  'The throttling threshold has been reached: policy user over ratelimit,limit:60,time:1 minute';

function htmlPage(status: number): Answer {
  const body = `<html>\r\n<head><title>${status} Bad Gateway</title></head>\r\n<body><h1>${status} Bad Gateway</h1></body>\r\n</html>\r\n`;
  return { status, headers: { 'Content-Type': 'text/html' }, body };
}

const HEADER_SLICE = 1000;

function padded(answer: Answer, bytes: number): Answer {
  const padding = Array.from({ length: Math.ceil(bytes / HEADER_SLICE) }, (_, index) => [
    `X-Padding-${index}`,
    'x'.repeat(HEADER_SLICE),
  ]);
  return {
    ...answer,
    headers: { ...answer.headers, ...(Object.fromEntries(padding) as Record<string, string>) },
  };
}

type Page = Readonly<Record<string, unknown>>;

/** What each shape makes of a page; the text as it is sent where that is no JSON. */
const SHAPES: Readonly<
  Record<ListingShape, (page: Page, rows: readonly unknown[], total: number) => unknown>
> = {
  nothing: () => '',
  null: () => null,
  array: (_, rows) => rows,
  text: () => JSON.stringify('ok'),
  no_list: (page) => ({ ...page, data_list: undefined, total_num: 1 }),
  null_list: (page) => ({ ...page, data_list: null, total_num: 1 }),
  list_as_object: (page, rows) => ({ ...page, data_list: { ...rows } }),
  null_row: (page, rows) => ({ ...page, data_list: [...rows, null] }),
  text_row: (page, rows) => ({ ...page, data_list: ['row', ...rows] }),
  array_row: (page, rows) => ({ ...page, data_list: [rows] }),
  total_as_text: (page, _, total) => ({ ...page, total_num: String(total) }),
  total_below_zero: (page) => ({ ...page, total_num: -1 }),
  no_total: (page) => ({ ...page, total_num: undefined }),
  empty: (page) => ({ ...page, data_list: [] }),
  total_too_high: (page, _, total) => ({ ...page, total_num: total + 7 }),
};

function misshapen(answer: Answer, shape: ListingShape): Answer {
  const page = parseExact(answer.body);
  if (!isObject(page) || !Array.isArray(page['data_list'])) return answer;
  const made = SHAPES[shape](page, page['data_list'], Number(page['total_num']));
  return { ...answer, body: typeof made === 'string' ? made : stringifyExact(made) };
}

type Of<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;

/** What a fault makes of the real answer; faults that act on the connection leave it as it is. */
const ANSWERS: {
  readonly [Kind in Fault['kind']]?: (fault: Of<Kind>, answer: Answer, requestId: string) => Answer;
} = {
  status: (fault, _, requestId) => statusAnswer(fault, requestId),
  throttle: ({ retryAfter }, _, requestId) => {
    const headers = retryAfter === undefined ? {} : { 'Retry-After': retryAfter };
    return json(429, errorBody('APIGW.0308', THROTTLED, requestId), { Server: 'api-gateway', ...headers });
  },
  html: ({ status = 502 }) => htmlPage(status),
  error_in_200: ({ errorCode = 'HSS.0010' }, _, requestId) =>
    json(200, errorBody(errorCode, 'fault on request', requestId)),
  listing: ({ shape }, answer) => misshapen(answer, shape),
  large_headers: ({ bytes = 20_000 }, answer) => padded(answer, bytes),
  truncate: (_, answer) =>
    answer.body === '' ? { ...answer, body: '{"error_code":"0","error_msg":""}' } : answer,
};

export function faultyAnswer(fault: Fault | undefined, answer: Answer, requestId: string): Answer {
  const make = fault && (ANSWERS[fault.kind] as (typeof ANSWERS)['status'] | undefined);
  return make?.(fault as StatusFault, answer, requestId) ?? answer;
}

/** Ends a connection with a TCP reset, which a client sees as ECONNRESET. */
export function resetConnection(socket: Socket): void {
  socket.resetAndDestroy();
}

function head(answer: Answer, more: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ ...answer.headers, ...more, Connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`, ...lines, '', ''].join('\r\n');
}

function whole(answer: Answer): Buffer {
  return Buffer.from(
    head(answer, { 'Content-Length': String(Buffer.byteLength(answer.body)) }) + answer.body,
  );
}

function truncate(socket: Socket, answer: Answer): void {
  const bytes = whole(answer);
  const missing = Math.ceil(Buffer.byteLength(answer.body) / 2);
  socket.end(bytes.subarray(0, bytes.length - missing));
}

async function inSlices(
  socket: Socket,
  answer: Answer,
  { sliceBytes, everyMs }: Of<'slow'>,
  signal: AbortSignal,
): Promise<void> {
  const bytes = whole(answer);
  for (let at = 0; at < bytes.length && !socket.destroyed; at += sliceBytes) {
    socket.write(bytes.subarray(at, at + sliceBytes));
    await sleep(everyMs, undefined, { signal });
  }
  socket.end();
}

async function closeLate(
  socket: Socket,
  answer: Answer,
  { closeAfterMs }: Of<'slow_close'>,
  signal: AbortSignal,
): Promise<void> {
  socket.write(head(answer, {}) + answer.body);
  await sleep(closeAfterMs, undefined, { signal });
  socket.end();
}

const ENDLESS_SLICE = 'x'.repeat(16_384);

async function endless(socket: Socket, answer: Answer, _: Of<'endless'>, signal: AbortSignal): Promise<void> {
  socket.write(`${head(answer, { 'Content-Type': 'application/json' })}{"padding":"`);
  while (!socket.destroyed) {
    socket.write(ENDLESS_SLICE);
    // A pause rather than a drain event: a reader that stops reading must not fill the memory.
    do await sleep(1, undefined, { signal });
    while (!socket.destroyed && socket.writableLength > 0);
  }
}

export function sendNormally(response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': body.length }).end(body);
}

/** How faults send an answer that act on the connection. */
const DELIVERIES: {
  readonly [Kind in Fault['kind']]?: (
    socket: Socket,
    answer: Answer,
    fault: Of<Kind>,
    signal: AbortSignal,
  ) => Promise<void> | void;
} = {
  reset: resetConnection,
  hang: () => undefined,
  truncate,
  slow: inSlices,
  slow_close: closeLate,
  endless,
};

/** Sends the answer the way the fault wants it sent; resolves when there is nothing more to do. */
export async function deliver(
  response: ServerResponse,
  socket: Socket,
  answer: Answer,
  fault: Fault | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (fault?.delayMs) await sleep(fault.delayMs, undefined, { signal });
  if (socket.destroyed) return;
  const send = fault && (DELIVERIES[fault.kind] as (typeof DELIVERIES)['hang'] | undefined);
  if (send) await send(socket, answer, fault as Of<'hang'>, signal);
  else sendNormally(response, answer);
}
