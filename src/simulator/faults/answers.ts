import type { Answer } from '../exchange.js';
import { isObject, parseExact, stringifyExact } from '../json.js';

/** Answers that upstream, or what stands in front of it, may give instead of the real one. */

/** The error body that goes with a code (contract 5.1). */
function errorBody(code: string, message: string, requestId: string): object {
  if (/^APIGW?\./.test(code)) return { error_msg: message, error_code: code, request_id: requestId };
  if (code.startsWith('HSS.')) return { error_code: code, error_description: message, error_msg: message };
  if (/^(IAM\.|\d{4}$)/.test(code)) return { error_code: code, error_msg: message };
  return { error_code: code, error_description: message };
}

export function errorAnswer(
  requestId: string,
  status: number,
  code: string,
  message = 'fault on request',
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = JSON.stringify(errorBody(code, message, requestId));
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body };
}

const THROTTLED =
  'The throttling threshold has been reached: policy user over ratelimit,limit:60,time:1 minute';

export function throttled(retryAfter: string | undefined, requestId: string): Answer {
  const headers = { Server: 'api-gateway', ...(retryAfter !== undefined && { 'Retry-After': retryAfter }) };
  return errorAnswer(requestId, 429, 'APIGW.0308', THROTTLED, headers);
}

export function htmlPage(status: number): Answer {
  const body = `<html>\r\n<head><title>${status} Bad Gateway</title></head>\r\n<body><h1>${status} Bad Gateway</h1></body>\r\n</html>\r\n`;
  return { status, headers: { 'Content-Type': 'text/html' }, body };
}

const HEADER_SLICE = 1000;

export function padded(answer: Answer, bytes: number): Answer {
  const padding = Array.from({ length: Math.ceil(bytes / HEADER_SLICE) }, (_, index) => {
    return [`X-Padding-${index}`, 'x'.repeat(HEADER_SLICE)] as const;
  });
  return { ...answer, headers: { ...answer.headers, ...Object.fromEntries<string>(padding) } };
}

type Page = Readonly<Record<string, unknown>>;

/**
 * What becomes of the real answer of a listing: something else altogether, or the same with one thing wrong. A text is sent as it
 * stands.
 */
const SHAPES = {
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
  /** No rows, under the real total. */
  empty: (page) => ({ ...page, data_list: [] }),
  /** The real rows, under a total that they never reach. */
  total_too_high: (page, _, total) => ({ ...page, total_num: total + 7 }),
} satisfies Record<string, (page: Page, rows: readonly unknown[], total: number) => unknown>;

export type ListingShape = keyof typeof SHAPES;
export const LISTING_SHAPES = Object.keys(SHAPES) as readonly ListingShape[];

export function misshapen(answer: Answer, shape: ListingShape): Answer {
  const page = parseExact(answer.body);
  if (!isObject(page) || !Array.isArray(page['data_list'])) return answer;
  const made = SHAPES[shape](page, page['data_list'], Number(page['total_num']));
  return { ...answer, body: typeof made === 'string' ? made : stringifyExact(made) };
}
