import type { Fault, SaidByUpstream } from '../domain/outcome.js';

/**
 * What an error code of upstream says about the request that met it.
 *
 * - `refused`: upstream understood and said no
 * - `unauthenticated`: the credential was not taken; a new one may be
 * - `throttled`: too many; nothing happened
 * - `not_done`: upstream failed before it passed the request on; nothing happened
 * - `unknown`: it may or may not have been done
 */
export type Verdict = 'refused' | 'unauthenticated' | 'throttled' | 'not_done' | 'unknown';

/** One row of the table: upstream's code, and how the gateway answers it. */
export interface ErrorRow {
  readonly verdict: Verdict;
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  /** Whether the caller may send the same request again. */
  readonly retryable: boolean;
  /**
   * Of a refusal: it may be for the sake of one alarm of several, and upstream may have carried out others before it came to that
   * one. It does not say, and answers for the whole call.
   */
  readonly ofOne?: true;
}

const row = (
  verdict: Verdict,
  code: string,
  status: number,
  detail: string,
  retryable = false,
): ErrorRow => ({ verdict, code, status, detail, retryable });

/** A refusal of something about an alarm, a host or a file, of which a call may have several. */
const ofOne = (refused: ErrorRow): ErrorRow => ({ ...refused, ofOne: true });

const PERMISSION = row(
  'refused',
  'upstream_permission_denied',
  403,
  "Upstream refuses the gateway's account here: it lacks the permission hss:event:set, or a right on this enterprise project. Name an enterprise project that the account may use, or have the right granted.",
);
const AUTHENTICATION = row(
  'unauthenticated',
  'upstream_authentication_failed',
  503,
  "Upstream does not take the gateway's credential. Nothing was done. An operator must check the account, its password or keys, and the region.",
);
const GATEWAY_MISCONFIGURED = row(
  'refused',
  'upstream_call_refused',
  502,
  'Upstream does not offer this call here: check the endpoint and the region of the project.',
);
const POLICY_TROUBLE = ofOne(
  row(
    'refused',
    'upstream_refused',
    409,
    'Upstream refused the request because of its own configuration of this host or account.',
  ),
);
const INTERNAL = row(
  'unknown',
  'upstream_failed',
  502,
  'Upstream failed while it worked on the request: whether it was done is not known.',
);
const NOT_PASSED_ON = row(
  'not_done',
  'upstream_unavailable',
  503,
  'Upstream could not take the request at the moment. Nothing was done.',
  true,
);
const THROTTLED = row(
  'throttled',
  'upstream_throttled',
  503,
  'Upstream has too many requests at the moment. Nothing was done; try again later.',
  true,
);

/** HSS codes (contract 5.2). Every one arrives as HTTP 400, so the code decides and not the status. */
const HSS: Readonly<Record<string, ErrorRow>> = {
  '00000010': PERMISSION,
  'HSS.0001': ofOne(row('refused', 'upstream_invalid_parameter', 400, 'Upstream finds a parameter invalid.')),
  'HSS.0002': row('refused', 'upstream_parse_failed', 400, 'Upstream could not read the request.'),
  'HSS.0010': PERMISSION,
  'HSS.0011': ofOne(
    row(
      'refused',
      'alarm_not_found',
      404,
      'Upstream does not know an alarm of this request: check eventId, eventClassId, eventType, occurTime and the enterprise project against the listing.',
    ),
  ),
  'HSS.0013': PERMISSION,
  'HSS.0014': row('refused', 'quota_not_allowed', 403, 'Upstream does not allow quota to be created here.'),
  // Comes as HTTP 500, from behind the API gateway: how far the request had got is not told.
  'HSS.0041': INTERNAL,
  'HSS.1001': ofOne(
    row('refused', 'agent_missing', 409, 'The host has no HSS agent, so nothing can be done on it.'),
  ),
  'HSS.1002': ofOne(row('refused', 'quota_insufficient', 409, 'The protection quota does not suffice.')),
  'HSS.1003': ofOne(
    row('refused', 'host_protected', 409, 'The host is protected, so its alarm cannot be ignored.'),
  ),
  'HSS.1004': ofOne(
    row('refused', 'policy_query_failed', 502, 'Upstream could not look up the policy.', true),
  ),
  'HSS.1005': ofOne(row('refused', 'policy_invalid', 409, 'Upstream finds the policy invalid.')),
  'HSS.1006': ofOne(
    row(
      'refused',
      'agent_command_failed',
      502,
      'Upstream could not send the command to the agent on the host. Try again, or check the agent.',
      true,
    ),
  ),
  'HSS.1007': ofOne(
    row(
      'refused',
      'agent_offline',
      409,
      'The HSS agent on the host is offline: bring it online and try again.',
      true,
    ),
  ),
  'HSS.1008': ofOne(row('refused', 'host_query_failed', 502, 'Upstream could not look up the host.', true)),
  'HSS.1009': POLICY_TROUBLE,
  'HSS.1010': POLICY_TROUBLE,
  'HSS.1011': ofOne(
    row('refused', 'upstream_invalid_time', 400, 'Upstream could not read a time in the request.'),
  ),
  'HSS.1012': POLICY_TROUBLE,
  'HSS.1013': POLICY_TROUBLE,
  'HSS.1014': POLICY_TROUBLE,
  'HSS.1015': POLICY_TROUBLE,
  'HSS.1016': POLICY_TROUBLE,
  'HSS.1017': POLICY_TROUBLE,
  'HSS.1018': ofOne(
    row('refused', 'file_information_invalid', 400, 'Upstream finds the file information invalid.'),
  ),
  'HSS.1019': POLICY_TROUBLE,
  'HSS.1020': POLICY_TROUBLE,
  'HSS.1021': POLICY_TROUBLE,
};

