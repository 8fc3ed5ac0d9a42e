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

/** What a fault makes of the real answer; faults that act on the connection leave it as it is. */
export function faultyAnswer(fault: Fault | undefined, answer: Answer, requestId: string): Answer {
  switch (fault?.kind) {
    case 'status':
      return statusAnswer(fault, requestId);
    case 'throttle': {
      const headers = fault.retryAfter === undefined ? {} : { 'Retry-After': fault.retryAfter };
      return json(429, errorBody('APIGW.0308', THROTTLED, requestId), { Server: 'api-gateway', ...headers });
    }
    case 'html':
      return htmlPage(fault.status ?? 502);
    case 'error_in_200':
      return json(200, errorBody(fault.errorCode ?? 'HSS.0010', 'fault on request', requestId));
    case 'listing':
      return misshapen(answer, fault.shape);
    case 'large_headers':
      return padded(answer, fault.bytes ?? 20_000);
    case 'truncate':
      return answer.body === '' ? { ...answer, body: '{"error_code":"0","error_msg":""}' } : answer;
    default:
      return answer;
  }
}
