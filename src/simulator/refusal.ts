import { theContract } from './contract/contract.js';
import type { Schema } from './contract/schema.js';

/** Refusals in the shapes that each part of upstream uses (contract 5.1). */

export class Refusal extends Error {
  constructor(
    readonly status: number,
    /** The error body; made late because the gateway's shape carries the request id. */
    readonly bodyFor: (requestId: string) => object,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(`refused with HTTP ${status}`);
  }
}

/** HSS speaks Chinese when it is not asked otherwise (contract 5.1); the codes are those of contract 5.2. */
const HSS_MESSAGES = {
  'HSS.0001': '无效参数',
  'HSS.0002': '解析失败',
  'HSS.0010': '拒绝访问',
  'HSS.0011': '资源未找到',
  'HSS.0013': '权限不足',
  'HSS.1001': '主机未安装Agent',
  'HSS.1007': 'Agent离线',
} as const;

type HssCode = keyof typeof HSS_MESSAGES;

/** A business error of HSS: always HTTP 400. */
export function refusedByHss(code: HssCode, detail?: string): Refusal {
  const message = detail === undefined ? HSS_MESSAGES[code] : `${HSS_MESSAGES[code]}: ${detail}`;
  return new Refusal(400, () => ({ error_code: code, error_description: message, error_msg: message }));
}

/** A refusal by the API gateway in front of HSS (contract 5.3). */
export function refusedByGateway(status: number, code: string, message: string): Refusal {
  return new Refusal(
    status,
    (requestId) => ({ error_msg: message, error_code: `APIGW.${code}`, request_id: requestId }),
    { Server: 'api-gateway' },
  );
}

/** IAM's flat shape: `IAM.` codes and the four-digit ones (contract 3.1.8). */
export function refusedByIam(status: number, code: string, message: string): Refusal {
  return new Refusal(status, () => ({ error_code: code, error_msg: message }));
}

/** IAM's nested shape, whose code is the HTTP status (contract 3.1.8). */
export function refusedByIamNested(status: number, message: string): Refusal {
  const titles: Record<number, string> = {
    400: 'Bad Request',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'Not Found',
  };
  return new Refusal(status, () => ({ error: { code: status, message, title: titles[status] ?? 'Error' } }));
}

/** A control request that makes no sense: 400 with the reasons, and nothing changes. */
export class BadControlRequest extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('; '));
  }
}

export function refuseProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new BadControlRequest(problems);
}

/** Refuses what a control request states otherwise than its schema says. */
export function refuseUnless(schema: Schema, value: unknown): void {
  refuseProblems(theContract().problemsOf(schema, value));
}