/** API gateway codes without their prefix, which is `APIGW.` or `APIG.` (contract 5.3). */
const API_GATEWAY: Readonly<Record<string, ErrorRow>> = {
  '0101': GATEWAY_MISCONFIGURED,
  '0103': GATEWAY_MISCONFIGURED,
  '0104': GATEWAY_MISCONFIGURED,
  '0105': GATEWAY_MISCONFIGURED,
  '0106': GATEWAY_MISCONFIGURED,
  '0301': AUTHENTICATION,
  '0302': PERMISSION,
  '0303': AUTHENTICATION,
  '0304': PERMISSION,
  '0305': AUTHENTICATION,
  '0306': PERMISSION,
  '0307': AUTHENTICATION,
  '0308': THROTTLED,
  '0310': row('refused', 'project_unavailable', 403, 'Upstream says that the project is unavailable.'),
  '0311': AUTHENTICATION,
  '0401': row('refused', 'address_refused', 403, "Upstream refuses the gateway's network address."),
  '0402': row('refused', 'address_refused', 403, "Upstream refuses the gateway's network address."),
  '0404': row('refused', 'address_refused', 403, "Upstream refuses its back end's network address."),
  '0501': row('refused', 'upstream_quota_exhausted', 503, 'The quota for calls to upstream is used up.'),
  '0502': row('refused', 'upstream_frozen', 503, "Upstream has frozen the gateway's account."),
  '0601': INTERNAL,
  '0602': GATEWAY_MISCONFIGURED,
  '0605': NOT_PASSED_ON,
  '0606': NOT_PASSED_ON,
  '0607': GATEWAY_MISCONFIGURED,
  '0608': INTERNAL,
  '0609': NOT_PASSED_ON,
  '0610': INTERNAL,
  '0611': INTERNAL,
  '0612': INTERNAL,
  '0613': NOT_PASSED_ON,
  '0705': NOT_PASSED_ON,
  '0801': PERMISSION,
  '0802': PERMISSION,
};

/** IAM codes that tell more than their status (contract 3.1.8). */
const IAM: Readonly<Record<string, ErrorRow>> = {
  'IAM.0012': THROTTLED,
  'IAM.0061': row(
    'unauthenticated',
    'upstream_account_locked',
    503,
    "IAM has locked the gateway's account after failed logins. Nothing was done. It unlocks by itself; check the password meanwhile.",
  ),
  'IAM.0081': row(
    'unauthenticated',
    'upstream_authentication_failed',
    503,
    "The gateway's account is not allowed programmatic access: have it enabled in IAM. Nothing was done.",
  ),
};

/** Codes `0201` cover five situations, which only the HTTP status tells apart. */
function badRequestAtGateway(status: number): ErrorRow {
  if (status === 502 || status === 504) return INTERNAL;
  if (status === 413 || status === 414 || status === 494) {
    return row(
      'refused',
      'upstream_too_large',
      413,
      'Upstream finds the request too large: send fewer alarms.',
    );
  }
  return row('refused', 'upstream_bad_request', 400, 'Upstream finds the request malformed.');
}

