/** Upstream's error codes with their HTTP statuses: contract 5.2, 5.3 and 3.1.8, written down without looking at the source. */

/**
 * What a code says of the request that met it, read off its meaning.
 *
 * - `nothing`: it was refused, or never got as far as being carried out
 * - `perhaps`: something failed while it was worked on, or while its answer was waited for
 */
export type Done = 'nothing' | 'perhaps';

export interface UpstreamCode {
  /** Absent: the status says it all. */
  readonly code?: string;
  readonly status: number;
  readonly done: Done;
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index).padStart(4, '0'));

const HSS: readonly UpstreamCode[] = [
  ...['0001', '0002', '0010', '0011', '0013', '0014', ...numbered(1001, 1021)].map(
    (number): UpstreamCode => ({ code: `HSS.${number}`, status: 400, done: 'nothing' }),
  ),
  { code: '00000010', status: 400, done: 'nothing' },
  { code: 'HSS.0041', status: 500, done: 'perhaps' },
  // Not in the table; its prefix and status say that it is a refusal.
  { code: 'HSS.9999', status: 400, done: 'nothing' },
];

/** Numbers by status; those that fail before the back end is called have done nothing. */
const GATEWAY: readonly (readonly [status: number, done: Done, ...numbers: string[]])[] = [
  [404, 'nothing', '0101', '0103'],
  [400, 'nothing', '0104', '0105', '0106', '0201', '0602', '0607'],
  [413, 'nothing', '0201'],
  [414, 'nothing', '0201'],
  [494, 'nothing', '0201'],
  [502, 'perhaps', '0201', '0610'],
  [504, 'perhaps', '0201'],
  [401, 'nothing', '0301', '0303', '0305', '0307', '0311'],
  [403, 'nothing', '0302', '0304', '0306', '0310', '0401', '0402', '0404', '0801', '0802'],
  [429, 'nothing', '0308'],
  [405, 'nothing', '0501', '0502'],
  [500, 'perhaps', '0601', '0608', '0611', '0612'],
  // The address of the back end, its configuration, its network and the signature for it come before it is called.
  [500, 'nothing', '0605', '0606', '0609', '0705'],
  [503, 'nothing', '0613'],
];

/** Without a code, as middle boxes answer. */
const BARE: readonly UpstreamCode[] = [
  ...[302, 400, 401, 403, 404, 405, 409, 413, 422, 429].map((status): UpstreamCode => ({
    status,
    done: 'nothing',
  })),
  ...[500, 502, 503, 504].map((status): UpstreamCode => ({ status, done: 'perhaps' })),
];

/** The whole table; some gateways write `APIG.` and some `APIGW.` (contract 5.1). */
export const UPSTREAM_CODES: readonly UpstreamCode[] = [
  ...HSS,
  ...GATEWAY.flatMap(([status, done, ...numbers]) =>
    numbers.flatMap((number) =>
      ['APIGW', 'APIG'].map((prefix) => ({ code: `${prefix}.${number}`, status, done })),
    ),
  ),
  ...BARE,
];

/** The shapes that a code comes in (contract 5.1), and those of others of the vendor's gateways. */
const SHAPES: readonly ((code: string) => object)[] = [
  (code) => ({ error_code: code, error_description: 'no', error_msg: 'no' }),
  (code) => ({ error_msg: 'no', error_code: code, request_id: 'r' }),
  (code) => ({ errorCode: code, errorMsg: 'no' }),
  (code) => ({ code, message: 'no' }),
  (code) => ({ error: { code, message: 'no', title: 'no' } }),
  (code) => ({ error: { error_code: code, error_msg: 'no' } }),
];

/** An error body that goes with a code: the shapes take turns with the numbers, so that each is met with many. */
export function bodyWith(code: string | undefined): string {
  if (code === undefined) return '';
  if (code === '00000010') return JSON.stringify({ error_code: code, error_description: '拒绝访问' });
  const shape = SHAPES[Number(code.slice(-4)) % SHAPES.length] ?? SHAPES[0]!;
  return JSON.stringify(shape(code));
}

/** How IAM refuses a login, and what a caller is told then: it names the account's trouble, never the request's. */
export interface IamCode {
  readonly status: number;
  readonly code?: string;
  /** `{"error": {"code": ...}}` instead of `error_code`. */
  readonly nested?: true;
  readonly told:
    | 'upstream_authentication_failed'
    | 'upstream_account_locked'
    | 'upstream_throttled'
    | 'upstream_token_unavailable';
}

const refusals = (status: number, ...codes: string[]): IamCode[] =>
  codes.map((code) => ({ status, code, told: 'upstream_authentication_failed' }));

export const IAM_CODES: readonly IamCode[] = [
  ...refusals(400, '1101', '1103', ...numbered(1104, 1109).map((number) => `IAM.${number}`)),
  ...refusals(401, 'IAM.0001', 'IAM.0062', 'IAM.0066', 'IAM.0067'),
  { status: 401, code: '401', nested: true, told: 'upstream_authentication_failed' },
  { status: 401, code: 'IAM.0061', told: 'upstream_account_locked' },
  ...refusals(403, 'IAM.0002', 'IAM.0003', 'IAM.0080', 'IAM.0081', 'IAM.0082', 'IAM.0083'),
  ...refusals(404, 'IAM.0004'),
  ...refusals(410, 'IAM.0020'),
  { status: 429, code: 'IAM.0012', told: 'upstream_throttled' },
  { status: 500, code: 'IAM.0006', told: 'upstream_token_unavailable' },
  { status: 503, told: 'upstream_token_unavailable' },
];

export function iamBodyWith({ code, nested }: IamCode): string {
  if (code === undefined) return '';
  if (nested) return JSON.stringify({ error: { code: Number(code), message: 'no', title: 'Unauthorized' } });
  return JSON.stringify({ error_code: code, error_msg: 'no' });
}