function byStatus(status: number): ErrorRow {
  if (status === 401) return AUTHENTICATION;
  if (status === 429) return THROTTLED;
  if (status === 403) return PERMISSION;
  if (status === 404) return GATEWAY_MISCONFIGURED;
  if (status >= 400 && status < 500) {
    return ofOne(row('refused', 'upstream_refused', 502, 'Upstream refused the request without saying why.'));
  }
  if (status >= 300 && status < 400) {
    return row(
      'refused',
      'upstream_redirected',
      502,
      'Upstream sent the request elsewhere; the gateway never follows.',
    );
  }
  return INTERNAL;
}

/** Upstream chooses the code, so a name that every object has must not be found. */
function rowOf(table: Readonly<Record<string, ErrorRow>>, code: string): ErrorRow | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}

/**
 * The row for what upstream answered: by its code, else by the HTTP status.
 *
 * @param code upstream's `error_code`, where the body had one
 * @param status HTTP status; 200 with a code is a refusal too
 */
export function errorRow(code: string | undefined, status: number): ErrorRow {
  if (code !== undefined) {
    const known = rowOf(HSS, code) ?? rowOf(IAM, code);
    if (known) return known;
    const gateway = /^APIG(?:W)?\.(\d{4})$/.exec(code)?.[1];
    if (gateway === '0201') return badRequestAtGateway(status);
    const ofGateway = gateway === undefined ? undefined : rowOf(API_GATEWAY, gateway);
    if (ofGateway) return ofGateway;
    if (status < 500 && code.startsWith('HSS.')) {
      return ofOne(
        row('refused', 'upstream_refused', 409, 'Upstream refused the request; its code says why.'),
      );
    }
    if (status === 200)
      return ofOne(row('refused', 'upstream_refused', 502, 'Upstream refused the request.'));
  }
  return byStatus(status);
}

/** Every code of upstream's that the table has a row for, with a status that it comes with. */
export const KNOWN_CODES: readonly (readonly [code: string, status: number])[] = [
  ...Object.keys(HSS).map((code) => [code, 400] as const),
  ...Object.keys(IAM).map((code) => [code, 403] as const),
  ...Object.keys(API_GATEWAY).map((code) => [`APIG.${code}`, 400] as const),
  ...[400, 413].map((status) => ['APIG.0201', status] as const),
];

/** A row as the fault that a caller and the audit see. */
export function faultOf(row: ErrorRow, upstream: SaidByUpstream, retryAfter?: number): Fault {
  const { code, status, retryable } = row;
  const detail = upstream.code === undefined ? row.detail : `${row.detail} (upstream: ${upstream.code})`;
  return {
    code,
    status,
    detail,
    retryable,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(Object.values(upstream).some((word) => word !== undefined) && { upstream }),
  };
}

/** Faults of the way there, where upstream said nothing. */
export const UNREACHED: ErrorRow = row(
  'not_done',
  'upstream_unreachable',
  503,
  'The gateway could not reach upstream. Nothing was done.',
  true,
);
export const UNANSWERED: ErrorRow = row(
  'unknown',
  'upstream_unanswered',
  504,
  'The request was sent and no complete answer came: whether it was done is not known. Look at the alarm before trying again.',
);
export const UNREADABLE: ErrorRow = row(
  'unknown',
  'upstream_unreadable',
  502,
  'Upstream answered something that is not its documented answer: whether it was done is not known.',
);
export const OUT_OF_TIME: ErrorRow = row(
  'not_done',
  'deadline_exceeded',
  504,
  'The time for this request is over and upstream could not be asked. Nothing was done.',
  true,
);
export const NOT_A_TOKEN: ErrorRow = row(
  'not_done',
  'upstream_token_unusable',
  503,
  'IAM answered without a usable token for this project, so the request was not sent. Nothing was done.',
  true,
);

/** Attempts that were not let through: the project's gate held them back. */
export const HELD = {
  breaker_open: row(
    'not_done',
    'upstream_down',
    503,
    'Upstream has been failing, so the gateway is not asking it at the moment. Nothing was done; try again later.',
    true,
  ),
  throttled: THROTTLED,
  busy: row(
    'not_done',
    'gateway_busy',
    503,
    'So many requests wait for upstream that this one would not be served in time. Nothing was done; try again later.',
    true,
  ),
  out_of_time: OUT_OF_TIME,
} as const;
